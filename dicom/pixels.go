package dicom

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom/codec"
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/native"
	"github.com/caliper-imaging/caliper/internal/archive"
	"github.com/caliper-imaging/caliper/volume"
)

// maxPixels caps the bytes that the decoded frames of one object may take together.
const maxPixels = 1 << 34

// FrameInfo says how the frames are laid out, from the image pixel module (PS3.3 C.7.6.3).
func (f *File) FrameInfo() (frame.Info, error) {
	info := frame.Info{Samples: 1, Photometric: f.String(tag.PhotometricInterpretation)}
	if !f.HasPixels() {
		return info, frame.Errorf(pkg, "pixel data: want one element, got none")
	}
	var ok bool
	if info.Rows, ok = f.Int(tag.Rows); !ok {
		return info, frame.Errorf(pkg, "%v Rows: want a number, got none", tag.Rows)
	}
	if info.Columns, ok = f.Int(tag.Columns); !ok {
		return info, frame.Errorf(pkg, "%v Columns: want a number, got none", tag.Columns)
	}
	if n, ok := f.Int(tag.SamplesPerPixel); ok {
		info.Samples = n
	}
	switch f.pixel.tag {
	case tag.FloatPixelData:
		info.BitsAllocated, info.Float = 32, true
	case tag.DoubleFloatPixelData:
		info.BitsAllocated, info.Float = 64, true
	default:
		if info.BitsAllocated, ok = f.Int(tag.BitsAllocated); !ok {
			return info, frame.Errorf(pkg, "%v BitsAllocated: want a number, got none", tag.BitsAllocated)
		}
	}
	info.BitsStored, info.HighBit = info.BitsAllocated, info.BitsAllocated-1
	if !info.Float {
		if n, ok := f.Int(tag.BitsStored); ok && n >= 1 && n <= info.BitsAllocated {
			info.BitsStored = n
		}
		info.HighBit = info.BitsStored - 1
		if n, ok := f.Int(tag.HighBit); ok {
			info.HighBit = n
		}
		n, _ := f.Int(tag.PixelRepresentation)
		info.Signed = n == 1
	}
	n, _ := f.Int(tag.PlanarConfiguration)
	info.Planar = n == 1 && info.Samples > 1
	info.BigEndian = f.enc.bigPixels
	return info, info.Validate()
}

// NumFrames is NumberOfFrames (0028,0008), at least 1; 0 where there are no pixels.
func (f *File) NumFrames() int {
	if !f.HasPixels() {
		return 0
	}
	n, _ := f.Int(tag.NumberOfFrames)
	return max(1, n)
}

// pixelReader reads frames from an open source.
type pixelReader struct {
	f      *File
	info   frame.Info
	frames int
	src    *source
	close  func() error
	index  *fragmentIndex
	codec  codec.Codec
}

// openPixels opens the source for frames; close it after use. It is not safe for concurrent use.
func (f *File) openPixels() (*pixelReader, error) {
	info, err := f.FrameInfo()
	if err != nil {
		return nil, err
	}
	p := &pixelReader{f: f, info: info, frames: f.NumFrames(), close: func() error { return nil }}
	r := f.r
	if r == nil {
		file, err := archive.Open(f.Path)
		if err != nil {
			return nil, fmt.Errorf("dicom: %w", err)
		}
		r, p.close = file, file.Close
	}
	if f.enc.deflated {
		p.src = f.inflated(r)
	} else {
		p.src = &source{r: r, size: f.size, known: true}
	}
	row, ok := codec.Find(f.TransferSyntax)
	switch {
	case f.pixel.length == undefined:
		if !ok || row.Decode == nil {
			p.close()
			if !ok {
				return nil, frame.Unsupportedf(pkg, "transfer syntax %s: not known", f.TransferSyntax)
			}
			return nil, frame.Unsupportedf(pkg, "transfer syntax %s (%s): its pixels can't be decoded", row.UID, row.Name)
		}
		p.codec = row
		if p.index, err = indexFragments(p.src, f, p.frames); err != nil {
			p.close()
			return nil, err
		}
		p.frames = max(p.frames, len(p.index.frames))
	case info.Photometric == "YBR_FULL_422" && int64(f.pixel.length) >= int64(info.Size())*int64(p.frames):
		p.info.Photometric = "YBR_FULL" // three whole samples a pixel
	case ok && !row.Native:
		p.close()
		return nil, frame.Errorf(pkg, "pixel data: transfer syntax %s: want fragments, got a value of %d bytes", f.TransferSyntax, f.pixel.length)
	}
	return p, nil
}

// decode writes frame n to dst, which must hold info.Size() bytes.
func (p *pixelReader) decode(n int, dst []byte) error {
	if err := p.decodeOpen(n, dst); err != nil {
		return err
	}
	frame.Correct(dst, p.info)
	return nil
}

// decodeOpen is decode with the bits above BitsStored left as they are.
func (p *pixelReader) decodeOpen(n int, dst []byte) error {
	if n < 0 || n >= p.frames {
		return frame.Errorf(pkg, "frame: want 0 to %d, got %d", p.frames-1, n)
	}
	var err error
	if p.index != nil {
		err = p.decodeFragments(n, dst)
	} else {
		err = p.decodeNative(n, dst)
	}
	if err != nil {
		return within(fmt.Sprintf("frame %d", n), err)
	}
	return nil
}

func (p *pixelReader) decodeNative(n int, dst []byte) error {
	bits := native.Bits(p.info)
	start := bits * int64(n)
	first, last := start/8, (start+bits+7)/8
	length := int64(p.f.pixel.length)
	swapped := p.info.BigEndian && p.info.BitsAllocated <= 8 && p.f.pixel.vr == "OW"
	if swapped { // bytes lie in swapped pairs: read whole pairs
		first, last = first&^1, (last+1)&^1
	}
	if last > length && last-1 == length && swapped {
		last = length
	}
	if last > length {
		return frame.Truncatedf(pkg, "pixel data: want %d bytes, got %d", last, length)
	}
	if p.plain() {
		if err := p.src.has(p.f.pixel.value+first, int64(len(dst))); err != nil {
			return err
		}
		if got, err := p.src.r.ReadAt(dst, p.f.pixel.value+first); got < len(dst) {
			return frame.Truncatedf(pkg, "pixel data: want %d bytes, got %d (%v)", len(dst), got, err)
		}
		return nil
	}
	src, err := p.src.read(p.f.pixel.value+first, int(last-first))
	if err != nil {
		return err
	}
	if swapped {
		swap(src, 2)
		src = src[start/8-first:]
	}
	return native.DecodeAt(dst, src, int(start%8), p.info)
}

// plain says whether frames lie in the source just as codecs write them.
func (p *pixelReader) plain() bool {
	i := p.info
	return i.BitsAllocated >= 8 && !i.BigEndian && !i.Planar && i.Photometric != "YBR_FULL_422"
}

// Frame decodes frame n (from 0): stored values as frame.Info lays them out, bits above BitsStored
// corrected, colour as it is stored.
func (f *File) Frame(ctx context.Context, n int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := f.openPixels()
	if err != nil {
		return nil, err
	}
	defer p.close()
	if err := p.ready(n); err != nil {
		return nil, err
	}
	dst := make([]byte, p.info.Size())
	return dst, p.decode(n, dst)
}

// ready checks that the source can hold frame n at all before its memory is allocated.
func (p *pixelReader) ready(n int) error {
	if p.index != nil {
		if n >= len(p.index.frames) {
			_, err := p.encoded(n)
			return err
		}
		return nil
	}
	need := (native.Bits(p.info)*int64(n+1) + 7) / 8
	if need > int64(p.f.pixel.length) {
		return frame.Truncatedf(pkg, "pixel data: want %d bytes for frame %d, got %d", need, n, p.f.pixel.length)
	}
	return within("pixel data", p.src.has(p.f.pixel.value, need))
}

// RawArray decodes all frames: values in their own type, shape frame, row, column, sample; the first
// is left out for one frame and the last for one sample.
func (f *File) RawArray(ctx context.Context) (*volume.Raw, error) {
	p, err := f.openPixels()
	if err != nil {
		return nil, err
	}
	defer p.close()
	size := p.info.Size()
	if p.frames > maxPixels/size {
		return nil, frame.Errorf(pkg, "NumberOfFrames: want at most %d frames of this size, got %d", maxPixels/size, p.frames)
	}
	if err := p.ready(p.frames - 1); err != nil {
		return nil, err
	}
	raw := &volume.Raw{DType: dtype(p.info), Bytes: make([]byte, size*p.frames)}
	if p.frames > 1 {
		raw.Shape = append(raw.Shape, p.frames)
	}
	raw.Shape = append(raw.Shape, p.info.Rows, p.info.Columns)
	if p.info.Samples > 1 {
		raw.Shape = append(raw.Shape, p.info.Samples)
	}
	if err := p.decodeAll(ctx, raw.Bytes); err != nil {
		return nil, err
	}
	return raw, nil
}

// decodeAll writes all frames, several at once where there are processors for it. The error is that of the
// first frame that has one.
func (p *pixelReader) decodeAll(ctx context.Context, dst []byte) error {
	size := p.info.Size()
	parts := max(1, min(runtime.GOMAXPROCS(0), p.frames, len(dst)>>16))
	var next atomic.Int64
	var mu sync.Mutex
	var failed error
	first := p.frames // that failed
	work := func(p *pixelReader) {
		for {
			n := int(next.Add(1)) - 1
			if n >= p.frames {
				return
			}
			err := ctx.Err()
			if err == nil {
				err = p.decode(n, dst[n*size:][:size])
			}
			if err != nil {
				next.Store(int64(p.frames)) // frames before this one are decoded or in work
				mu.Lock()
				if n < first {
					first, failed = n, err
				}
				mu.Unlock()
			}
		}
	}
	var wait sync.WaitGroup
	for range parts - 1 {
		wait.Go(func() { work(p.beside()) })
	}
	work(p)
	wait.Wait()
	return failed
}

// beside is a reader of the same frames that may be used at the same time.
func (p *pixelReader) beside() *pixelReader {
	q, src := *p, *p.src
	src.win, src.at = nil, 0
	q.src = &src
	return &q
}

// dtype is the type of decoded samples.
func dtype(info frame.Info) volume.DType {
	if info.Float {
		if info.BitsAllocated == 64 {
			return volume.Float64
		}
		return volume.Float32
	}
	switch info.BytesPerSample() {
	case 1:
		if info.Signed && info.BitsAllocated > 1 {
			return volume.Int8
		}
		return volume.Uint8
	case 2:
		if info.Signed {
			return volume.Int16
		}
		return volume.Uint16
	case 4:
		if info.Signed {
			return volume.Int32
		}
		return volume.Uint32
	}
	if info.Signed {
		return volume.Int64
	}
	return volume.Uint64
}
