package main

import (
	"strconv"
	"strings"

	"github.com/caliper-imaging/caliper/study"
)

// parseSize reads a number of bytes with an optional K, M, G or T (powers of 1024), as in 4G or 1.5GiB.
func parseSize(text string) (int64, error) {
	number := strings.TrimSpace(text)
	number = strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(number), "B"), "I")
	scale := 1.0
	if n := len(number); n > 0 {
		if power := strings.IndexByte("KMGT", number[n-1]); power >= 0 {
			for range power + 1 {
				scale *= 1024
			}
			number = number[:n-1]
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || !(value > 0) || value*scale > 1<<50 {
		return 0, usagef("--memory: want a size such as 4G or 800M, got %q", text)
	}
	return int64(value * scale), nil
}

// Bytes that a study needs at work, by voxel of its largest series: the image, its prior, masks, and
// what a network of about twenty channels holds for a volume.
const (
	bytesPerPixel = 64
	bytesPerVoxel = 4 * 2 * 24
)

// memoryEstimate is a careful guess of what reading a study takes.
func memoryEstimate(s study.Study) int64 {
	var most int64
	for _, series := range s.Series {
		perVoxel := int64(bytesPerPixel)
		if series.Geometry.Size[2] > 1 {
			perVoxel = bytesPerVoxel
		}
		most = max(most, int64(series.Geometry.Voxels())*perVoxel)
	}
	return most + 64<<20
}
