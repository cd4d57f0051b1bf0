#!/usr/bin/env bash
# Builds the benchmarks, runs them all and writes docs/performance.md and its picture anew.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/common.sh

usage() {
  cat << 'EOF'
usage: bench/run.sh [--lyra DIR] [--hours H] [--streams N]

Builds the program (build/release) and the benchmarks (build/bench), measures for several minutes and writes
bench/results/*.json, docs/performance.md and docs/performance.svg. Leave the machine alone meanwhile.

  --lyra DIR    also measure Lyra v2: the folder of its three .tflite files; else the last figures stay
  --hours H     length of the speech for the peak of memory (default: 3; 0 leaves the last figures)
  --streams N   streams to serve at once (default: 100)

LibTorch joins as a peer when it is found: Torch_DIR, a torch that python3 can import, or that of ./check.
The scripts need a Python with matplotlib, soundfile and, for Lyra, ai-edge-litert: PYTHON, else python3.
EOF
}

lyra='' hours=3 streams=100
while (($#)); do
  case $1 in
    --lyra) lyra=${2:?} && shift 2 ;;
    --hours) hours=${2:?} && shift 2 ;;
    --streams) streams=${2:?} && shift 2 ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
done
python=${PYTHON:-python3}
results=bench/results
mkdir -p "$results"

# Sets `torch`, options for CMake.
find_peer() {
  local folder=${Torch_DIR:-}
  [[ -n $folder ]] || folder=$(torch_of python3) || folder=$(torch_of build/venv/bin/python) || folder=''
  if [[ -n $folder ]]; then
    torch=(-DQUAVER_TRAIN=ON "-DTorch_DIR=$folder")
  else
    torch=(-DQUAVER_TRAIN=OFF)
    echo 'No LibTorch here: it is left out.'
  fi
}

step 'Build (build/release, build/bench)'
"$python" -c 'import matplotlib, soundfile' || die "$python lacks matplotlib or soundfile (see --help)"
find_peer
configure release
cmake --build build/release -j "$(nproc)" --target quaver_cli
configure bench "${torch[@]}"
cmake --build build/bench -j "$(nproc)" --target quaver_bench quaver_bench_kernels

if [[ -n $lyra ]]; then
  step 'Lyra v2'
  "$python" bench/lyra.py "$lyra" --json "$results/lyra.json"
fi

if [[ $hours != 0 ]]; then
  step "Memory on $hours hours of speech"
  "$python" bench/peak_memory.py build/release/bin/quaver --hours "$hours" --json "$results/memory.json"
fi

step 'The codec and its peers'
build/bench/bin/quaver_bench --streams "$streams" --program build/release/bin/quaver --json "$results/speed.json"

step 'docs/performance.md'
"$python" bench/report.py
