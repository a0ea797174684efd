#!/usr/bin/env bash
# Holds instruction counts of the kernel and of whole runs against benches/instructions.json; fails if one grew by more than 3 %.
# Skips, saying so, where the counts cannot be compared: no valgrind, or another compiler than the baseline's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

baseline=benches/instructions.json
if ! command -v valgrind >/dev/null; then
    echo "instruction counts skipped: valgrind is not installed"
    exit 0
fi
recorded=$(sed -n 's/.*"rustc": "\(.*\)".*/\1/p' "$baseline")
found=$(rustc --version)
if [ "$recorded" != "$found" ]; then
    echo "instruction counts skipped: the baseline is of $recorded, this is $found"
    exit 0
fi
cargo bench --quiet -p sim-core --bench instructions -- check
# A guard that cannot turn red is none.
exec cargo bench --quiet -p sim-core --bench instructions -- prove
