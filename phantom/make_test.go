package phantom

import (
	"os"
	"testing"
	"time"

	"image"
	"image/png"
)

func TestAll(t *testing.T) {
	out := os.Getenv("LOOK")
	for _, k := range Kinds() {
		t0 := time.Now()
		p, err := Make(k.Name, 3, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(k.Name, time.Since(t0), p.Volume.Size, p.Truth)
		if out != "" {
			v := p.Volume
			im := image.NewGray(image.Rect(0, 0, v.Size[0], v.Size[1]))
			n := v.Size[0] * v.Size[1]
			lo, hi := float32(0), float32(4095)
			if v.Unit == "[hnsf'U]" {
				lo, hi = -1000, 400
			} else if v.Size[2] > 1 {
				hi = 220
			}
			for i := range im.Pix {
				im.Pix[i] = uint8(max(0, min(255, (v.Data[v.Size[2]/2*n+i]-lo)/(hi-lo)*255)))
			}
			f, _ := os.Create(out + "/" + k.Name + ".png")
			png.Encode(f, im)
			f.Close()
		}
	}
}
