"""Writes TIFF files with tifffile into the folder it is run in, and what they hold (cases.json): shape, type, sum,
and the sum of values times (place mod 97 + 1). Values are (place * 7 mod 251), less 100 where signed, times 0.37
less 11 where floating."""
import json
import numpy as np
import tifffile

cases = {}


def ramp(shape, dt):
    a = np.arange(np.prod(shape)).reshape(shape) * 7 % 251
    return (a * 0.37 - 11 if dt[0] == "f" else a - 100 if dt[0] == "i" else a).astype(dt)


def save(name, a, want=None, **kw):
    tifffile.imwrite(name + ".tif", a, **kw)
    a = a if want is None else want
    v = a.astype("f8").ravel()
    cases[name] = dict(shape=a.shape, dtype=str(a.dtype), sum=float(v.sum()), mark=float((v * (np.arange(v.size) % 97 + 1)).sum()))


S = (19, 23)
for dt in "u1 i1 u2 i2 u4 i4 u8 i8 f4 f8".split():
    save("raw_" + dt, ramp(S, dt))
    save("big_" + dt, ramp(S, dt), byteorder=">")
    save("tile_" + dt, ramp(S, dt), tile=(16, 16))
for c in "lzw deflate zstd".split():
    for dt in "u1 i4 f4".split():
        save(f"{c}_{dt}", ramp(S, dt), compression=c)
    for order in "<>":
        for dt in "u1 u2 u4 u8".split():
            save(f"{c}_2_{dt}_{'lb'[order == '>']}", ramp(S, dt), compression=c, predictor=2, byteorder=order)
        for dt in "f4 f8".split():
            save(f"{c}_3_{dt}_{'lb'[order == '>']}", ramp(S, dt), compression=c, predictor=3, byteorder=order)
    save(f"{c}_3_rgb", ramp(S + (3,), "f4"), compression=c, predictor=3, photometric="rgb")
save("packbits_u1", ramp(S, "u1"), compression="packbits")
save("packbits_runs", (ramp(S, "u2") // 60).astype("u2"), compression="packbits")
save("rgb_u1", ramp(S + (3,), "u1"), photometric="rgb")
save("rgb_2_u2", ramp(S + (3,), "u2"), photometric="rgb", compression="deflate", predictor=2, tile=(16, 16))
p = ramp((3,) + S, "u1")
save("rgb_planar", p, want=np.moveaxis(p, 0, -1), photometric="rgb", planarconfig="separate")
save("rgb_planar_tile", p, want=np.moveaxis(p, 0, -1), photometric="rgb", planarconfig="separate", tile=(16, 16), compression="lzw")
save("stack", ramp((5,) + S, "u2"), photometric="minisblack")
save("bigtiff", ramp((5,) + S, "u2"), photometric="minisblack", bigtiff=True)
save("strips", ramp(S, "u2"), rowsperstrip=5, compression="deflate")
a = ramp((2, 5, 3, 9, 11), "u2")
save("imagej", a, want=np.moveaxis(a, 2, -1), imagej=True, resolution=(1 / 0.25, 1 / 0.5), metadata={"spacing": 2.5, "unit": "um", "axes": "TZCYX"})
a = ramp((2, 3, 5, 9, 11), "u2")
um = {f"PhysicalSize{x}": v for x, v in zip("XYZ", (0.25, 0.5, 2.5))} | {f"PhysicalSize{x}Unit": "µm" for x in "XYZ"}
save("ome", a, want=np.moveaxis(a, 1, -1), ome=True, metadata={"axes": "TCZYX"} | um)
save("bilevel", (ramp(S, "u1") % 2).astype(bool), want=ramp(S, "u1") % 2, photometric="minisblack")
colours = (np.arange(256)[None] * np.array([[257], [200], [100]]) % 65536).astype("u2")
save("palette", ramp(S, "u1"), want=colours.T[ramp(S, "u1")], photometric="palette", colormap=colours)
json.dump(dict(tifffile=tifffile.__version__, cases=cases), open("cases.json", "w"), indent=0)
