"""Measures both models on what they have not seen, and writes the figures for cards.py."""
import argparse
import hashlib
import json
import os

import numpy as np
from PIL import Image
from scipy import ndimage

import predict
import train_nodule as tn


def dice(a, b):
    return 2 * (a & b).sum() / max(1, a.sum() + b.sum())


def ratio(lb):
    """Cardiothoracic ratio by the widest spans."""
    span = lambda m: (np.flatnonzero(m.any(0))[[0, -1]] @ [-1, 1] + 1) if m.any() else 0
    chest = span((lb == 1) | (lb == 2))
    return span(lb == 3) / chest if chest else 0


def lungs(net, films, labels):
    rows = []
    for im, lb in zip(films, labels):
        p = predict.labels(net, im)
        rows.append([dice((p == 1) | (p == 2), (lb == 1) | (lb == 2)), dice(p == 3, lb == 3), abs(ratio(p) - ratio(lb)), dice(p == 1, lb == 1), dice(p == 2, lb == 2)])
    return np.array(rows)


def peaks(net, im, mask=None, margin=6, floor=0.02):
    x, s, x0, y0 = predict.letterbox(predict.normalise(im.astype(np.float32)), 512)
    heat, size = net.run(None, {"image": x[None, None]})
    p = 1 / (1 + np.exp(-heat[0, 0]))
    top = (p == ndimage.maximum_filter(p, 3)) & (p > floor)
    near = ndimage.distance_transform_edt(mask == 0) if mask is not None else None
    out = []
    for y, c in zip(*np.nonzero(top)):
        d = size[0, 0, y, c] / s
        u, v = (c * 4 + 1.5 - x0) / s, (y * 4 + 1.5 - y0) / s
        if near is not None and near[int(np.clip(v, 0, im.shape[0] - 1)), int(np.clip(u, 0, im.shape[1] - 1))] > margin / s:
            continue
        out.append((float(p[y, c]), u, v, d))
    out.sort(reverse=True)
    kept = []
    for q in out:
        if all(np.hypot(q[1] - k[1], q[2] - k[2]) > 0.35 * (q[3] + k[3]) / 1 for k in kept):
            kept.append(q)
    return kept


def froc(found, points):
    """found: per film (candidates, truths); a hit is a candidate whose centre lies within the nodule."""
    rows = []
    for t in points:
        hit = total = false = 0
        for cands, truth in found:
            total += len(truth)
            used = set()
            for p, u, v, d in cands:
                if p < t:
                    continue
                k = [i for i, (x, y, w) in enumerate(truth) if np.hypot(u - x, v - y) <= max(w / 2, 8)]
                if k:
                    used.update(k)
                else:
                    false += 1
            hit += len(used)
        rows.append((t, hit / max(1, total), false / len(found)))
    return rows


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--shared", required=True)
    ap.add_argument("--phantoms", required=True, help="dump of unseen seeds")
    ap.add_argument("--trained", nargs="+", required=True, help="dumps that the models were trained on, for their hash")
    ap.add_argument("--drawn", required=True, help="npz of drawn films that were held out")
    ap.add_argument("--masks", required=True)
    ap.add_argument("--lungs", required=True)
    ap.add_argument("--nodule", required=True)
    ap.add_argument("--point", type=float)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    ln, nn = predict.session(a.lungs), predict.session(a.nodule)
    ph = tn.load_phantoms([a.phantoms])
    h = hashlib.sha256()
    count = 0
    for d in a.trained:
        for name in ("films.u8", "labels.u8"):
            h.update(open(os.path.join(d, name), "rb").read())
        count += os.path.getsize(os.path.join(d, "labels.u8")) // 512 ** 2
    r = lungs(ln, [p[0] for p in ph], [p[1] for p in ph])
    print("phantoms: lungs %.4f heart %.4f ctr error %.4f right %.4f left %.4f" % tuple(r.mean(0)), "n", len(r), "worst lungs %.3f heart %.3f" % tuple(r.min(0)[:2]))
    z = np.load(a.drawn)
    code = np.zeros(16, np.uint8); code[[2, 4, 8]] = [1, 2, 3]
    q = lungs(ln, z["films"], code[z["labels"]])
    print("drawn: lungs %.4f heart %.4f ctr error %.4f right %.4f left %.4f" % tuple(q.mean(0)), "n", len(q))
    print(np.round(q[:, :3], 3).tolist())
    found = [(peaks(nn, im, predict.labels(ln, im)), boxes) for im, _, boxes, _ in ph]
    large = [(c, [q for q in b if q[2] * mm >= 10]) for (c, b), (_, _, _, mm) in zip(found, ph)]
    nih = tn.load_nih(a.shared, a.masks, True)
    clean = [(peaks(nn, im, m), []) for im, m, _, _ in nih]
    rng = np.random.default_rng(7)
    pasted = []
    for im, m, _, mm in nih:
        v = tn.stretch(im.astype(np.float32))
        got = tn.paste(v, m, mm, rng, diameter_mm=float(np.exp(rng.normal(np.log(17), 0.4))), strength=rng.uniform(0.5, 1.3))
        pasted.append((peaks(nn, np.clip(v, 0, 1.2), m), [got] if got else []))
    pts = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7]
    for name, f in (("phantoms", found), ("real clean", clean), ("real pasted", pasted)):
        print(name, len(f), [f"{t}: {s:.2f}/{x:.2f}" for t, s, x in froc(f, pts)])
    t = a.point or next((t for t, _, x in froc(clean, pts) if x <= 1.5), 0.7)
    one = lambda f: froc(f, [t])[0]
    rnd = lambda x: round(float(x), 3)
    on_ph = f"phantoms of unseen seeds (from 5000000 on)"
    on_dr = "real films held out: 4 with lung masks by V7 and hearts drawn by us, 4 of NIH with hearts drawn by us and the lungs of an earlier round of this model"
    fig = {"lungs": {"phantoms": count, "phantomHash": h.hexdigest(), "metrics": [
        {"name": "Dice lungs", "value": rnd(r[:, 0].mean()), "on": on_ph, "n": len(r)},
        {"name": "Dice heart", "value": rnd(r[:, 1].mean()), "on": on_ph, "n": len(r)},
        {"name": "cardiothoracic ratio, mean absolute error", "value": rnd(r[:, 2].mean()), "on": on_ph, "n": len(r)},
        {"name": "Dice lungs", "value": rnd(q[:, 0].mean()), "on": on_dr, "n": len(q)},
        {"name": "Dice heart", "value": rnd(q[:, 1].mean()), "on": on_dr, "n": len(q)},
        {"name": "cardiothoracic ratio, mean absolute error", "value": rnd(q[:, 2].mean()), "on": on_dr, "n": len(q)}]},
        "nodule": {"phantoms": count, "phantomHash": h.hexdigest(), "point": t, "metrics": [
            {"name": "sensitivity", "value": rnd(one(found)[1]), "at": f"operating point {t}, nodules of 7 to 32 mm", "on": on_ph, "n": sum(len(b) for _, b in found)},
            {"name": "sensitivity, nodules of 10 mm and more", "value": rnd(one(large)[1]), "at": f"operating point {t}", "on": on_ph, "n": sum(len(b) for _, b in large)},
            {"name": "false positives an image", "value": rnd(one(found)[2]), "at": f"operating point {t}", "on": on_ph, "n": len(found)},
            {"name": "sensitivity", "value": rnd(one(pasted)[1]), "at": f"operating point {t}", "on": "real films of NIH patients held out, with simulated nodules of median 17 mm", "n": sum(len(b) for _, b in pasted)},
            {"name": "false positives an image", "value": rnd(one(clean)[2]), "at": f"operating point {t}", "on": "real films of NIH patients held out, as they are (normal and with pneumonia)", "n": len(clean)}]}}
    json.dump(fig, open(a.out, "w"), indent=1)


if __name__ == "__main__":
    main()
