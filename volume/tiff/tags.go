package tiff

// Tags of TIFF 6.0 and its extensions that are read.
const (
	tagSubfileType     = 254
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagDescription     = 270
	tagStripOffsets    = 273
	tagSamples         = 277
	tagRowsPerStrip    = 278
	tagStripCounts     = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagPlanar          = 284
	tagResolutionUnit  = 296
	tagSoftware        = 305
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileCounts      = 325
	tagSubIFDs         = 330
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagJPEGTables      = 347
	tagYCbCrSubsampled = 530
)

// Compression is a code of tag 259.
type Compression int

// Codes of compression. The JPEG kinds are done by Options.Codecs.
const (
	None      Compression = 1
	LZW       Compression = 5
	OldJPEG   Compression = 6
	JPEG      Compression = 7
	Deflate   Compression = 8
	PackBits  Compression = 32773
	OldZip    Compression = 32946
	AperioYCC Compression = 33003 // JPEG 2000, YCbCr
	AperioRGB Compression = 33005 // JPEG 2000, RGB
	JPEG2000  Compression = 34712
	Zstandard Compression = 50000
)

// String names a code.
func (c Compression) String() string {
	name, ok := map[Compression]string{None: "none", 2: "CCITT RLE", 3: "CCITT group 3", 4: "CCITT group 4", LZW: "LZW", OldJPEG: "old-style JPEG", JPEG: "JPEG",
		Deflate: "deflate", PackBits: "PackBits", OldZip: "deflate", AperioYCC: "JPEG 2000 of Aperio", AperioRGB: "JPEG 2000 of Aperio", JPEG2000: "JPEG 2000",
		34887: "LERC", 34925: "LZMA", Zstandard: "Zstandard", 50001: "WebP", 50002: "JPEG XL"}[c]
	if !ok {
		return "a code that is not known"
	}
	return name
}

// Photometric is a code of tag 262.
type Photometric int

// Codes of photometric interpretation.
const (
	WhiteIsZero Photometric = 0
	BlackIsZero Photometric = 1
	RGB         Photometric = 2
	Palette     Photometric = 3
	YCbCr       Photometric = 6
)
