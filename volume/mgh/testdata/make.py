"""Writes the cases beside it with nibabel and what nibabel reads from them (cases.json)."""
import json
import nibabel as nib
import numpy as np

a, b = np.radians(20), np.radians(35)
rz = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
rx = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
affine = nib.affines.from_matvec(rz @ rx @ np.diag([-0.9, 1.1, 2.4]), [10, -20, 30])
i, j, k = np.indices((5, 4, 3))
ramp = i + 10 * j + 50 * k
cases = []
for name, data in (("u1.mgz", ramp.astype("u1")), ("i2.mgh", ramp.astype("i2")), ("i4.mgz", ramp.astype("i4")), ("f4.mgz", (ramp * 0.5 - 7).astype("f4")),
                   ("frames.mgz", np.stack([ramp, ramp + 1000], -1).astype("f4"))):
    im = nib.MGHImage(data, affine)
    im.to_filename(name)
    im = nib.load(name)
    v = im.get_fdata()
    frames = 1 if v.ndim == 3 else v.shape[3]
    v = v.reshape(5, 4, 3, frames)
    cases.append(dict(name=name, frames=frames, pointRAS=(im.affine @ [4, 1, 2, 1])[:3].tolist(), spacing=[float(z) for z in im.header.get_zooms()[:3]],
                      value=float(v[4, 1, 2, 0]), last=float(v[4, 1, 2, -1]), sum=float(v[..., 0].sum())))
json.dump(dict(nibabel=nib.__version__, cases=cases), open("cases.json", "w"), indent=1)
