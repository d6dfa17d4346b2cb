"""Turns our drawings (annotations/*.json) into label maps and writes them as one npz.

v7_borders.json: the borders of heart and mediastinum on films that have lung masks: "right" and "left" from the
top downwards (the patient's sides), "bottom" of the heart from right to left, "top" the rows on both borders from
which downwards it is heart. nih_hearts.json: the borders of hearts alone; "test" is not trained on.
Coordinates are pixels of the file."""
import json
import os
import sys

import numpy as np
from PIL import Image
from scipy import ndimage

import films

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "annotations")


def v7(root, test):
    folder = os.path.join(root, "covid_cxr_v7_lungmasks")
    for name, d in sorted(json.load(open(os.path.join(HERE, "v7_borders.json"))).items()):
        if (name in HELD) != test:
            continue
        im, s, x, y = films.square(Image.open(os.path.join(folder, "images", name)).convert("L"))
        mask, _, _, _ = films.square(Image.open(os.path.join(folder, "masks", os.path.splitext(name)[0] + ".png")).convert("L"), True)
        mask = mask > 127
        right, left = films.spline(d["right"]), films.spline(d["left"])
        low = films.spline([d["right"][-1]] + d["bottom"] + [d["left"][-1]])
        whole = np.vstack([[[right[0][0], 0]], right, low, left[::-1], [[left[0][0], 0]]])
        middle = films.polygons([whole], s, x, y)
        cut = dict(d, right=right[right[:, 1] >= d["top"][0]].tolist(), left=left[left[:, 1] >= d["top"][1]].tolist())
        heart = films.polygons([heart_of(cut)], s, x, y)
        parts, _ = ndimage.label(mask)
        lb = np.full(im.shape, films.BG, np.uint8)
        mid = x + s * (right[:, 0].mean() + left[:, 0].mean()) / 2
        for k in range(1, parts.max() + 1):
            part = parts == k
            if part.sum() < 300:
                continue
            cx = ndimage.center_of_mass(part)[1]
            lb[part] = films.RIGHT if cx < mid else films.LEFT
        lb[middle] = films.BG
        # Lung that the mask shows beyond the midline belongs to the mediastinum.
        lb[heart] = films.HEART
        yield im, tidy(lb)


def tidy(lb):
    for c in (films.RIGHT, films.LEFT):
        parts, n = ndimage.label(lb == c)
        if n > 1:
            sizes = ndimage.sum(lb == c, parts, range(1, n + 1))
            lb[(parts > 0) & (parts != 1 + int(np.argmax(sizes)))] = films.BG
    return lb


def heart_of(d):
    r, l = films.spline(d["right"]), films.spline(d["left"])
    low = films.spline([d["right"][-1]] + d["bottom"] + [d["left"][-1]])
    arch = films.spline([l[0], [(r[0][0] + l[0][0]) / 2, (r[0][1] + l[0][1]) / 2 - 0.12 * (l[0][0] - r[0][0])], r[0]])
    return np.vstack([r, low, l[::-1], arch])


def hearts(root, masks, test):
    """Drawn hearts, with the lungs of an earlier round."""
    z = np.load(masks)
    for name, d in sorted(json.load(open(os.path.join(HERE, "nih_hearts.json"))).items()):
        if d.get("test", False) != test:
            continue
        im, s, x, y = films.square(Image.open(os.path.join(root, "cxr_nih_subset", "images", name)).convert("L"))
        lb, _, _, _ = films.square(Image.fromarray(z[name]), nearest=True)
        lb = np.where(np.isin(lb, (1, 2)), 1 << lb, films.BG).astype(np.uint8)
        lb[films.polygons([heart_of(d)], s, x, y)] = films.HEART
        yield im, tidy(lb)


# Drawn films that no round is trained on: they give the figures of the card.
HELD = {"2c35005f.jpg", "441c9cdd.jpg", "5782ae15.jpg", "90986ce4.jpg"}

if __name__ == "__main__":
    root, masks, out = sys.argv[1:4]
    for test in (False, True):
        pairs = list(v7(root, test)) + list(hearts(root, masks, test))
        a, b = zip(*pairs)
        np.savez(out + ("_test" if test else "") + ".npz", films=np.stack(a), labels=np.stack(b), weight=5)
