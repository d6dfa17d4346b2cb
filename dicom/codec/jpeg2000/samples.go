package jpeg2000

import (
	"cmp"
	"sync"
	"sync/atomic"

	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/internal/simd/wavelet"
)

// job is one code-block to be decoded into its place.
type job struct {
	p  *plane
	tc *tileComponent
	bd *band
	cb *codeBlock
}

// planes decodes the code-blocks of a tile and undoes the wavelet and component transforms, with up to
// workers goroutines.
func (t *tile) planes(decoders []blockDecoder) ([]plane, error) {
	out := make([]plane, len(t.components))
	var jobs []job
	for i := range t.components {
		tc := &t.components[i]
		p := &out[i]
		p.w, p.h = tc.x1-tc.x0, tc.y1-tc.y0
		if tc.coding.reversible {
			p.whole = make([]int32, p.w*p.h)
		} else {
			p.real = make([]float32, p.w*p.h)
		}
		for r := range tc.resolutions {
			res := &tc.resolutions[r]
			for _, pr := range res.precincts {
				if pr == nil {
					continue
				}
				for bi := range pr.bands {
					for k := range pr.bands[bi].blocks {
						if cb := &pr.bands[bi].blocks[k]; len(cb.segments) > 0 {
							jobs = append(jobs, job{p, tc, &res.bands[bi], cb})
						}
					}
				}
			}
		}
	}
	err := spread(len(decoders), len(jobs), func(worker, i int) error {
		j := jobs[i]
		return j.p.block(&decoders[worker], j.tc, j.bd, j.cb)
	})
	if err != nil {
		return nil, err
	}
	_ = spread(len(decoders), len(out), func(_, i int) error {
		out[i].inverse(&t.components[i])
		return nil
	})
	if t.header.transform {
		if err := untangle(out); err != nil {
			return nil, err
		}
	}
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
	at := (bd.top+(cb.y0-bd.y0)*bd.step)*p.w + cb.x0 - bd.x0 + bd.offX
	for y := range h {
		from := data[y*stride:][:w]
		if p.whole != nil {
			wavelet.Whole(p.whole[at:][:w], from)
		} else {
			wavelet.Scaled(p.real[at:][:w], from, bd.delta/2)
		}
		at += bd.step * p.w
	}
	return nil
}

// untangle undoes the transform of the first three components: T.800 annex G.
func untangle(p []plane) error {
	if len(p) < 3 || p[0].w != p[1].w || p[0].w != p[2].w || p[0].h != p[1].h || p[0].h != p[2].h ||
		(p[0].whole == nil) != (p[1].whole == nil) || (p[0].whole == nil) != (p[2].whole == nil) {
		return frame.Errorf(where, "component transform: want three components of one size and kind, got others")
	}
	if p[0].whole != nil {
		wavelet.Reversible(p[0].whole, p[1].whole, p[2].whole)
	} else {
		wavelet.Irreversible(p[0].real, p[1].real, p[2].real)
	}
	return nil
}
