#!/usr/bin/env bash
# Makes report.png and worklist.png from the demo. Needs pdftoppm (poppler-utils) and chromium.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go run ./cmd/caliper demo -o "$work/demo" >/dev/null
report=$(grep -l '"priority": "urgent"' "$work"/demo/studies/*/report.json | head -n 1)
pdftoppm -r 80 -f 1 -l 1 -png -singlefile "${report%.json}.pdf" docs/images/report
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1500,780 \
  --screenshot=docs/images/worklist.png "file://$work/demo/index.html" >/dev/null 2>&1
ls -l docs/images
