package segment

import (
	"context"
	"fmt"

	"github.com/caliper-imaging/caliper/models"
	"github.com/caliper-imaging/caliper/onnx/tensor"
	"github.com/caliper-imaging/caliper/volume"
)

// infer runs the network on the whole image, or tile by tile where the card allows it and the image is
// larger than a tile.
func infer(ctx context.Context, net *models.Network, p *models.Prepared) (*scores, error) {
	card := &net.Card
	tile := card.Input.Tile
	larger := false
	var size [3]int
	if tile != nil {
		size = [3]int{1, 1, 1}
		for n := range card.Input.Dims {
			size[n] = tile.Size[card.Input.Dims-1-n]
			larger = larger || p.Image.Size[n] > size[n]
		}
	}
	if !larger {
		out, err := net.Run(ctx, p.Tensor(), card.Output.Name)
		if err != nil {
			return nil, err
		}
		return newScores(card, p, out[0])
	}
	return slide(ctx, net, p, size, tile.Overlap)
}

// slide blends the scores of overlapping tiles; the weight of a voxel falls linearly to the tile's border.
func slide(ctx context.Context, net *models.Network, p *models.Prepared, size [3]int, overlap int) (*scores, error) {
	card := &net.Card
	var starts [3][]int
	for n := range 3 {
		starts[n] = tileStarts(p.Image.Size[n], size[n], overlap)
	}
	voxels := p.Image.Voxels()
	weight := make([]float32, voxels)
	var sum []float32
	channels := 0
	for _, k := range starts[2] {
		for _, j := range starts[1] {
			for _, i := range starts[0] {
				lo := [3]int{i, j, k}
				part, err := p.Image.Window(lo, [3]int{i + size[0], j + size[1], k + size[2]}, float32(card.Input.Pad))
				if err != nil {
					return nil, fmt.Errorf("segment: %w", err)
				}
				out, err := net.Run(ctx, models.Tensor(part, card.Input.Dims), card.Output.Name)
				if err != nil {
					return nil, err
				}
				shape := out[0].Shape()
				if sum == nil {
					if len(shape) != card.Input.Dims+2 || shape[1] < 1 || shape[1] > 4096 {
						return nil, fmt.Errorf("segment: %s: output: want shape [1, classes and %d sizes], got %v", card.Name, card.Input.Dims, shape)
					}
					channels = shape[1]
					sum = make([]float32, channels*voxels)
				}
				if out[0].Len() != channels*part.Voxels() {
					return nil, fmt.Errorf("segment: %s: output: want the size of the tile %v, got %v", card.Name, size, shape)
				}
				blend(sum, weight, out[0].Float32(), p.Image.Geometry, lo, size, channels)
			}
		}
	}
	for c := range channels {
		for i, w := range weight {
			sum[c*voxels+i] /= w
		}
	}
	shape := []int{1, channels}
	for n := card.Input.Dims - 1; n >= 0; n-- {
		shape = append(shape, p.Image.Size[n])
	}
	return newScores(card, p, tensor.FromFloat32(shape, sum))
}

func blend(sum, weight, tile []float32, g volume.Geometry, lo, size [3]int, channels int) {
	n, voxels := size[0]*size[1]*size[2], g.Voxels()
	at := -1
	for k := range size[2] {
		for j := range size[1] {
			for i := range size[0] {
				at++
				x, y, z := lo[0]+i, lo[1]+j, lo[2]+k
				if x >= g.Size[0] || y >= g.Size[1] || z >= g.Size[2] {
					continue
				}
				w := tent(i, size[0]) * tent(j, size[1]) * tent(k, size[2])
				to := g.Offset(x, y, z)
				weight[to] += w
				for c := range channels {
					sum[c*voxels+to] += w * tile[c*n+at]
				}
			}
		}
	}
}

func tent(i, size int) float32 {
	return float32(min(i+1, size-i)) / float32((size+1)/2)
}

// tileStarts covers length with tiles that share at least overlap; the last one ends at the end.
func tileStarts(length, size, overlap int) []int {
	if length <= size {
		return []int{0}
	}
	var out []int
	for at := 0; ; at += size - overlap {
		if at+size >= length {
			return append(out, length-size)
		}
		out = append(out, at)
	}
}
