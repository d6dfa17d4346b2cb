package jpeg2000

import (
	"cmp"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/internal/simd/wavelet"
)

// memory is what a decoder works in. It goes from frame to frame.
type memory struct {
	blocks []blockDecoder
	planes [][]int32
	jobs   []job
}

var memories = sync.Pool{New: func() any { return &memory{} }}

// job is one code-block to be decoded into its place.
type job struct {
	p  *plane
	tc *tileComponent
	bd *band
	cb *codeBlock
}

// planes decodes the code-blocks of a tile and undoes the wavelet transforms, with up to len(m.blocks) goroutines.
// The planes lie in m.
func (t *tile) planes(m *memory) ([]plane, error) {
	out := make([]plane, len(t.components))
	jobs := m.jobs[:0]
	defer func() { m.jobs = jobs[:0] }()
	for len(m.planes) < len(out) {
		m.planes = append(m.planes, nil)
	}
	for i := range t.components {
		tc := &t.components[i]
		p := &out[i]
		p.w, p.h = tc.x1-tc.x0, tc.y1-tc.y0
		m.planes[i] = resize(m.planes[i], p.w*p.h)
		if tc.coding.reversible {
			p.whole = m.planes[i]
		} else {
			p.real = unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(m.planes[i]))), p.w*p.h)
		}
		whole := true
		for r := range tc.resolutions {
			res := &tc.resolutions[r]
			for _, pr := range res.precincts {
				if pr == nil {
					whole = false
					continue
				}
				for bi := range pr.bands {
					for k := range pr.bands[bi].blocks {
						jobs = append(jobs, job{p, tc, &res.bands[bi], &pr.bands[bi].blocks[k]})
					}
				}
			}
		}
		if !whole { // what no packet tells of is 0
			clear(m.planes[i])
		}
	}
	err := spread(len(m.blocks), len(jobs), func(worker, i int) error {
		j := jobs[i]
		return j.p.block(&m.blocks[worker], j.tc, j.bd, j.cb)
	})
	if err != nil {
		return nil, err
	}
	_ = spread(len(m.blocks), len(out), func(_, i int) error {
		out[i].inverse(&t.components[i])
		return nil
	})
	return out, nil
}

// spread does n things on up to workers goroutines. The error is that of the first thing that has one.
func spread(workers, n int, do func(worker, i int) error) error {
	if workers = min(workers, n); workers <= 1 {
		for i := range n {
			if err := do(0, i); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = do(w, i)
			}
		})
	}
	wait.Wait()
	return cmp.Or(errs...)
}

// block decodes one code-block into its place.
func (p *plane) block(b *blockDecoder, tc *tileComponent, bd *band, cb *codeBlock) error {
	at := (bd.top+(cb.y0-bd.y0)*bd.step)*p.w + cb.x0 - bd.x0 + bd.offX
	if len(cb.segments) == 0 {
		for y := range cb.y1 - cb.y0 {
			if from := at + y*bd.step*p.w; p.whole != nil {
				clear(p.whole[from:][:cb.x1-cb.x0])
			} else {
				clear(p.real[from:][:cb.x1-cb.x0])
			}
		}
		return nil
	}
	planes := bd.planes + tc.roi - cb.zeroPlanes
	if planes < 1 {
		return frame.Errorf(where, "code-block: want bit-planes, got %d of which %d are empty", bd.planes+tc.roi, cb.zeroPlanes)
	}
	var data []uint32
	stride, w, h := 0, cb.x1-cb.x0, cb.y1-cb.y0
	if tc.coding.style&styleHT != 0 {
		if err := b.ht.decode(cb, bd.planes+tc.roi, tc.coding.style); err != nil {
			return err
		}
		data, stride = b.ht.data, b.ht.stride
	} else {
		if err := b.decode(cb, bd.kind, planes, tc.coding.style); err != nil {
			return err
		}
		data, stride = b.data, w
	}
	if tc.roi > 0 {
		for i, v := range data {
			if m := v &^ (1 << 31); m >= 2<<tc.roi {
				data[i] = m>>tc.roi | v&(1<<31)
			}
		}
	}
	if p.whole != nil {
		wavelet.Whole(p.whole[at:], bd.step*p.w, data, stride, w, h)
	} else {
		wavelet.Scaled(p.real[at:], bd.step*p.w, data, stride, w, h, bd.delta/2)
	}
	return nil
}
