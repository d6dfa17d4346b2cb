"""Writes cases with SimpleITK into the folder it is run in, and what it reads from them (cases.json).

In metaimage/testdata: python make.py .mha .mhd; in nrrd/testdata: python make.py .nrrd .nhdr."""
import json
import sys
import numpy as np
import SimpleITK as sitk

ending, detached = sys.argv[1:]
shape = (5, 4, 3)
k, j, i = np.meshgrid(np.arange(3), np.arange(4), np.arange(5), indexing="ij")
ramp = i + 10 * j + 50 * k
a, b = np.radians(20), np.radians(35)
rz = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
rx = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
cases = []


def save(name, array, vector=False, compress=False):
    im = sitk.GetImageFromArray(array, isVector=vector)
    if im.GetDimension() == 3:
        im.SetSpacing((0.9, 1.1, 2.4))
        im.SetOrigin((-12.5, 40, -7))
        im.SetDirection((rz @ rx).ravel().tolist())
    else:
        im.SetSpacing((0.9, 1.1))
        im.SetOrigin((-12.5, 40))
    sitk.WriteImage(im, name, compress)
    im = sitk.ReadImage(name)
    index = (4, 1, 2)[: im.GetDimension()]
    values = sitk.GetArrayFromImage(im).astype(float)
    value = np.atleast_1d(im.GetPixel(index))
    point = list(im.TransformIndexToPhysicalPoint(index))
    cases.append(dict(name=name, size=(list(im.GetSize()) + [1])[:3], index=(list(index) + [0])[:3], point=(point + [0.0])[:3],
                      spacing=(list(im.GetSpacing()) + [1.0])[:3], channels=im.GetNumberOfComponentsPerPixel(), value=float(value[0]), last=float(value[-1]), sum=float(values.sum())))


for dt in "u1 i1 i2 u2 i4 u4 i8 f4 f8".split():
    data = (ramp - 100 if dt == "i1" else ramp * 0.5 - 7 if dt[0] == "f" else ramp).astype(dt)
    save(dt + ending, data)
save("packed" + ending, ramp.astype("i2"), compress=True)
save("vector" + ending, np.stack([ramp, ramp + 1000, ramp * 2], -1).astype("i2"), vector=True)
save("plane" + ending, ramp[1].astype("u2"))
save("beside" + detached, ramp.astype("i2"))
json.dump(dict(SimpleITK=sitk.Version().VersionString(), cases=cases), open("cases.json", "w"), indent=1)
