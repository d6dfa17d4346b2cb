"""Writes the cases beside it with nibabel and what nibabel reads from them (cases.json)."""
import json
import nibabel as nib
import numpy as np

# 20 and 35 degrees of rotation, spacing 0.9 x 1.1 x 2.4 mm: oblique, but at right angles
a, b = np.radians(20), np.radians(35)
rz = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
rx = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
oblique = nib.affines.from_matvec(rz @ rx @ np.diag([-0.9, 1.1, 2.4]), [10, -20, 30])
shape = (5, 4, 3)
i, j, k = np.indices(shape)
ramp = i + 10 * j + 50 * k  # 0 to 134: fits every type but int8, which gets -100 added

cases = []

def save(name, data, affine, cls=nib.Nifti1Image, big=False, sform=1, qform=1, slope=None, units="mm", edit=None):
    header = cls.header_class(endianness=">" if big else "<")
    header.set_data_dtype(data.dtype.newbyteorder(">" if big else "<") if data.dtype.names is None else data.dtype)
    im = cls(data, affine, header)
    im.set_sform(affine if sform else None, sform)
    im.set_qform(affine if qform else None, qform)
    im.header.set_xyzt_units(units, "sec")
    if slope:
        im.header.set_slope_inter(*slope)
    if edit:
        edit(im.header)
    im.to_filename(name)
    back = nib.load(name)
    values = back.get_fdata() if data.dtype.names is None else np.stack([np.asarray(back.dataobj)[c].astype(float) for c in data.dtype.names], -1)
    index = (4, 1, 2)
    scale = {"mm": 1, "meter": 1000, "micron": 0.001}[units]
    at = back.affine @ np.array([*index, 1]) * scale
    first = values.reshape(*shape, -1, order="F") if values.ndim > 3 else values[..., None]
    cases.append(dict(name=name, size=list(shape), index=list(index), pointRAS=at[:3].round(6).tolist(), originRAS=(back.affine[:3, 3] * scale).round(6).tolist(),
                      spacing=[float(z) * scale for z in nib.affines.voxel_sizes(back.affine)], value=float(first[index + (0,)]), sum=float(values.sum()), last=float(first[index + (-1,)]), version=2 if cls is nib.Nifti2Image else 1, big=big))

for dt in "u1 i1 i2 u2 i4 u4 i8 u8 f4 f8".split():
    data = (ramp - 100 if dt == "i1" else ramp * 0.5 - 7 if dt[0] == "f" else ramp).astype(dt)
    for big in (False, True):
        for cls, n in ((nib.Nifti1Image, 1), (nib.Nifti2Image, 2)):
            save(f"{dt}_{'be' if big else 'le'}_{n}.nii.gz", data, oblique, cls, big)
save("qform_only.nii.gz", ramp.astype("i2"), oblique, sform=0)
save("sform_only.nii", ramp.astype("i2"), oblique, qform=0)
save("meter.nii.gz", ramp.astype("i2"), np.diag([0.002, 0.003, 0.004, 1]), units="meter")
save("micron.nii.gz", ramp.astype("i2"), np.diag([200.0, 300, 400, 1]), units="micron")
save("scaled.nii.gz", ramp.astype("i2"), oblique, slope=(2.5, -1024))
save("series.nii.gz", np.stack([ramp, ramp + 1000, ramp + 2000], -1).astype("i2"), oblique)
rgb = np.zeros(shape, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
rgb["R"], rgb["G"], rgb["B"] = ramp, 255 - ramp, 7
save("rgb.nii.gz", rgb, oblique)
im = nib.Nifti1Pair(ramp.astype("i2"), oblique)
im.to_filename("pair.img")
cases.append(dict(cases[-3], name="pair.hdr", value=float(ramp[4, 1, 2]), last=float(ramp[4, 1, 2]), sum=float(ramp.sum())))
json.dump(dict(nibabel=nib.__version__, cases=cases), open("cases.json", "w"), indent=1)
