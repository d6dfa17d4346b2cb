package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/caliper-imaging/caliper/dicom"
	"github.com/caliper-imaging/caliper/dicom/codec"
	"github.com/caliper-imaging/caliper/intake"
)

// benchSide and benchFrames are the size of the slices that are made, and how many go into a multi-frame file.
const benchSide, benchFrames = 512, 24

// makeBenchFiles writes a series, multi-frame files of its middle and its volume into dir.
func makeBenchFiles(ctx context.Context, dir string, count int) ([]string, error) {
	if have, err := os.ReadDir(dir); err == nil && len(have) > 0 {
		return nil, usagef("--keep: want a folder that is new or empty, got one that is not")
	}
	series := filepath.Join(dir, "series")
	if err := os.MkdirAll(series, 0o755); err != nil {
		return nil, err
	}
	slope, intercept := 1.0, -1024.0
	image := dicom.Image{Class: dicom.ClassCT, StudyUID: dicom.UID("bench"), SeriesUID: dicom.UID("bench series"), FrameOfReferenceUID: dicom.UID("bench frame"),
		PatientID: "BENCH", Modality: "CT", SeriesNumber: 1, Rows: benchSide, Columns: benchSide, BitsStored: 12, PixelSpacingMM: [2]float64{0.7, 0.7},
		Orientation: &[6]float64{1, 0, 0, 0, 1, 0}, SliceThicknessMM: 0.7, RescaleSlope: &slope, RescaleIntercept: &intercept, RescaleType: "HU"}
	noise := grain()
	var middle []uint16
	for k := range count {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		image.InstanceNumber, image.InstanceUID = k+1, dicom.UID(fmt.Sprint("bench ", k))
		image.PositionMM = &[3]float64{-180, -180, 0.7 * float64(k)}
		image.Pixels = benchSlice(noise, k, float64(k)/float64(count))
		if from := (count - benchFrames) / 2; k >= from && k < from+benchFrames {
			middle = append(middle, image.Pixels...)
		}
		data, err := image.Elements()
		if err != nil {
			return nil, err
		}
		if err := dicom.WriteFile(filepath.Join(series, fmt.Sprintf("%04d.dcm", k+1)), data); err != nil {
			return nil, err
		}
	}
	out := []string{series}
	made, err := makeMultiFrame(ctx, dir, image, middle)
	if err != nil {
		return nil, err
	}
	out = append(out, made...)
	s, err := intake.Describe(ctx, series, intake.Options{})
	if err != nil {
		return nil, err
	}
	stored, err := intake.Stored(ctx, s)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "volume.nii.gz")
	return append(out, path), intake.WriteFile(path, stored)
}

// makeMultiFrame writes frames into one object for each transfer syntax that can be written.
func makeMultiFrame(ctx context.Context, dir string, image dicom.Image, pixels []uint16) ([]string, error) {
	image.Class, image.Modality = "1.2.840.10008.5.1.4.1.1.7.3", "OT" // Multi-frame Grayscale Word Secondary Capture
	image.Pixels = pixels[:benchSide*benchSide]
	data, err := image.Elements()
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 0, 2*len(pixels))
	for _, v := range pixels {
		raw = append(raw, byte(v), byte(v>>8))
	}
	plain := filepath.Join(dir, "explicit.dcm")
	if err := errors.Join(data.Set(tag.NumberOfFrames, "", fmt.Sprint(benchFrames)), data.Set(tag.PixelData, "", raw), dicom.WriteFile(plain, data)); err != nil {
		return nil, err
	}
	f, err := dicom.OpenFile(plain)
	if err != nil {
		return nil, err
	}
	out := []string{plain}
	var names []string
	for name := range syntaxes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if row, ok := codec.Find(syntaxes[name]); !ok || row.Encode == nil {
			continue
		}
		path := filepath.Join(dir, name+".dcm")
		if err := f.Transcode(ctx, path, syntaxes[name]); err != nil {
			return nil, err
		}
		out = append(out, path)
	}
	return out, nil
}

// grain is noise of standard deviation 12 whose neighbours are alike, as a soft kernel leaves it.
func grain() []float32 {
	const n = 1 << 20
	rng := rand.New(rand.NewPCG(1, 2))
	raw := make([]float64, n+benchSide+2)
	for i := range raw {
		raw[i] = rng.NormFloat64()
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(12 * (2*raw[i] + raw[i+1] + raw[i+benchSide]) / math.Sqrt(6))
	}
	return out
}

// benchSlice is a slice of a body with two lungs, a spine and vessels, in stored values of 12 bits.
func benchSlice(noise []float32, k int, at float64) []uint16 {
	rng := rand.New(rand.NewPCG(uint64(k), 3))
	shift := rng.IntN(len(noise) - benchSide*benchSide)
	out := make([]uint16, benchSide*benchSide)
	swell := math.Sin(math.Pi * at)
	inside := func(x, y, cx, cy, rx, ry float64) bool {
		dx, dy := (x-cx)/rx, (y-cy)/ry
		return dx*dx+dy*dy < 1
	}
	for y := range benchSide {
		for x := range benchSide {
			fx, fy := float64(x), float64(y)
			hu, spread := -1000.0, 0.7
			switch {
			case !inside(fx, fy, 256, 256, 210, 150):
			case !inside(fx, fy, 256, 256, 200, 140):
				hu, spread = -100, 1
			case inside(fx, fy, 256, 345, 22, 20):
				hu, spread = 350, 1.4
			case inside(fx, fy, 160, 245, 70*swell, 100*swell), inside(fx, fy, 352, 245, 70*swell, 100*swell):
				hu, spread = -860+60*math.Sin(fx/9+at*40)*math.Sin(fy/7), 1.3
				if math.Sin(fx/17+at*30)*math.Sin(fy/13-at*20) > 0.93 {
					hu = 40
				}
			default:
				hu, spread = 45+15*math.Sin(fx/40+fy/60), 1
			}
			v := hu + spread*float64(noise[shift+y*benchSide+x]) + 1024
			out[y*benchSide+x] = uint16(max(0, min(v, 4095)))
		}
	}
	return out
}
