package volume

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// StoredOf gives the values of an image (*Volume: float32), a mask (*Mask: uint8 where its labels fit, else
// uint16) or stored values (*Raw: as they are) as a Raw whose Channels is set and whose bytes may be shared.
// It is what a writer of files starts from.
func StoredOf(image any) (*Raw, error) {
	switch x := image.(type) {
	case *Volume:
		r := &Raw{Geometry: x.Geometry, DType: Float32, Shape: shapeOf(x.Geometry, x.Channels), Channels: x.Channels, Bytes: make([]byte, 4*len(x.Data))}
		if err := r.Validate(); err != nil {
			return nil, err
		}
		n := x.Voxels()
		for c := range x.Channels {
			for at, f := range x.Channel(c)[:n] {
				binary.LittleEndian.PutUint32(r.Bytes[4*(at*x.Channels+c):], math.Float32bits(f))
			}
		}
		return r, nil
	case *Mask:
		r := &Raw{Geometry: x.Geometry, DType: Uint8, Shape: shapeOf(x.Geometry, 1), Channels: 1}
		if len(x.Labels) > 0 && slices.Max(x.Labels) > math.MaxUint8 {
			r.DType = Uint16
			r.Bytes = make([]byte, 0, 2*len(x.Labels))
			for _, l := range x.Labels {
				r.Bytes = binary.LittleEndian.AppendUint16(r.Bytes, l)
			}
		} else {
			r.Bytes = make([]byte, len(x.Labels))
			for n, l := range x.Labels {
				r.Bytes[n] = uint8(l)
			}
		}
		return r, r.Validate()
	case *Raw:
		if err := x.Validate(); err != nil {
			return nil, err
		}
		r := *x
		r.Channels = x.Samples()
		return &r, nil
	}
	return nil, fmt.Errorf("volume: stored values: want *volume.Volume, *volume.Mask or *volume.Raw, got %T", image)
}

// shapeOf is k, j, i and, where there are several, the channel.
func shapeOf(g Geometry, channels int) []int {
	s := []int{g.Size[2], g.Size[1], g.Size[0]}
	if channels > 1 {
		s = append(s, channels)
	}
	return s
}
