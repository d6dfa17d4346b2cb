"""Label maps of the NIH films by a trained cxr-lungs (ONNX), as one npz by file name: where nodules may be put, and
pseudo-labels for a next round."""
import os
import sys

import numpy as np
import onnxruntime as ort
from PIL import Image
from scipy import ndimage


def session(path):
    o = ort.SessionOptions()
    o.intra_op_num_threads = 1
    return ort.InferenceSession(path, o)


def normalise(a, lo=1, hi=99):
    q = np.percentile(a, [lo, hi])
    return np.clip((a - q[0]) / (q[1] - q[0] + 1e-6), 0, 1)


def letterbox(a, size):
    h, w = a.shape
    s = size / max(h, w)
    h2, w2 = round(h * s), round(w * s)
    small = np.asarray(Image.fromarray(a.astype(np.float32)).resize((w2, h2), Image.BOX if s < 0.6 else Image.BILINEAR))
    out = np.zeros((size, size), np.float32)
    y, x = (size - h2) // 2, (size - w2) // 2
    out[y:y + h2, x:x + w2] = small
    return out, s, x, y


def logits(net, a):
    x, s, x0, y0 = letterbox(normalise(np.asarray(a, np.float32)), 256)
    return net.run(None, {"image": x[None, None]})[0][0], s, x0, y0


def labels(net, a):
    """Argmax on the image's grid, the largest part of each label."""
    z, s, x0, y0 = logits(net, a)
    h, w = a.shape
    h2, w2 = round(h * s), round(w * s)
    z = z[:, y0:y0 + h2, x0:x0 + w2]
    z = np.stack([np.asarray(Image.fromarray(c).resize((w, h), Image.BILINEAR)) for c in z])
    lb = z.argmax(0).astype(np.uint8)
    for c in (1, 2, 3):
        parts, n = ndimage.label(lb == c)
        if n > 1:
            sizes = ndimage.sum(lb == c, parts, range(1, n + 1))
            lb[(parts > 0) & (parts != 1 + int(np.argmax(sizes)))] = 0
    return lb


if __name__ == "__main__":
    model, folder, out = sys.argv[1:4]
    net = session(model)
    done = {}
    for name in sorted(os.listdir(folder)):
        done[name] = labels(net, np.asarray(Image.open(os.path.join(folder, name)).convert("L")))
    np.savez_compressed(out, **done)
