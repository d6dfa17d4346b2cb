"""Averages the weights of runs that started from the same state: soup.py OUT.pt A.pt B.pt …"""
import sys

import torch

states = [torch.load(p) for p in sys.argv[2:]]
torch.save({k: sum(s[k].float() for s in states) / len(states) for k in states[0]}, sys.argv[1])
