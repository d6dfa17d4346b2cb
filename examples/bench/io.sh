#!/usr/bin/env bash
# Times caliper bench io and its peers on the same paths in turn, pinned to the processors CPUS.
# usage: io.sh CALIPER PATH…   (PYTHON names the interpreter, RUNS the timed runs, CPUS the processors, such as 0 or 0,1)
# Make the paths with: caliper bench io --keep DIR; then give DIR/series DIR/*.dcm DIR/*.nii.gz.
# The ratio is of processor time on one processor, of elapsed time on several.
set -euo pipefail
caliper=$1
shift
python=${PYTHON:-python3} runs=${RUNS:-5} cpus=${CPUS:-0}
threads=$(awk -F, '{print NF}' <<<"$cpus")
here=$(dirname "$0")
printf '%-44s %-22s %-22s %9s %9s %6s %8s %8s\n' what file peer ours_ms peer_ms ratio ours_MB peer_MB
for path in "$@"; do
  ours=$(taskset -c "$cpus" "$caliper" bench io "$path" --threads "$threads" --runs "$runs" --json)
  theirs=$(taskset -c "$cpus" "$python" "$here/io_peers.py" "$path" "$runs")
  "$python" - "$threads" "$ours" "$theirs" <<'P'
import json, sys
key = 'cpuMs' if sys.argv[1] == '1' else 'ms'
ours, theirs = ([json.loads(line) for line in text.splitlines()] for text in sys.argv[2:4])
for a in ours:
    for b in [b for b in theirs if a['what'].startswith(b['what'] + ' ') or a['what'] == b['what']] or [None]:
        what = a['what'] + (' (peak %.2f × volume)' % a['peakByVolume'] if 'peakByVolume' in a else '')
        if b is None:
            print('%-44s %-22s %-22s %9.1f' % (what[:44], a['file'][:22], '', a[key]))
            continue
        sizes = '%8.1f %8.1f' % (a['outMb'], b['outMb']) if 'outMb' in a and 'outMb' in b else ''
        print('%-44s %-22s %-22s %9.1f %9.1f %6.2f %s' % (what[:44], a['file'][:22], b['peer'][:22], a[key], b[key], a[key] / b[key], sizes))
P
done
