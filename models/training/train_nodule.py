"""Trains cxr-nodule: a map of nodule centres and one of their sizes. One command: see README.md.

Nodules are those of the phantoms, and simulated ones put into real films: the shadow of a soft ball, by the
attenuation of its chord and the local slope of the film's curve."""
import argparse
import csv
import json
import os
import time

import numpy as np
import torch
from PIL import Image
from scipy import ndimage
from torch import nn
from torch.nn import functional as F

import nets


def load_phantoms(folders, limit=None):
    out = []
    for d in folders:
        n = os.path.getsize(os.path.join(d, "films.u8")) // (512 * 512)
        films = np.memmap(os.path.join(d, "films.u8"), np.uint8, "r", shape=(n, 512, 512))
        labels = np.memmap(os.path.join(d, "labels.u8"), np.uint8, "r", shape=(min(n, os.path.getsize(os.path.join(d, "labels.u8")) // (512 * 512)), 512, 512))
        lines = [json.loads(l) for l in open(os.path.join(d, "films.jsonl")) if l.endswith("\n")]
        for i in range(min(len(labels), len(lines))):
            boxes = lines[i]["boxes"] or []
            out.append((np.array(films[i]), np.array(labels[i]), [((b[0] + b[2]) / 2 - .5, (b[1] + b[3]) / 2 - .5, b[2] - b[0]) for b in boxes], lines[i]["pitchMM"] / 1.08))
    return out


def load_nih(root, masks, held):
    """Films without a nodule or mass by their labels; every fifth patient is held out."""
    folder = os.path.join(root, "cxr_nih_subset")
    lungs = np.load(masks)
    out = []
    for row in csv.DictReader(open(os.path.join(folder, "labels.csv"))):
        if "Nodule" in row["findings"] or "Mass" in row["findings"] or (int(row["patient_id"]) % 5 == 0) != held:
            continue
        im = np.asarray(Image.open(os.path.join(folder, "images", row["file"])).convert("L"))
        mm = (float(row["spacing_x_mm_at_512"]) + float(row["spacing_y_mm_at_512"])) / 2
        out.append((im, lungs[row["file"]], [], mm if 0.4 < mm < 1.2 else 0.75))
    return out


def stretch(v):
    q = np.percentile(v[::3, ::3], [1, 99])
    return np.clip((v - q[0]) / (q[1] - q[0] + 1e-6), 0, 1)


def shadow(diameter, rng):
    """A nodule's shadow on a square of pixels, 1 at its thickest."""
    n = int(diameter * 1.5) + 9
    y, x = np.mgrid[:n, :n] - (n - 1) / 2
    t = rng.uniform(0, np.pi)
    u, v = x * np.cos(t) + y * np.sin(t), y * np.cos(t) - x * np.sin(t)
    e = np.exp(rng.uniform(-0.2, 0.2))
    u, v = u * e, v / e
    rad, ang = np.hypot(u, v), np.arctan2(v, u)
    edge = np.ones_like(rad)
    for k in range(2, 7):
        edge += rng.normal(0, 0.11 / k) * np.cos(k * ang + rng.uniform(0, 6.3))
    if rng.random() < 0.25:
        edge += 0.06 * np.maximum(0, np.cos(rng.integers(7, 15) * ang + rng.uniform(0, 6.3))) * rng.uniform(0.5, 2)
    d = rad / (diameter / 2 * edge)
    s = np.sqrt(np.clip(1 - d * d, 0, None)) ** rng.uniform(0.8, 1.6)
    soft = rng.uniform(0.3, 1.0) + diameter * rng.uniform(0, 0.07)
    s = ndimage.gaussian_filter(s, soft)
    return s / s.max()


def paste(v, lungs, mm, rng, diameter_mm=None, strength=None):
    """Puts one nodule into a stretched film; returns its (x, y, side) or None."""
    d_mm = diameter_mm or np.exp(rng.uniform(np.log(7), np.log(38)))
    d = d_mm / mm * 1.08
    where = np.isin(lungs, (1, 2) if rng.random() < 0.88 or (lungs == 3).mean() > 0.25 else (1, 2, 3))
    ys, xs = np.nonzero(where[::2, ::2])
    if len(ys) < 200:
        return None
    k = rng.integers(len(ys))
    cx, cy = xs[k] * 2 + rng.random(), ys[k] * 2 + rng.random()
    s = shadow(d, rng)
    n = len(s)
    x0, y0 = int(round(cx - (n - 1) / 2)), int(round(cy - (n - 1) / 2))
    cx, cy = x0 + (n - 1) / 2, y0 + (n - 1) / 2
    a, b = max(0, x0), max(0, y0)
    c, e = min(v.shape[1], x0 + n), min(v.shape[0], y0 + n)
    if c - a < n * .6 or e - b < n * .6:
        return None
    part = v[b:e, a:c]
    slope = 0.35 + 2.6 * np.clip(ndimage.gaussian_filter(part, 6), 0.05, 0.95) * (1 - np.clip(ndimage.gaussian_filter(part, 6), 0.05, 0.95))
    k = strength or rng.uniform(0.55, 1.7)
    v[b:e, a:c] = part + np.minimum(0.0052 * d_mm * k, 0.22) * slope * s[b - y0:e - y0, a - x0:c - x0]
    return cx, cy, d


CROP = 320


def sample(films, rng, synthetic):
    im, lungs, boxes, mm = films[rng.integers(len(films))]
    v = stretch(im.astype(np.float32) / 255 if rng.random() < .5 else (im.astype(np.float32) / 255) ** float(np.exp(rng.uniform(-.4, .4))))
    boxes = list(boxes)
    p = 0.25 if synthetic else 0.75
    while rng.random() < p and len(boxes) < 3:
        got = paste(v, lungs, mm, rng)
        if got:
            boxes.append(got)
        p *= 0.6
    return np.clip(v, -0.2, 1.3), boxes, lungs


def batch(films, nih, rng, size):
    xs, hs, ss, ms = [], [], [], []
    for i in range(size):
        v, boxes, lungs = sample(films, rng, True) if i < size * 0.4 else sample(nih, rng, False)
        ang, sc = rng.normal(0, 4) * np.pi / 180, np.exp(rng.uniform(-0.22, 0.25))
        flip = rng.random() < 0.5
        if boxes and rng.random() < 0.75:
            fx, fy = boxes[rng.integers(len(boxes))][:2]
        else:
            ys, xs_ = np.nonzero(lungs[::4, ::4])
            k = rng.integers(len(ys)) if len(ys) else None
            fx, fy = (xs_[k] * 4, ys[k] * 4) if k is not None else (256, 256)
        cx, cy = fx + rng.uniform(-100, 100), fy + rng.uniform(-100, 100)
        # output pixel (X, Y) samples input at A (X-c, Y-c) + centre
        A = np.array([[np.cos(ang), -np.sin(ang)], [np.sin(ang), np.cos(ang)]]) / sc
        if flip:
            A = A @ np.diag([-1, 1])
        h, w = v.shape
        th = np.zeros((2, 3), np.float32)
        th[:, :2] = A * CROP / np.array([[w], [h]])
        th[:, 2] = [(cx + .5) * 2 / w - 1, (cy + .5) * 2 / h - 1]
        grid = F.affine_grid(torch.from_numpy(th)[None], (1, 1, CROP, CROP), align_corners=False)
        x = F.grid_sample(torch.from_numpy(v.astype(np.float32))[None, None], grid, align_corners=False)[0, 0].numpy()
        if rng.random() < 0.35:
            x = ndimage.gaussian_filter(x, rng.uniform(0.3, 1.1))
        if rng.random() < 0.4:
            low = ndimage.uniform_filter(x, int(rng.choice([17, 33, 65])))
            x = x + (x - low) * rng.uniform(-0.25, 0.9)
        if rng.random() < 0.6:
            x = x + rng.normal(0, rng.uniform(0, 0.03), x.shape).astype(np.float32)
        g = np.exp(rng.uniform(-0.35, 0.35))
        x = np.clip(x * rng.uniform(0.85, 1.1) + rng.uniform(-0.06, 0.06), 0, 1) ** g
        inv = np.linalg.inv(A)
        n = CROP // 4
        heat, side, mark = np.zeros((n, n), np.float32), np.zeros((n, n), np.float32), np.zeros((n, n), np.float32)
        gy, gx = np.mgrid[:n, :n]
        for bx, by, d in boxes:
            X, Y = inv @ [bx - cx, by - cy] + (CROP - 1) / 2
            X, Y, d = (X + .5) / 4 - .5, (Y + .5) / 4 - .5, d * sc
            if not (1 < X < n - 2 and 1 < Y < n - 2):
                continue
            sg = max(0.8, d / 4 / 5)
            q = np.exp(-((gx - X) ** 2 + (gy - Y) ** 2) / (2 * sg * sg))
            iy, ix = int(round(Y)), int(round(X))
            q[iy, ix] = 1
            heat = np.maximum(heat, q)
            m = q > 0.5
            side[m], mark[m] = np.log(max(d, 2)), 1
        xs.append(x.astype(np.float32)); hs.append(heat); ss.append(side); ms.append(mark)
    t = lambda a: torch.from_numpy(np.stack(a))[:, None]
    return t(xs), t(hs), t(ss), t(ms)


class WithSize(nn.Module):
    """What is exported: heat as logits, size in pixels of the input."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        y = self.net(x)
        return y[:, :1], torch.exp(y[:, 1:] + 3)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--shared", required=True)
    ap.add_argument("--phantoms", nargs="+", required=True)
    ap.add_argument("--masks", required=True, help="npz of label maps of the NIH films by cxr-lungs")
    ap.add_argument("--minutes", type=float, default=20, help="of processor time")
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--init")
    ap.add_argument("--out", required=True)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    films, nih = load_phantoms(args.phantoms), load_nih(args.shared, args.masks, False)
    print("phantoms", len(films), "real", len(nih), flush=True)
    net = nets.nodule_net()
    if args.init:
        net.load_state_dict(torch.load(args.init))
    else:
        nn.init.constant_(net.head.bias, -4.0)
        with torch.no_grad():
            net.head.bias[1] = 0
    net = net.to(memory_format=torch.channels_last)
    opt = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=1e-3)
    ema = {k: v.clone().float() for k, v in net.state_dict().items()}
    start, step, run = time.process_time(), 0, 0.0
    B = 10
    while (frac := (time.process_time() - start) / 60 / args.minutes) < 1:
        for g in opt.param_groups:
            g["lr"] = args.lr * min(1, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * frac)) + 1e-5
        x, heat, side, mark = batch(films, nih, rng, B)
        net.train()
        with torch.autocast("cpu", torch.bfloat16):
            y = net(x.to(memory_format=torch.channels_last))
        y = y.float()
        logit, raw = y[:, :1], y[:, 1:]
        p = torch.sigmoid(logit)
        pos = (heat > 0.999).float()
        focal = -(pos * (1 - p) ** 2 * F.logsigmoid(logit) + (1 - pos) * (1 - heat) ** 4 * p ** 2 * F.logsigmoid(-logit))
        loss = focal.sum() / pos.sum().clamp_min(4) + 0.3 * ((raw + 3 - side).abs() * mark).sum() / mark.sum().clamp_min(4)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        opt.step()
        step += 1
        run = 0.97 * run + 0.03 * loss.item() if run else loss.item()
        d = min(0.996, step / (step + 20))
        with torch.no_grad():
            for k, v in net.state_dict().items():
                ema[k] = ema[k] * d + v.float() * (1 - d) if v.dtype.is_floating_point else v
        if step % 25 == 0:
            print(f"{step} {frac:.3f} loss {run:.4f} {(time.process_time()-start)/step/B*1000:.0f} ms/film", flush=True)
        if step % 100 == 0:
            torch.save(ema, args.out + ".pt")
    torch.save(ema, args.out + ".pt")
    net.load_state_dict(ema)
    nets.export(WithSize(net.float()), 512, args.out + ".onnx", ["heat", "size"])


if __name__ == "__main__":
    main()
