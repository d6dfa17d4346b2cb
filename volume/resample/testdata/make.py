"""Figures of SimpleITK for resampling an analytic image through an affine transform: figures.json."""
import json
import numpy as np
import SimpleITK as sitk

# The image: size 17 x 13 x 9, f(i, j, k) = 100 sin(0.5 i) cos(0.4 j) + 3 k + ((7 i + 5 j + 3 k) mod 11)
nx, ny, nz = 17, 13, 9
k, j, i = np.meshgrid(np.arange(nz), np.arange(ny), np.arange(nx), indexing="ij")
a = (100 * np.sin(0.5 * i) * np.cos(0.4 * j) + 3 * k + (7 * i + 5 * j + 3 * k) % 11).astype(np.float32)
im = sitk.GetImageFromArray(a)
im.SetSpacing((1.5, 0.8, 2.5))
im.SetOrigin((-10, 4, 30))
t = np.radians(25)
im.SetDirection((np.cos(t), -np.sin(t), 0, np.sin(t), np.cos(t), 0, 0, 0, 1))
tf = sitk.AffineTransform(3)
tf.SetMatrix((1.02, 0.05, -0.03, -0.04, 0.97, 0.1, 0.02, -0.08, 1.01))
tf.SetTranslation((0.7, -1.3, 0.4))
out = {}
for name, interp in (("nearest", sitk.sitkNearestNeighbor), ("linear", sitk.sitkLinear), ("cubic", sitk.sitkBSpline)):
    r = sitk.Resample(im, (14, 15, 8), tf, interp, (-9, 3.5, 29.03), (1.3, 1.1, 2.9), (1, 0, 0, 0, 1, 0, 0, 0, 1), -1000.0, sitk.sitkFloat32)
    out[name] = [round(float(x), 4) for x in sitk.GetArrayFromImage(r).ravel()]
out["outside"] = sum(x == -1000 for x in out["linear"])
json.dump(dict(SimpleITK=sitk.Version().VersionString(), figures=out), open("figures.json", "w"))
