"""Figures of scipy, scikit-image and numpy for small analytic images: figures.json."""
import json
import numpy as np
import scipy
import scipy.ndimage as ndi

nx, ny, nz = 11, 9, 7
k, j, i = np.meshgrid(np.arange(nz), np.arange(ny), np.arange(nx), indexing="ij")
a = (100 * np.sin(0.5 * i) * np.cos(0.4 * j) + 3 * k + (7 * i + 5 * j + 3 * k) % 11).astype(np.float32)
r = lambda x: [round(float(v), 4) for v in x.ravel()]
spacing = np.array([2.5, 0.8, 1.5])  # k, j, i
sigma = np.array([1.0, 2.0, 3.0])[::-1] / spacing
g = 0
for n in range(3):
    g = g + (ndi.sobel(a.astype(float), axis=n) / 32 / spacing[n]) ** 2
versions = dict(scipy=scipy.__version__, numpy=np.__version__)
out = dict(
    gaussian=r(ndi.gaussian_filter(a.astype(float), sigma)),
    median=r(ndi.median_filter(a, size=3)),
    gradient=r(np.sqrt(g)),
    quantiles=[float(x) for x in np.quantile(a.astype(float), [0, 0.01, 0.1, 0.5, 0.905, 1])],
    histogram=np.histogram(a, 8, (-60, 100))[0].tolist(),
    mean=float(a.astype(float).mean()), sd=float(a.astype(float).std()))
try:
    from skimage.filters import threshold_otsu
    import skimage
    out["otsu"] = float(threshold_otsu(a))
    versions["skimage"] = skimage.__version__
except ImportError:
    pass
json.dump(dict(versions=versions, figures=out), open("figures.json", "w"))
