package filter

import (
	"context"
	"slices"

	"github.com/caliper-imaging/caliper/volume"
)

// Median3 replaces each voxel by the median of its 3×3×3 neighbourhood, 3×3 where the image is one slice.
func Median3(ctx context.Context, v *volume.Volume) (*volume.Volume, error) {
	out := v.Clone()
	nx, ny, nz := v.Size[0], v.Size[1], v.Size[2]
	reach := 1
	if nz == 1 {
		reach = 0
	}
	err := parallel(ctx, v.Channels*ny*nz, func(r int) {
		c, k, j := r/(ny*nz), r/ny%nz, r%ny
		src, dst := v.Channel(c), out.Channel(c)
		var rows [9][]float32
		n := 0
		for dz := -reach; dz <= reach; dz++ {
			for dy := -1; dy <= 1; dy++ {
				at := v.Offset(0, reflect(j+dy, ny), reflect(k+dz, nz))
				rows[n] = src[at : at+nx]
				n++
			}
		}
		buf := make([]float32, 0, 27)
		at := v.Offset(0, j, k)
		for i := range nx {
			buf = buf[:0]
			lo, hi := reflect(i-1, nx), reflect(i+1, nx)
			for _, row := range rows[:n] {
				buf = append(buf, row[lo], row[i], row[hi])
			}
			slices.Sort(buf)
			dst[at+i] = buf[len(buf)/2]
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
