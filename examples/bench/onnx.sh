#!/usr/bin/env bash
# Times networks on caliper and on onnxruntime in turn, one thread pinned to one processor.
# usage: onnx.sh CALIPER PEER_SCRIPT MODEL.onnx…   (PYTHON names the interpreter, RUNS the timed runs)
# PEER_SCRIPT MODEL THREADS RUNS prints one JSON line with med_ms, load_ms and peak_rss_mb.
set -euo pipefail
caliper=$1 peer=$2
shift 2
python=${PYTHON:-python3} runs=${RUNS:-7} cpu=${CPU:-0}
printf '%-26s %10s %10s %6s %9s %9s %6s %8s %8s\n' model ours_ms peer_ms ratio ours_MB peer_MB ratio ours_ld peer_ld
for model in "$@"; do
  ours=$(taskset -c "$cpu" "$caliper" bench onnx "$model" --threads 1 --runs "$runs" --json)
  theirs=$(CPU=$cpu taskset -c "$cpu" "$python" "$peer" "$model" 1 "$runs" | tail -n 1)
  "$python" - "$ours" "$theirs" <<'P'
import json, sys
a, b = map(json.loads, sys.argv[1:3])
print('%-26s %10.1f %10.1f %6.2f %9.0f %9.0f %6.2f %8.1f %8.1f' % (a['model'], a['medianMs'], b['med_ms'], a['medianMs'] / b['med_ms'],
      a['peakRssMb'], b['peak_rss_mb'], a['peakRssMb'] / b['peak_rss_mb'], a['loadMs'], b['load_ms']))
P
done
