"""Writes the ONNX file of a saved state: export.py lungs|nodule STATE.pt OUT.onnx"""
import sys

import torch

import nets
import train_nodule

kind, state, out = sys.argv[1:4]
torch.set_num_threads(1)
net = nets.lungs_net() if kind == "lungs" else nets.nodule_net()
net.load_state_dict(torch.load(state))
if kind == "lungs":
    nets.export(net, 256, out, ["logits"])
else:
    nets.export(train_nodule.WithSize(net.float()), 512, out, ["heat", "size"])
