"""Figures of scipy for a small binary grid: figures.json."""
import json
import numpy as np
import scipy
import scipy.ndimage as ndi

nx, ny, nz = 14, 12, 8
k, j, i = np.meshgrid(np.arange(nz), np.arange(ny), np.arange(nx), indexing="ij")
m = ((i * i + 3 * j * j + 7 * k * k + i * j * k) % 23) < 3
spacing = (2.5, 0.8, 1.5)  # k, j, i
out = dict(count=int(m.sum()))
for name, c in (("6", 1), ("18", 2), ("26", 3)):
    lab, n = ndi.label(m, ndi.generate_binary_structure(3, c))
    out["components" + name] = np.bincount(lab.ravel()).tolist()
lab, n = ndi.label(m[4], ndi.generate_binary_structure(2, 1))
out["components4"] = np.bincount(lab.ravel()).tolist()
lab, n = ndi.label(m[4], ndi.generate_binary_structure(2, 2))
out["components8"] = np.bincount(lab.ravel()).tolist()
few = (i + 5 * j + 17 * k) % 97 == 3
out["distance"] = [round(float(x), 6) for x in ndi.distance_transform_edt(~few, sampling=spacing).ravel()]
dense = ((i * i + 3 * j * j + 7 * k * k + i * j * k) % 23) >= 5
out["dense"] = int(dense.sum())
out["holes"] = int(ndi.binary_fill_holes(dense).sum())
out["holes2d"] = int(sum(ndi.binary_fill_holes(s).sum() for s in dense))
d = ndi.distance_transform_edt(~few, sampling=spacing)
out["dilated"] = int((d <= 3.0).sum())
json.dump(dict(scipy=scipy.__version__, figures=out), open("figures.json", "w"))
