#!/usr/bin/env bash
# Times networks on caliper, onnxruntime and OpenVINO in turn, pinned to as many processors as threads, and prints a table.
# usage: onnx.sh CALIPER MODEL.onnx…
# PYTHON names an interpreter with onnxruntime and openvino, RUNS the timed runs, THREADS the threads, PEERS the peers. Times are
# medians: of one thread, of the processor time of a run, which other work on the machine disturbs least; of more, of wall time.
set -euo pipefail
caliper=$1
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYTHON:-python3} runs=${RUNS:-7} threads=${THREADS:-1} peers=${PEERS:-onnxruntime openvino}
cpus=${CPUS:-0-$((threads - 1))}
echo "| network | ours, ms | onnxruntime, ms | OpenVINO, ms | ours / onnxruntime | ours / best | peak MB, ours / onnxruntime / OpenVINO | ratio | load ms, ours / onnxruntime / OpenVINO |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
for model in "$@"; do
  cat "$model" >/dev/null # into the page cache, for all alike
  ours=$(taskset -c "$cpus" "$caliper" bench onnx "$model" --threads "$threads" --runs "$runs" --json)
  results=()
  for peer in $peers; do
    results+=("$(taskset -c "$cpus" "$python" "$here/onnx_peer.py" "$peer" "$model" "$threads" "$runs" 2>/dev/null | tail -n 1 || true)")
  done
  "$python" - "$ours" "$threads" "${results[@]}" <<'P'
import json, sys
ours = json.loads(sys.argv[1])
peers = {r["engine"]: r for r in map(json.loads, filter(None, sys.argv[3:]))}
ort, ov = peers.get("onnxruntime"), peers.get("openvino")
cell = lambda r, key, form: form % r[key] if r else "–"
ms = "cpuMs" if sys.argv[2] == "1" else "medianMs"
best = min(r[ms] for r in peers.values())
print("| %s | %.1f | %s | %s | %s | %.2f | %.0f / %s / %s | %s | %.1f / %s / %s |" % (
    ours["model"].removesuffix(".onnx"), ours[ms], cell(ort, ms, "%.1f"), cell(ov, ms, "%.1f"),
    "%.2f" % (ours[ms] / ort[ms]) if ort else "–", ours[ms] / best,
    ours["peakRssMb"], cell(ort, "peakRssMb", "%.0f"), cell(ov, "peakRssMb", "%.0f"),
    "%.2f" % (ours["peakRssMb"] / ort["peakRssMb"]) if ort else "–",
    ours["loadMs"], cell(ort, "loadMs", "%.0f"), cell(ov, "loadMs", "%.0f")))
P
done
