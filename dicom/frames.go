package dicom

import (
	"context"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
)

// Frames reads single frames of an object whose source stays open and whose fragments are indexed once. It is
// safe for concurrent use.
type Frames struct {
	p *pixelReader
}

// OpenFrames opens the pixels of an object; close them after use.
func (f *File) OpenFrames() (*Frames, error) {
	p, err := f.openPixels()
	if err != nil {
		return nil, err
	}
	return &Frames{p}, nil
}

// Close releases the source.
func (x *Frames) Close() error { return x.p.close() }

// Info says how a decoded frame is laid out.
func (x *Frames) Info() frame.Info { return x.p.info }

// Count is the number of frames.
func (x *Frames) Count() int { return x.p.frames }

// Read decodes frame n (from 0) to dst, which must hold Info().Size() bytes, as File.Frame does. photometric is
// what its colours are: as its stream says where that differs from the data set.
func (x *Frames) Read(ctx context.Context, n int, dst []byte) (photometric string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	p := x.p.beside()
	if n < 0 || n >= p.frames {
		return "", frame.Errorf(pkg, "frame: want 0 to %d, got %d", p.frames-1, n)
	}
	if err := p.ready(n); err != nil {
		return "", err
	}
	return p.photometric(n), p.decode(n, dst)
}
