package dicom

import "context"

// EachFrame decodes the frames one after the other, as Frame does, into one buffer: raw is valid only
// until do returns. It ends with the first error, do's included.
func (f *File) EachFrame(ctx context.Context, do func(n int, raw []byte) error) error {
	p, err := f.openPixels()
	if err != nil {
		return err
	}
	defer p.close()
	var raw []byte
	for n := range p.frames {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.ready(n); err != nil {
			return err
		}
		if raw == nil {
			raw = make([]byte, p.info.Size())
		}
		if err := p.decode(n, raw); err != nil {
			return err
		}
		if err := do(n, raw); err != nil {
			return err
		}
	}
	return nil
}
