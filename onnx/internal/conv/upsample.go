package conv

import (
	"github.com/caliper-imaging/caliper/internal/simd"
)

// upsample computes a transposed convolution whose kernel is as large as its stride, so that no two inputs meet in an output: one
// product over the channels for each place in the kernel, whose results are woven together as they are written.
type upsample struct {
	k         *PackedTranspose
	p         *Params
	icg, ocg  int
	nh        int // input rows in a strip
	dst, src  []float32
	bias      []float32
	act       Activation
	perPlane  int
	bStride   int
	tmpStride int
}

func (p *Params) isUpsample() bool {
	for i := range 3 {
		if p.Kernel[i] != p.Stride[i] || p.PadLo[i] != 0 || p.Dilation[i] != 1 && p.Kernel[i] > 1 || p.Out[i] != p.In[i]*p.Stride[i] {
			return false
		}
	}
	return true
}

func (u *upsample) run(threads int) {
	p := u.p
	u.icg, u.ocg = p.InC/p.Group, p.OutC/p.Group
	w := p.In[2]
	u.nh = min(p.In[1], max(1, min(1024/w, stripBudget/(u.icg*w))))
	if n := p.Batch * p.Group * p.In[0]; threads > 1 && n < 4*threads {
		u.nh = max(1, min(u.nh, p.In[1]*n/(4*threads)))
	}
	u.perPlane = (p.In[1] + u.nh - 1) / u.nh
	lanes := simd.Lanes()
	u.tmpStride = (u.nh*w + lanes - 1) / lanes * lanes
	u.bStride = u.tmpStride/16*16 + 16 | 16
	work := make([]upsampleStrip, max(threads, 1))
	simd.Each(threads, p.Batch*p.Group*p.In[0]*u.perPlane, func(worker, i int) {
		s := &work[worker]
		s.upsample = u
		s.h0 = i % u.perPlane * u.nh
		s.h1 = min(s.h0+u.nh, p.In[1])
		i /= u.perPlane
		s.d = i % p.In[0]
		i /= p.In[0]
		s.group, s.batch = i%p.Group, i/p.Group
		s.compute()
	})
	for i := range work {
		work[i].buf.release()
		work[i].tmp.release()
	}
}

// upsampleStrip is one worker's part: input rows h0 to h1 of plane d, for one group in one image.
type upsampleStrip struct {
	*upsample
	batch, group, d, h0, h1 int
	buf, tmp                scratch
	tap                     simd.Tap
	kernel                  simd.Tile
}

func (s *upsampleStrip) compute() {
	p := s.p
	w := p.In[2]
	n := (s.h1 - s.h0) * w
	buf := s.buf.grow(s.icg * s.bStride)
	for ic := range s.icg {
		from := ((s.batch*p.InC+s.group*s.icg+ic)*p.In[0]+s.d)*p.In[1]*w + s.h0*w
		copy(buf[ic*s.bStride:], s.src[from:from+n])
	}
	places := p.Stride[1] * p.Stride[2]
	for _, t := range s.k.tiles {
		tmp := s.tmp.grow(places * t.rows * s.tmpStride)
		for rd := range p.Stride[0] {
			for rh := range p.Stride[1] {
				for rw := range p.Stride[2] {
					weight := s.k.pieces[rd*p.Stride[1]+rh].weight[rw]
					at := (rh*p.Stride[2] + rw) * t.rows * s.tmpStride
					s.product(tmp[at:], weight[(s.group*s.ocg+t.first)*s.icg:], t, n)
				}
			}
			for r := range t.rows {
				s.weave(tmp[r*s.tmpStride:], t, r, rd)
			}
		}
	}
}

// product computes n columns of a tile's channels for one place in the kernel.
func (s *upsampleStrip) product(tmp, weight []float32, t rowTile, n int) {
	tile := &s.kernel
	*tile = simd.Tile{A: &weight[0], Taps: &s.tap, NTaps: 1, N: s.icg, BStride: 4 * s.bStride, CStride: 4 * s.tmpStride}
	tile.Lo, tile.Hi, _ = s.act.clamp()
	if s.bias != nil {
		tile.Bias = &s.bias[s.group*s.ocg+t.first]
	}
	tile.B, tile.C = &s.buf.F[0], &tmp[0]
	columns(t.rows, n, tile, true)
}

// weave writes the outputs of one channel and one depth in the kernel; tmp holds the channel's rows, by place in the kernel.
func (s *upsampleStrip) weave(tmp []float32, t rowTile, r, rd int) {
	p := s.p
	w, ow := p.In[2], p.Out[2]
	sh, sw := p.Stride[1], p.Stride[2]
	channel := s.batch*p.OutC + s.group*s.ocg + t.first + r
	first := ((channel*p.Out[0]+s.d*p.Stride[0]+rd)*p.Out[1] + s.h0*sh) * ow
	out := s.dst[first:][:(s.h1-s.h0)*sh*ow]
	next := t.rows * s.tmpStride // from one place in the kernel to the next
	for h := range s.h1 - s.h0 {
		for rh := range sh {
			row := out[(h*sh+rh)*ow:][:ow]
			from := tmp[rh*sw*next+h*w:]
			switch sw {
			case 1:
				copy(row, from[:w])
			case 2:
				simd.Zip(row, from, from[next:])
			default:
				for rw := range sw {
					for j, v := range from[rw*next:][:w] {
						row[j*sw+rw] = v
					}
				}
			}
		}
	}
	if _, _, all := s.act.clamp(); !all {
		s.act.Apply(out, out)
	}
}
