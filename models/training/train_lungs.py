"""Trains cxr-lungs. One command: see README.md."""
import argparse
import json
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

import films
import nets

ap = argparse.ArgumentParser()
ap.add_argument("--shared", required=True)
ap.add_argument("--phantoms", nargs="+", required=True)
ap.add_argument("--extra", nargs="*", default=[], help="npz of films and labels: drawn by hand, or by an earlier round")
ap.add_argument("--drawn", nargs="*", default=[], help="files of v7 that have a full drawing")
ap.add_argument("--minutes", type=float, default=20, help="of processor time")
ap.add_argument("--lr", type=float, default=2e-3)
ap.add_argument("--init")
ap.add_argument("--out", required=True)
ap.add_argument("--threads", type=int, default=1)
ap.add_argument("--share", type=float, default=0.5, help="of a batch that is phantom")
args = ap.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(1)
rng = np.random.default_rng(1)


def collect(pairs):
    a, b = zip(*pairs)
    return torch.from_numpy(np.stack(a)), torch.from_numpy(np.stack(b))


synth = collect([p for d in args.phantoms for p in films.phantoms(d)])
drawn = set(args.drawn)
real_pairs = list(films.v7(args.shared, drawn)) + 4 * list(films.gb(args.shared))
for path in args.extra:
    z = np.load(path)
    w = int(z["weight"]) if "weight" in z else 1
    real_pairs += w * list(zip(z["films"], z["labels"]))
real = collect(real_pairs)
print("phantoms", len(synth[0]), "real", len(real[0]), flush=True)

BITS = torch.tensor([1, 2, 4, 8])


def augment(x, y, size=256):
    """x [b,1,S,S] 0..1, y [b,1,S,S] sets; other pose, field, exposure, blur, noise, marks."""
    b = len(x)
    r = lambda lo, hi: torch.empty(b).uniform_(lo, hi)
    ang = torch.randn(b).clamp(-2, 2) * 6 * np.pi / 180
    zoom = torch.exp(r(-0.28, 0.25))
    asp = torch.exp(r(-0.13, 0.13))
    sx, sy = zoom * asp, zoom / asp
    shear = r(-0.06, 0.06)
    c, s = torch.cos(ang), torch.sin(ang)
    th = torch.stack([torch.stack([c * sx, -s * sy + shear, r(-.14, .14)], 1), torch.stack([s * sx, c * sy, r(-.14, .14)], 1)], 1)
    grid = F.affine_grid(th, (b, 1, size, size), align_corners=False)
    # a smooth warp of anatomy
    if torch.rand(1) < 0.5:
        w = F.interpolate(torch.randn(b, 2, 5, 5) * 0.022, size=(size, size), mode="bicubic", align_corners=True)
        grid = grid + w.permute(0, 2, 3, 1)
    x = F.grid_sample(x, grid, mode="bilinear", align_corners=False)
    y = F.grid_sample(y.float(), grid, mode="nearest", align_corners=False).to(torch.uint8)
    y[y == 0] = 1
    out = []
    for i in range(b):
        v = x[i:i + 1]
        if rng.random() < 0.35:
            k = rng.uniform(0.4, 1.6)
            n = 2 * int(2 * k) + 1
            t = torch.arange(n) - n // 2
            g = torch.exp(-t ** 2 / (2 * k * k)); g /= g.sum()
            v = F.conv2d(F.conv2d(F.pad(v, (n // 2,) * 4, mode="reflect"), g.view(1, 1, 1, n)), g.view(1, 1, n, 1))
        if rng.random() < 0.4:  # local contrast, as processing stations do it
            k = int(rng.choice([9, 17, 33, 65]))
            low = F.avg_pool2d(F.pad(v, (k // 2,) * 4, mode="reflect"), k, 1)
            v = low + (v - low) * rng.uniform(0.6, 2.6) if rng.random() < .5 else v - low * rng.uniform(0.2, 0.7)
        if rng.random() < 0.5:  # uneven field
            m = F.interpolate(torch.randn(1, 1, 3, 3) * rng.uniform(0, 0.18), size=(size, size), mode="bicubic", align_corners=True)
            v = v + m
        lo, hi = v.min(), v.max()
        v = (v - lo) / (hi - lo + 1e-6)
        v = v ** float(np.exp(rng.uniform(-0.7, 0.7)))
        if rng.random() < 0.5:
            v = v + torch.randn_like(v) * rng.uniform(0, 0.05)
        if rng.random() < 0.5:  # captions, plates, leads
            for _ in range(rng.integers(1, 4)):
                w, h = rng.integers(3, 50), rng.integers(2, 16)
                a, d = rng.integers(0, size - w), rng.integers(0, size - h)
                if rng.random() < 0.7 and 60 < d < 200: continue
                v[..., d:d + h, a:a + w] = rng.uniform(0, 1.1) if rng.random() < .5 else (torch.rand(1, 1, h, w) > .5).float()
        if rng.random() < 0.2:  # collimation or letterbox
            e = int(rng.uniform(0, 0.14) * size)
            val = 0. if rng.random() < .8 else 1.
            side = rng.integers(4)
            sl = [(slice(0, e), slice(None)), (slice(size - e, size), slice(None)), (slice(None), slice(0, e)), (slice(None), slice(size - e, size))][side]
            v[0, 0][sl] = val
            y[i, 0][sl] = 1
        if rng.random() < 0.12:
            v = v - rng.uniform(0.1, 0.5) * v  # flat film, stretched below
        out.append(stretch(v))
    return torch.cat(out), y


def stretch(v):
    """Percentiles 1 and 99 to 0 and 1, clipped: the card's normalisation."""
    q = v.flatten()[::7].sort().values
    lo, hi = q[int(0.01 * (len(q) - 1))], q[int(0.99 * (len(q) - 1))]
    return ((v - lo) / (hi - lo + 1e-6)).clamp(0, 1)


def loss_of(logits, y):
    p = F.softmax(logits.float(), 1)
    allowed = ((y.long() & BITS.view(1, 4, 1, 1)) > 0).float()
    ok = (p * allowed).sum(1).clamp_min(1e-6)
    ce = -ok.log()
    ce = ce.mean() * 2
    full = (allowed.sum(1, keepdim=True) == 1).float()
    t = allowed * full
    num = (p * t)[:, 1:].sum((2, 3)) * 2 + 30
    den = (p * full)[:, 1:].sum((2, 3)) + t[:, 1:].sum((2, 3)) + 30
    has = (t[:, 1:].sum((2, 3)) > 0).float()
    return ce + ((1 - num / den) * has).sum() / has.sum().clamp_min(1)


net = nets.lungs_net()
if args.init:
    net.load_state_dict(torch.load(args.init))
net = net.to(memory_format=torch.channels_last)
opt = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=1e-3)
ema = {k: v.clone().float() for k, v in net.state_dict().items()}
start, step, run = time.process_time(), 0, 0.0
B = 16
while (frac := (time.process_time() - start) / 60 / args.minutes) < 1:
    for g in opt.param_groups:
        g["lr"] = args.lr * min(1, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * frac)) + 1e-5
    k = round(B * args.share)
    i, j = rng.integers(len(synth[0]), size=k), rng.integers(len(real[0]), size=B - k)
    x = torch.cat([synth[0][i], real[0][j]])[:, None].float() / 255
    y = torch.cat([synth[1][i], real[1][j]])[:, None]
    x, y = augment(x, y)
    net.train()
    with torch.autocast("cpu", torch.bfloat16):
        logits = net(x.to(memory_format=torch.channels_last))
    loss = loss_of(logits, y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
    opt.step()
    step += 1
    run = 0.95 * run + 0.05 * loss.item() if run else loss.item()
    d = min(0.995, step / (step + 20))
    with torch.no_grad():
        for n, v in net.state_dict().items():
            ema[n] = ema[n] * d + v.float() * (1 - d) if v.dtype.is_floating_point else v
    if step % 25 == 0:
        print(f"{step} {frac:.3f} loss {run:.4f} {(time.process_time()-start)/step/B*1000:.0f} ms/film", flush=True)
    if step % 100 == 0:
        torch.save(ema, args.out + ".pt")
torch.save(ema, args.out + ".pt")
net.load_state_dict(ema)
nets.export(net, 256, args.out + ".onnx", ["logits"])
