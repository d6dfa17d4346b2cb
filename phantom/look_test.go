package phantom

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"strconv"
	"testing"
	"time"
)

func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		t.Skip()
	}
	for s := range 24 {
		t0 := time.Now()
		f, _, err := chest(uint64(s), chestOptions{pixels: 512, noduleMM: 18, side: -1, zone: -1})
		if err != nil {
			t.Log(err)
			continue
		}
		t.Log(time.Since(t0))
		im := image.NewGray(image.Rect(0, 0, 512, 512))
		lb := image.NewRGBA(image.Rect(0, 0, 512, 512))
		for i, v := range f.pixels {
			im.Pix[i] = uint8(v / 16)
			c := color.RGBA{uint8(v / 16), uint8(v / 16), uint8(v / 16), 255}
			switch f.labels[i] {
			case 1:
				c.R = 255
			case 2:
				c.G = 255
			case 3:
				c.B = 255
			}
			lb.SetRGBA(i%512, i/512, c)
		}
		a, _ := os.Create(dir + "/p" + strconv.Itoa(100+s) + ".png")
		png.Encode(a, im)
		a.Close()
		a, _ = os.Create(dir + "/l" + strconv.Itoa(100+s) + ".png")
		png.Encode(a, lb)
		a.Close()
	}
}
