"""Label maps of an earlier round on the NIH films as training material: the lungs where both sides are plausible;
with heart set, the heart as well."""
import csv
import os
import sys

import numpy as np
from PIL import Image
from scipy import ndimage

import films

root, masks, out, heart = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "heart"
z = np.load(masks)
folder = os.path.join(root, "cxr_nih_subset")
pairs = []
for row in csv.DictReader(open(os.path.join(folder, "labels.csv"))):
    if row["findings"] != "No Finding" or int(row["patient_id"]) % 5 == 0:
        continue
    m = z[row["file"]]
    r, l, h = [(m == c).sum() / m.size for c in (1, 2, 3)]
    if min(r, l) < 0.05 or not 0.6 < r / l < 2.0:
        continue
    sure = 0.03 < h < 0.2 and heart
    im, _, _, _ = films.square(Image.open(os.path.join(folder, "images", row["file"])).convert("L"))
    lb, _, _, _ = films.square(Image.fromarray(m), nearest=True)
    bits = (1 << lb).astype(np.uint8)
    if not sure:
        lungs = np.isin(lb, (1, 2))
        bits[~lungs] = films.BG
        bits[films.between(lungs) & ~lungs] = films.BG | films.HEART
    edge = ndimage.maximum_filter(lb, 5) != ndimage.minimum_filter(lb, 5)
    for c in (1, 2, 3):
        bits[edge & ndimage.binary_dilation(lb == c, iterations=2)] |= 1 << c
    bits[edge] |= films.BG
    pairs.append((im, bits))
a, b = zip(*pairs)
print(len(a), "films")
np.savez(out, films=np.stack(a), labels=np.stack(b), weight=1)
