package slide

import (
	"context"
	"fmt"
	"image"
	"iter"

	"github.com/caliper-imaging/caliper/volume"
	"github.com/caliper-imaging/caliper/volume/tiff"
)

// Level is one resolution of a slide; level 0 is the finest.
type Level struct {
	Width, Height         int        // pixels
	TileWidth, TileHeight int        // of the tiles as they are stored
	SpacingMM             [2]float64 // between columns and between rows; 0 where unknown
	Downsample            float64    // width of level 0 over this one
	Channels              int        // 1 grey, 3 RGB
}

// Grid is the number of tiles in a row and of rows of tiles.
func (l Level) Grid() (columns, rows int) {
	return (l.Width + l.TileWidth - 1) / l.TileWidth, (l.Height + l.TileHeight - 1) / l.TileHeight
}

// Tile is a rectangle of a level: 8-bit samples, those of a pixel together. Pixels that the slide does not hold
// are white.
type Tile struct {
	Rect     image.Rectangle // in pixels of the level
	Channels int
	Pix      []byte
}

// Slide is an open whole-slide image. It is safe for concurrent use.
type Slide struct {
	Levels []Level
	Format string // dicom or tiff
	Vendor string // as the file names the maker, or ""
	Notes  []string
	Cut    error // what the file should hold and does not, as it has ended too early; nil for nothing
	store  store
}

// store reads tiles of one format: dst holds TileWidth × TileHeight × Channels bytes; ok is false where the slide
// does not hold the tile.
type store interface {
	tile(ctx context.Context, level, column, row int, dst []byte) (ok bool, err error)
	Close() error
}

// maxRegion caps the pixels of one region.
const maxRegion = 1 << 28

// Open opens a slide: DICOM objects that are the levels of one, or one TIFF pyramid.
func Open(paths ...string) (*Slide, error) {
	if len(paths) == 0 {
		return nil, volume.Malformed("slide: want a file, got none")
	}
	if claims(paths[0]) {
		return openTIFF(paths[0], tiff.Options{Codecs: Codecs()})
	}
	return openDICOM(paths)
}

// Close releases the files.
func (s *Slide) Close() error { return s.store.Close() }

// ReadTile reads one tile as it is stored; at the right and lower edge it is cut to the level.
func (s *Slide) ReadTile(ctx context.Context, level, column, row int) (*Tile, error) {
	if level < 0 || level >= len(s.Levels) {
		return nil, fmt.Errorf("slide: level: want 0 to %d, got %d", len(s.Levels)-1, level)
	}
	l := s.Levels[level]
	columns, rows := l.Grid()
	if column < 0 || column >= columns || row < 0 || row >= rows {
		return nil, fmt.Errorf("slide: tile: want column 0 to %d and row 0 to %d, got %d and %d", columns-1, rows-1, column, row)
	}
	whole := make([]byte, l.TileWidth*l.TileHeight*l.Channels)
	ok, err := s.store.tile(ctx, level, column, row, whole)
	if err != nil {
		return nil, fmt.Errorf("slide: level %d: tile %d, %d: %w", level, column, row, err)
	}
	if !ok {
		white(whole)
	}
	t := &Tile{Channels: l.Channels, Pix: whole, Rect: image.Rect(column*l.TileWidth, row*l.TileHeight, min((column+1)*l.TileWidth, l.Width), min((row+1)*l.TileHeight, l.Height))}
	if w := t.Rect.Dx(); w < l.TileWidth {
		for y := range t.Rect.Dy() {
			copy(whole[y*w*l.Channels:(y+1)*w*l.Channels], whole[y*l.TileWidth*l.Channels:])
		}
	}
	t.Pix = whole[:t.Rect.Dx()*t.Rect.Dy()*l.Channels]
	return t, nil
}

// ReadRegion reads a rectangle in pixels of a level; what lies outside is white.
func (s *Slide) ReadRegion(ctx context.Context, level int, r image.Rectangle) (*Tile, error) {
	if level < 0 || level >= len(s.Levels) {
		return nil, fmt.Errorf("slide: level: want 0 to %d, got %d", len(s.Levels)-1, level)
	}
	l := s.Levels[level]
	if r.Empty() || r.Dx() > maxRegion/r.Dy() {
		return nil, fmt.Errorf("slide: region: want 1 to %d pixels, got %d x %d", maxRegion, r.Dx(), r.Dy())
	}
	out := &Tile{Rect: r, Channels: l.Channels, Pix: make([]byte, r.Dx()*r.Dy()*l.Channels)}
	inside := r.Intersect(image.Rect(0, 0, l.Width, l.Height))
	if inside != r {
		white(out.Pix)
	}
	if inside.Empty() {
		return out, nil
	}
	for row := inside.Min.Y / l.TileHeight; row*l.TileHeight < inside.Max.Y; row++ {
		for column := inside.Min.X / l.TileWidth; column*l.TileWidth < inside.Max.X; column++ {
			t, err := s.ReadTile(ctx, level, column, row)
			if err != nil {
				return nil, err
			}
			part := t.Rect.Intersect(inside)
			for y := part.Min.Y; y < part.Max.Y; y++ {
				from := ((y-t.Rect.Min.Y)*t.Rect.Dx() + part.Min.X - t.Rect.Min.X) * l.Channels
				to := ((y-r.Min.Y)*r.Dx() + part.Min.X - r.Min.X) * l.Channels
				copy(out.Pix[to:to+part.Dx()*l.Channels], t.Pix[from:])
			}
		}
	}
	return out, nil
}

// Tiles reads the tiles of a level one after the other, row by row; it ends after an error.
func (s *Slide) Tiles(ctx context.Context, level int) iter.Seq2[*Tile, error] {
	return func(yield func(*Tile, error) bool) {
		if level < 0 || level >= len(s.Levels) {
			yield(nil, fmt.Errorf("slide: level: want 0 to %d, got %d", len(s.Levels)-1, level))
			return
		}
		columns, rows := s.Levels[level].Grid()
		for row := range rows {
			for column := range columns {
				t, err := s.ReadTile(ctx, level, column, row)
				if !yield(t, err) || err != nil {
					return
				}
			}
		}
	}
}

// Raw is the tile as stored values, with the spacing of its level (1 mm where that is unknown), its first pixel
// where it lies from the corner of the slide.
func (t *Tile) Raw(l Level) *volume.Raw {
	g := volume.Identity([3]int{t.Rect.Dx(), t.Rect.Dy(), 1}, [3]float64{1, 1, 1})
	if l.SpacingMM[0] > 0 && l.SpacingMM[1] > 0 {
		g.Spacing[0], g.Spacing[1] = l.SpacingMM[0], l.SpacingMM[1]
	}
	g.Origin = [3]float64{float64(t.Rect.Min.X) * g.Spacing[0], float64(t.Rect.Min.Y) * g.Spacing[1], 0}
	raw := &volume.Raw{Geometry: g, DType: volume.Uint8, Shape: []int{t.Rect.Dy(), t.Rect.Dx()}, Channels: t.Channels, Bytes: t.Pix}
	if t.Channels > 1 {
		raw.Shape = append(raw.Shape, t.Channels)
	}
	return raw
}

func white(b []byte) {
	for n := range b {
		b[n] = 255
	}
}
