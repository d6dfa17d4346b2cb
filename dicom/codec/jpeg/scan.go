package jpeg

import (
	"github.com/caliper-imaging/caliper/dicom/codec/frame"
	"github.com/caliper-imaging/caliper/dicom/codec/jpegstream"
)

// maxScans bounds the work that a hostile progressive stream can ask for.
const maxScans = 256

// scan decodes the entropy-coded data behind one SOS marker.
func (d *decoder) scan(body []byte) error {
	if d.header == nil {
		return frame.Errorf(where, "scan: want a frame header before it, got none")
	}
	if d.scans++; d.scans > maxScans {
		return frame.Errorf(where, "want at most %d scans, got more", maxScans)
	}
	s, err := jpegstream.ParseScan(body, d.header)
	if err != nil {
		return err
	}
	if d.progressive {
		if s.Ss > s.Se || s.Se > 63 || s.Ss == 0 && s.Se != 0 || s.Ss > 0 && len(s.Index) > 1 || s.Al > 13 || s.Ah != 0 && s.Ah != s.Al+1 {
			return frame.Errorf(where, "scan: want a progression of T.81 annex G, got %d to %d, %d and %d", s.Ss, s.Se, s.Ah, s.Al)
		}
	}
	r := scanReader{decoder: d, scan: s, bits: jpegstream.NewBits(d.stream.Rest()), pred: make([]int32, len(s.Index))}
	for i, at := range s.Index {
		dc, ac := d.tables[0][s.DC[i]], d.tables[1][s.AC[i]]
		needDC, needAC := !d.progressive || s.Ss == 0 && s.Ah == 0, !d.progressive || s.Ss > 0
		if needDC && dc == nil || needAC && ac == nil {
			return frame.Errorf(where, "scan: want Huffman tables %d and %d, got none", s.DC[i], s.AC[i])
		}
		if !d.progressive && d.quant[d.planes[at].tq] == nil {
			return frame.Errorf(where, "want quantisation table %d, got none", d.planes[at].tq)
		}
		r.dc, r.ac = append(r.dc, dc), append(r.ac, ac)
		if !d.progressive {
			r.differences, r.runs = append(r.differences, d.lookUp(dc)), append(r.runs, d.lookUp(ac))
		}
		d.planes[at].seen = true
	}
	if err := r.run(); err != nil {
		return err
	}
	d.stream.Skip(r.bits.Pos())
	for _, at := range s.Index {
		if d.progressive && s.Al == 0 {
			d.planes[at].refined |= (1<<(s.Se-s.Ss+1) - 1) << s.Ss
		}
	}
	return nil
}

// lookUp gives the tables of a Huffman code, made once.
func (d *decoder) lookUp(h *jpegstream.Huffman) *runs {
	r := d.runs[h]
	if r == nil {
		if d.runs == nil {
			d.runs = map[*jpegstream.Huffman]*runs{}
		}
		r = newRuns(h)
		d.runs[h] = r
	}
	return r
}

// scanReader decodes one scan.
type scanReader struct {
	*decoder
	scan   *jpegstream.Scan
	bits   *jpegstream.Bits
	dc, ac []*jpegstream.Huffman
	pred   []int32
	// For sequential scans what looks dc and ac up.
	differences, runs []*runs
	eobRun            int32
	block             [64]int16
}

// run goes through the MCUs: blocks of one component by themselves, several components interleaved.
func (r *scanReader) run() error {
	first := &r.planes[r.scan.Index[0]]
	alone := len(r.scan.Index) == 1
	nx, ny := first.ownX, first.ownY
	if !alone {
		nx, ny = ceil(r.header.Width, 8*r.header.MaxH), ceil(r.header.Height, 8*r.header.MaxV)
		blocks := 0
		for _, at := range r.scan.Index {
			blocks += r.planes[at].h * r.planes[at].v
		}
		if blocks > 10 {
			return frame.Errorf(where, "scan: want at most 10 blocks in an MCU, got %d", blocks)
		}
	}
	left := r.restart
	for my := range ny {
		for mx := range nx {
			if r.restart > 0 && left == 0 {
				if err := r.bits.Err(); err != nil {
					return err
				}
				if !r.bits.Restart() {
					return frame.Truncatedf(where, "want a restart marker, got another marker or the end")
				}
				clear(r.pred)
				r.eobRun = 0
				left = r.restart
			}
			left--
			if alone {
				if err := r.one(0, first, mx, my); err != nil {
					return err
				}
				continue
			}
			for i, at := range r.scan.Index {
				p := &r.planes[at]
				for y := range p.v {
					for x := range p.h {
						if err := r.one(i, p, mx*p.h+x, my*p.v+y); err != nil {
							return err
						}
					}
				}
			}
		}
		if err := r.bits.Err(); err != nil {
			return err
		}
	}
	return nil
}

// one decodes one block of component i of the scan.
func (r *scanReader) one(i int, p *plane, x, y int) error {
	if !r.progressive {
		only, err := r.sequential(i, &r.block)
		if err != nil {
			return err
		}
		p.put(x, y, &r.block, r.quant[p.tq], only)
		if only {
			r.block[0] = 0
		} else {
			r.block = [64]int16{}
		}
		return nil
	}
	c := p.coefs[64*(y*p.blocksX+x):][:64]
	switch {
	case r.scan.Ss == 0 && r.scan.Ah == 0:
		return r.dcFirst(i, c)
	case r.scan.Ss == 0:
		if r.bits.Take(1) == 1 {
			c[0] |= 1 << r.scan.Al
		}
		return nil
	case r.scan.Ah == 0:
		return r.acFirst(i, c)
	}
	return r.acRefine(i, c)
}

var errCode = frame.Errorf(where, "entropy-coded data: want a code of the table, got none")

// difference decodes a DC difference: T.81 F.2.2.1.
func (r *scanReader) difference(i int) (int32, error) {
	t, ok := r.bits.Symbol(r.dc[i])
	if !ok || t > 15 {
		return 0, errCode
	}
	r.pred[i] += r.bits.Extend(int(t))
	if r.pred[i] < -1<<16 || r.pred[i] > 1<<16 {
		return 0, frame.Errorf(where, "entropy-coded data: want DC values of at most 16 bits, got %d", r.pred[i])
	}
	return r.pred[i], nil
}

func (r *scanReader) dcFirst(i int, c []int16) error {
	dc, err := r.difference(i)
	if err != nil {
		return err
	}
	c[0] = int16(dc << r.scan.Al)
	return nil
}

// acFirst decodes the first scan of a band: T.81 G.1.2.2.
func (r *scanReader) acFirst(i int, c []int16) error {
	if r.eobRun > 0 {
		r.eobRun--
		return nil
	}
	for k := r.scan.Ss; k <= r.scan.Se; k++ {
		rs, ok := r.bits.Symbol(r.ac[i])
		if !ok {
			return errCode
		}
		run, size := int(rs>>4), int(rs&15)
		if size == 0 {
			if run < 15 {
				r.eobRun = 1<<run - 1 + r.bits.Take(run)
				return nil
			}
			k += 15
			continue
		}
		k += run
		if k > r.scan.Se {
			return frame.Errorf(where, "entropy-coded data: want coefficients up to %d, got more", r.scan.Se)
		}
		c[zigzag[k]] = int16(r.bits.Extend(size) << r.scan.Al)
	}
	return nil
}

// acRefine adds one bit to a band: T.81 G.1.2.3.
func (r *scanReader) acRefine(i int, c []int16) error {
	delta := int16(1) << r.scan.Al
	k := r.scan.Ss
	correct := func(at uint8) {
		if r.bits.Take(1) == 1 && c[at]&delta == 0 {
			if c[at] > 0 {
				c[at] += delta
			} else {
				c[at] -= delta
			}
		}
	}
	if r.eobRun == 0 {
		for ; k <= r.scan.Se; k++ {
			rs, ok := r.bits.Symbol(r.ac[i])
			if !ok {
				return errCode
			}
			run, size := int(rs>>4), int(rs&15)
			value := int16(0)
			switch {
			case size == 1:
				value = -delta
				if r.bits.Take(1) == 1 {
					value = delta
				}
			case size != 0:
				return frame.Errorf(where, "entropy-coded data: want refinement by one bit, got %d", size)
			case run < 15:
				r.eobRun = 1<<run + r.bits.Take(run)
			}
			if r.eobRun > 0 {
				break
			}
			for ; k <= r.scan.Se; k++ {
				at := zigzag[k]
				if c[at] != 0 {
					correct(at)
					continue
				}
				if run == 0 {
					c[at] = value
					break
				}
				run--
			}
		}
	}
	if r.eobRun > 0 {
		for ; k <= r.scan.Se; k++ {
			if at := zigzag[k]; c[at] != 0 {
				correct(at)
			}
		}
		r.eobRun--
	}
	return nil
}
