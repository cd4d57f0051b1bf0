#!/usr/bin/env bash
# What a second process gives: audio seconds a second of training with 1 and 2 processes, one thread each.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat << 'EOF'
usage: bench/scaling.sh PROGRAM DATA [--steps N] [--rounds N] [--config FILE]

PROGRAM is a `quaver` with the trainer, DATA a folder of speech. Trains the configuration (models/speech-16k.json) for
N steps (40) with one process and with two on this machine, in turn, N rounds (3), and prints the medians. The batch is
that of the configuration, shared out. Leave the machine alone meanwhile; it needs two cores.
EOF
}
(($# >= 2)) || { usage >&2 && exit 2; }
program=$(realpath "$1") data=$(realpath "$2") && shift 2
steps=40 rounds=3 config=models/speech-16k.json
while (($#)); do
  case $1 in
    --steps) steps=${2:?} && shift 2 ;;
    --rounds) rounds=${2:?} && shift 2 ;;
    --config) config=${2:?} && shift 2 ;;
    *) usage >&2 && exit 2 ;;
  esac
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
port=$((20000 + RANDOM % 10000))

# train PROCESSES NAME
train() {
  local children='' child rank
  port=$((port + 1))
  for ((rank = 0; rank < $1; ++rank)); do
    env RANK=$rank WORLD_SIZE="$1" LOCAL_RANK=$rank MASTER_ADDR=127.0.0.1 MASTER_PORT=$port OMP_NUM_THREADS=1 \
      "$program" train --config "$config" --data "$data" --out "$work/$2" --steps "$steps" --threads 1 \
      2> "$work/$2.$rank" &
    children+=" $!"
  done
  for child in $children; do
    wait "$child" || { cat "$work/$2".* >&2 && exit 1; }
  done
}
for ((round = 0; round < rounds; ++round)); do
  train 1 "1-$round"
  train 2 "2-$round"
done
"${PYTHON:-python3}" - "$work" "$rounds" "$config" << 'END'
import json, os, statistics, sys
work, rounds = sys.argv[1], int(sys.argv[2])
with open(sys.argv[3]) as file:
    training = json.load(file)["training"]
step_seconds = training["batch"] * training["crop_frames"] / 50  # of audio

def rate(name):
    """Audio seconds a second over the second half of a run, by the times in its log."""
    with open(f"{work}/{name}/log.jsonl") as log:
        steps = [s for s in map(json.loads, log) if "loss" in s]
    half, last = steps[len(steps) // 2 - 1], steps[-1]
    return step_seconds * (last["step"] - half["step"]) / (last["time"] - half["time"]), last["loss"]

one, two = ([rate(f"{n}-{r}") for r in range(rounds)] for n in (1, 2))
print("cores", os.cpu_count(), " load", " ".join(f"{x:.1f}" for x in os.getloadavg()))
for name, runs in (("1 process ", one), ("2 processes", two)):
    print(f"{name}: {statistics.median(r for r, _ in runs):7.2f} audio-s/s  last loss {runs[0][1]:.4f}  "
          f"rounds {' '.join(f'{r:.2f}' for r, _ in runs)}")
print(f"ratio {statistics.median(r for r, _ in two) / statistics.median(r for r, _ in one):.2f}")
END
