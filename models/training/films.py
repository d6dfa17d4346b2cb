"""Reads the training sets as square 8-bit films with a label map; a label is a set of classes that may be true
(bit 0 background, 1 right lung, 2 left lung, 3 heart), so that weak masks say only what they know."""
import csv
import json
import os

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

SIDE = 320
BG, RIGHT, LEFT, HEART, ANY = 1, 2, 4, 8, 15


def square(image, nearest=False):
    """Letterboxes a PIL image onto SIDE x SIDE; also returns scale and offset."""
    w, h = image.size
    s = SIDE / max(w, h)
    w2, h2 = max(1, round(w * s)), max(1, round(h * s))
    small = image.resize((w2, h2), Image.NEAREST if nearest else Image.BOX if s < 0.6 else Image.BILINEAR)
    out = Image.new("L", (SIDE, SIDE), 0)
    x, y = (SIDE - w2) // 2, (SIDE - h2) // 2
    out.paste(small, (x, y))
    return np.asarray(out), s, x, y


def phantoms(folder, first=0, count=None):
    lines = [json.loads(l) for l in open(os.path.join(folder, "films.jsonl")) if l.endswith("\n")]
    n = os.path.getsize(os.path.join(folder, "labels.u8")) // (512 * 512)
    n = min(n, os.path.getsize(os.path.join(folder, "films.u8")) // (512 * 512))
    films = np.memmap(os.path.join(folder, "films.u8"), np.uint8, "r", shape=(n, 512, 512))
    labels = np.memmap(os.path.join(folder, "labels.u8"), np.uint8, "r", shape=(n, 512, 512))
    stop = n if count is None else min(n, first + count)
    for i in range(first, stop):
        im, _, _, _ = square(Image.fromarray(films[i]))
        lb, _, _, _ = square(Image.fromarray(labels[i]), nearest=True)
        yield im, (1 << lb).astype(np.uint8)


def v7(root, drawn):
    """Lung masks that run on behind the heart: outside is no lung; the outer part of each side is lung."""
    folder = os.path.join(root, "covid_cxr_v7_lungmasks")
    for name in sorted(os.listdir(os.path.join(folder, "images"))):
        if name in drawn:
            continue
        image = Image.open(os.path.join(folder, "images", name)).convert("L")
        mask = Image.open(os.path.join(folder, "masks", os.path.splitext(name)[0] + ".png")).convert("L")
        im, _, _, _ = square(image)
        mk, _, _, _ = square(mask, nearest=True)
        yield im, weak(mk > 127)


def between(lungs):
    """Where a heart may lie: between the lungs' outer borders, below their upper fifth, not far below their end."""
    ys, xs = np.flatnonzero(lungs.any(1)), np.flatnonzero(lungs.any(0))
    h = ys[-1] - ys[0]
    out = np.zeros_like(lungs)
    out[ys[0] + int(0.3 * h):min(lungs.shape[0], ys[-1] + int(0.12 * h)), xs[0] + (xs[-1] - xs[0]) // 8:xs[-1] - (xs[-1] - xs[0]) // 16] = True
    return out


def weak(mask):
    parts, n = ndimage.label(mask)
    sizes = ndimage.sum(mask, parts, range(1, n + 1))
    keep = [k + 1 for k in np.argsort(-sizes)[:2] if sizes[k] > 300]
    keep.sort(key=lambda k: ndimage.center_of_mass(parts == k)[1])
    if len(keep) < 2:
        return np.where(ndimage.binary_dilation(mask, iterations=2), ANY, BG | HEART).astype(np.uint8)
    out = np.where(between(np.isin(parts, keep)), BG | HEART, BG).astype(np.uint8)
    out[ndimage.binary_dilation(mask, iterations=2)] = ANY
    for k, own, other, share in ((keep[0], RIGHT, LEFT, 0.45), (keep[1], LEFT, RIGHT, 0.25)):
        part = parts == k
        out[part] = ANY & ~other
        for y in np.flatnonzero(part.any(1)):
            xs = np.flatnonzero(part[y])
            lo, hi = xs[0], xs[-1] + 1
            cut = int((hi - lo) * share)
            seg = slice(lo, lo + cut) if own == RIGHT else slice(hi - cut, hi)
            row = out[y, seg]
            row[part[y, seg]] = own
    return out


def gb(root):
    folder = os.path.join(root, "covid_cxr_gb_segmentations")
    for name in sorted(os.listdir(os.path.join(folder, "images"))):
        stem = os.path.splitext(name)[0]
        im, _, _, _ = square(Image.open(os.path.join(folder, "images", name)).convert("L"))
        get = lambda n: square(Image.open(os.path.join(folder, "masks", f"{stem}__{n}.png")).convert("L"), nearest=True)[0] > 127
        right, left, heart = get("Right_Lung"), get("Left_Lung"), get("Cardiomediastinum")
        lb = np.full(im.shape, BG, np.uint8)
        lb[right], lb[left] = RIGHT, LEFT
        # The upper third of the cardiomediastinum is no heart for us; where it ends is left open.
        ys = np.flatnonzero(heart.any(1))
        lb[heart] = HEART
        top = ys[0] + int(0.18 * (ys[-1] - ys[0]))
        mid = ys[0] + int(0.34 * (ys[-1] - ys[0]))
        rows = np.arange(im.shape[0])[:, None]
        lb[heart & (rows < mid)] = BG | HEART
        lb[heart & (rows < top)] = BG
        yield im, lb


def polygons(lists, s, x0, y0):
    im = Image.new("L", (SIDE, SIDE), 0)
    draw = ImageDraw.Draw(im)
    for pts in lists:
        draw.polygon([(x * s + x0, y * s + y0) for x, y in pts], fill=1)
    return np.asarray(im) > 0


def spline(points, n=12):
    """A smooth line through the drawn points (Catmull-Rom)."""
    p = np.asarray(points, float)
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    out = []
    for i in range(1, len(p) - 2):
        a, b, c, d = p[i - 1:i + 3]
        t = np.linspace(0, 1, n, endpoint=False)[:, None]
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2 + (3 * b - a - 3 * c + d) * t ** 3))
    return np.vstack(out + [p[-2:-1]])
