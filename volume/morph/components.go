// Package morph works on binary grids: connected components, exact distances, and dilation, erosion,
// opening and closing by a ball in mm. A grid is a []bool in the order of volume.Volume's data.
package morph

import (
	"fmt"

	"github.com/caliper-imaging/caliper/volume"
)

// Components numbers the connected sets of true voxels from 1 in the order of their first voxel.
// connectivity is 6, 18 or 26; for a grid of one slice 4 and 8 may be said for 6 and 26.
// sizes[n] counts the voxels of component n; sizes[0] those of the background.
func Components(mask []bool, size [3]int, connectivity int) (labels []int32, sizes []int, err error) {
	offsets, err := neighbours(size, connectivity)
	if err != nil {
		return nil, nil, err
	}
	if want := size[0] * size[1] * size[2]; len(mask) != want {
		return nil, nil, fmt.Errorf("morph: components: want %d voxels for size %v, got %d", want, size, len(mask))
	}
	labels = make([]int32, len(mask))
	parent := []int32{0}
	at := 0
	for k := range size[2] {
		for j := range size[1] {
			for i := range size[0] {
				if !mask[at] {
					at++
					continue
				}
				own := int32(0)
				for _, d := range offsets {
					x, y, z := i+d[0], j+d[1], k+d[2]
					if x < 0 || x >= size[0] || y < 0 || y >= size[1] || z < 0 {
						continue
					}
					l := labels[(z*size[1]+y)*size[0]+x]
					if l == 0 {
						continue
					}
					if own == 0 {
						own = find(parent, l)
					} else if r := find(parent, l); r != own {
						lo, hi := min(r, own), max(r, own)
						parent[hi] = lo
						own = lo
					}
				}
				if own == 0 {
					own = int32(len(parent))
					parent = append(parent, own)
				}
				labels[at] = own
				at++
			}
		}
	}
	number := make([]int32, len(parent))
	next := int32(0)
	for l := 1; l < len(parent); l++ {
		if root := find(parent, int32(l)); root == int32(l) {
			next++
			number[l] = next
		} else {
			number[l] = number[root]
		}
	}
	sizes = make([]int, next+1)
	for n, l := range labels {
		labels[n] = number[l]
		sizes[number[l]]++
	}
	return labels, sizes, nil
}

// Largest keeps the largest component, the first of equal ones; an empty mask stays empty.
func Largest(mask []bool, size [3]int, connectivity int) ([]bool, error) {
	labels, sizes, err := Components(mask, size, connectivity)
	if err != nil {
		return nil, err
	}
	best := 0
	for n := 1; n < len(sizes); n++ {
		if best == 0 || sizes[n] > sizes[best] {
			best = n
		}
	}
	out := make([]bool, len(mask))
	if best > 0 {
		for n, l := range labels {
			out[n] = l == int32(best)
		}
	}
	return out, nil
}

// Select is the binary grid of one label of a mask.
func Select(m *volume.Mask, label uint16) []bool {
	out := make([]bool, len(m.Labels))
	for n, l := range m.Labels {
		out[n] = l == label
	}
	return out
}

// FillHoles adds the background that can't be reached from the border of the grid: face by face
// through the whole grid, or within each slice k where perSlice is true.
func FillHoles(mask []bool, size [3]int, perSlice bool) []bool {
	out := make([]bool, len(mask))
	step := len(mask)
	slice := size
	if perSlice {
		step = size[0] * size[1]
		slice[2] = 1
	}
	var queue []int
	for base := 0; base < len(mask); base += step {
		outside := make([]bool, step)
		visit := func(at int) {
			if !mask[base+at] && !outside[at] {
				outside[at] = true
				queue = append(queue, at)
			}
		}
		nx, ny, nz := slice[0], slice[1], slice[2]
		for at := range step {
			i, j, k := at%nx, at/nx%ny, at/(nx*ny)
			if i == 0 || i == nx-1 || j == 0 || j == ny-1 || nz > 1 && (k == 0 || k == nz-1) {
				visit(at)
			}
		}
		for len(queue) > 0 {
			at := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			i, j, k := at%nx, at/nx%ny, at/(nx*ny)
			if i > 0 {
				visit(at - 1)
			}
			if i < nx-1 {
				visit(at + 1)
			}
			if j > 0 {
				visit(at - nx)
			}
			if j < ny-1 {
				visit(at + nx)
			}
			if k > 0 {
				visit(at - nx*ny)
			}
			if k < nz-1 {
				visit(at + nx*ny)
			}
		}
		for at := range step {
			out[base+at] = !outside[at]
		}
	}
	return out
}

func find(parent []int32, l int32) int32 {
	for parent[l] != l {
		parent[l] = parent[parent[l]]
		l = parent[l]
	}
	return l
}

// neighbours lists the offsets that come before a voxel in memory order.
func neighbours(size [3]int, connectivity int) ([][3]int, error) {
	limit := 0
	switch connectivity {
	case 6:
		limit = 1
	case 18:
		limit = 2
	case 26:
		limit = 3
	case 4, 8:
		if size[2] != 1 {
			return nil, fmt.Errorf("morph: connectivity: want 6, 18 or 26 for %d slices, got %d", size[2], connectivity)
		}
		limit = connectivity / 4
	default:
		return nil, fmt.Errorf("morph: connectivity: want 6, 18 or 26 (4 or 8 for one slice), got %d", connectivity)
	}
	var out [][3]int
	for dz := -1; dz <= 0; dz++ {
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				before := dz < 0 || dy < 0 || dy == 0 && dx < 0
				if dz == 0 && dy > 0 {
					before = false
				}
				if before && dx*dx+dy*dy+dz*dz <= limit {
					out = append(out, [3]int{dx, dy, dz})
				}
			}
		}
	}
	return out, nil
}
