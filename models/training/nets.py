"""The two networks: plain convolutions, batch norm (folded on export), ReLU, max pooling, bilinear resize."""
import torch
from torch import nn
from torch.nn import functional as F


class Conv(nn.Sequential):
    def __init__(self, cin, cout, k=3, stride=1, dilation=1):
        super().__init__(nn.Conv2d(cin, cout, k, stride, dilation * (k // 2), dilation, bias=False),
                         nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


class Res(nn.Module):
    def __init__(self, c, dilation=1):
        super().__init__()
        self.a = Conv(c, c)
        self.b = nn.Sequential(nn.Conv2d(c, c, 3, padding=dilation, dilation=dilation, bias=False), nn.BatchNorm2d(c))

    def forward(self, x):
        return F.relu(x + self.b(self.a(x)))


class UNet(nn.Module):
    """Input [1,1,s,s] in 0..1; logits at s/2 (scale 2) or s/4 (scale 4), enlarged to s where full is set."""

    def __init__(self, widths, classes, scale, full):
        super().__init__()
        self.stem = Conv(1, widths[0], 5, 2)
        self.full = full
        down, blocks = [], []
        for i, w in enumerate(widths):
            down.append(nn.Identity() if i == 0 else Conv(widths[i - 1], w))
            blocks.append(nn.Identity() if i == 0 and scale == 4 else
                          nn.Sequential(Res(w), Res(w, 2)) if i >= 3 else Res(w))
        self.down, self.blocks = nn.ModuleList(down), nn.ModuleList(blocks)
        self.last = 0 if scale == 2 else 1
        self.up = nn.ModuleList([nn.Sequential(Conv(widths[i] + widths[i + 1], widths[i]), Conv(widths[i], widths[i]))
                                 for i in range(self.last, len(widths) - 1)])
        self.head = nn.Conv2d(widths[self.last], classes, 1)

    def forward(self, x):
        x = self.stem(x * 4 - 2)
        skips = []
        for i, (d, b) in enumerate(zip(self.down, self.blocks)):
            x = b(d(F.max_pool2d(x, 2) if i else x))
            skips.append(x)
        for i in range(len(skips) - 2, self.last - 1, -1):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = self.up[i - self.last](torch.cat([skips[i], x], 1))
        x = self.head(x)
        if self.full:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        return x


def lungs_net():
    return UNet([16, 32, 56, 88, 112], 4, 2, True)


def nodule_net():
    return UNet([12, 24, 40, 56, 72, 88], 2, 4, False)


def export(net, size, path, outputs):
    net = net.eval().float()
    torch.onnx.export(net, torch.zeros(1, 1, size, size), path, opset_version=17, dynamo=False,
                      input_names=["image"], output_names=outputs, do_constant_folding=True)
