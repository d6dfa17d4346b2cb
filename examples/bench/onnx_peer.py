#!/usr/bin/env python3
"""Times a network on onnxruntime or OpenVINO as `caliper bench onnx` does on this engine, and prints one JSON line.

usage: onnx_peer.py onnxruntime|openvino MODEL THREADS RUNS

Input is standard normal (uniform from 0 to 1 for detectors), free dimensions 1; two runs warm up. cpuMs is the process's own
time a run, peakRssMb the whole process's peak, the interpreter's share included.
"""
import json
import os
import statistics
import sys
import time

import numpy as np

engine, path, threads, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rng = np.random.default_rng(0)


def values(shape):
    if "rcnn" in path or "retina" in path:
        return rng.random(shape, dtype=np.float32)
    return rng.standard_normal(shape).astype(np.float32)


def peak():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM"))


if engine == "onnxruntime":
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    started = time.perf_counter()
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    load = time.perf_counter() - started
    feed = {i.name: values([d if isinstance(d, int) else 1 for d in i.shape]) for i in session.get_inputs()}
    run, version = lambda: session.run(None, feed), ort.__version__
elif engine == "openvino":
    import openvino as ov

    core = ov.Core()
    config = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,
    }
    started = time.perf_counter()
    model = core.compile_model(core.read_model(path), "CPU", config)
    load = time.perf_counter() - started
    request = model.create_infer_request()
    feed = {i: values([int(d.get_length()) if d.is_static else 1 for d in i.partial_shape]) for i in model.inputs}
    run, version = lambda: request.infer(feed), ov.__version__.split("-")[0]
else:
    sys.exit(f"engine: want onnxruntime or openvino, got {engine}")

for _ in range(2):
    run()
wall, cpu = [], []
for _ in range(runs):
    w, c = time.perf_counter(), time.process_time()
    run()
    wall.append(time.perf_counter() - w)
    cpu.append(time.process_time() - c)
print(
    json.dumps(
        {
            "engine": engine,
            "version": version,
            "model": os.path.basename(path),
            "medianMs": statistics.median(wall) * 1e3,
            "minMs": min(wall) * 1e3,
            "cpuMs": statistics.median(cpu) * 1e3,
            "loadMs": load * 1e3,
            "peakRssMb": peak(),
        }
    )
)
