"""Writes pyramids with tifffile into the folder it is run in, and what it decodes from each level (cases.json):
the sum, and the sum of samples times (place mod 97 + 1). OpenSlide 3.4.1 gives the same pixels of ycc22 and rgb."""
import json
import numpy as np
import tifffile

y, x = np.mgrid[:70, :100]
image = np.stack([128 + 100 * np.sin(x / 9) * np.cos(y / 7), 128 + 90 * np.cos(x / 5 + y / 8), np.clip(x * 2.5, 0, 255)], -1).astype("u1")
levels = [image, image[::2, ::2], image[::4, ::4]]
about = "Aperio Image Library v11.2.1 \n100x70 [0,0 100x70] (32x32) JPEG/RGB Q=70|AppMag = 20|MPP = 0.4990|Left = 1"
cases = []


def pyramid(name, **kw):
    with tifffile.TiffWriter(name) as t:
        for n, level in enumerate(levels):
            t.write(level, tile=(32, 32), description=about if n == 0 else "Aperio", subfiletype=int(n > 0), metadata=None, **kw)
            if n == 0:
                t.write(levels[2], rowsperstrip=16, photometric="rgb", description="Aperio thumbnail", metadata=None)
    with tifffile.TiffFile(name) as t:
        for n, page in enumerate(p for p in t.pages if p.is_tiled):
            v = page.asarray().astype("f8").ravel()
            cases.append(dict(name=name, level=n, size=[page.imagewidth, page.imagelength], sum=v.sum(), mark=(v * (np.arange(v.size) % 97 + 1)).sum()))


pyramid("rgb.svs", photometric="rgb", compression="jpeg", compressionargs={"level": 90})
pyramid("ycc11.svs", photometric="ycbcr", compression="jpeg", subsampling=(1, 1))
pyramid("ycc22.svs", photometric="ycbcr", compression="jpeg", subsampling=(2, 2))
pyramid("j2k.svs", photometric="rgb", compression=33005, compressionargs={"level": 0})
json.dump(dict(tifffile=tifffile.__version__, cases=cases), open("cases.json", "w"), indent=0)
