"""Writes ANALYZE pairs with nibabel into the folder it is run in, and what nibabel reads of them (cases.json)."""
import json
import nibabel as nib
import numpy as np

cases = []


def save(name, data, kind, origin=None, order="<"):
    h = kind.header_class(endianness=order)
    h.set_data_dtype(data.dtype)
    h.set_data_shape(data.shape)
    h.set_zooms((0.9, 1.1, 2.5, 3.0)[: data.ndim])
    if origin:
        h["origin"][:3] = origin
    im = kind(data, None, h)
    nib.save(im, name + ".img")
    im = kind.from_filename(name + ".img")
    at = (4, 1, 2)
    p = im.affine @ [*at, 1]
    v = np.asarray(im.dataobj).astype("f8")
    cases.append(dict(name=name, size=list(data.shape[:3]), frames=int(np.prod(data.shape[3:])), point=[-p[0], -p[1], p[2]], value=float(v[at].ravel()[0]), sum=float(v.sum())))


ramp = np.arange(60).reshape(5, 4, 3, order="F")
for dt in "u1 i2 i4 f4 f8".split():
    save("plain_" + dt, ramp.astype(dt), nib.AnalyzeImage)
save("big_i2", ramp.astype("i2"), nib.AnalyzeImage, order=">")
save("frames", np.arange(120).reshape(5, 4, 3, 2, order="F").astype("i2"), nib.AnalyzeImage)
save("spm_i2", ramp.astype("i2"), nib.Spm99AnalyzeImage, (3, 2, 2))
json.dump(dict(nibabel=nib.__version__, cases=cases), open("cases.json", "w"), indent=0)
