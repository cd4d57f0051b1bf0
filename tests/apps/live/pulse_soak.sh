#!/usr/bin/env bash
# pulse_soak.sh PROGRAM HELPER SAMPLES: `quaver live` for QUAVER_SOAK_MINUTES (10), beside a process that keeps a core busy.
# Neither its memory nor its latency may grow.
set -euo pipefail
export LC_ALL=C
. "$(dirname "${BASH_SOURCE[0]}")/pulse.sh"
program=$(realpath "$1") helper=$(realpath "$2") samples=$(realpath "$3")
seconds=$(awk -v m="${QUAVER_SOAK_MINUTES:-10}" 'BEGIN { print int(60 * m) }')
pulse_start

"$helper" talk "$work/talk.wav" 30 "$samples"/*.flac
talk() { while paplay --device=talk "$work/talk.wav"; do :; done; }
busy() { while "$program" encode "$work/talk.wav" -o "$work/busy.qvr" --jobs 1 --force --quiet; do :; done; }

# live SECONDS: runs it; its resident memory in KiB after 20 s, or at the end of a shorter run, goes to $memory.
live() {
  "$program" live --bitrate 6k --loss 0.05 --json --seconds "$1" > "$work/report.json" 2> "$work/live.log" &
  local pid=$!
  pulse_children="$talking $loading $pid"
  sleep "$(awk -v s="$1" 'BEGIN { print (s > 25 ? 20 : s - 1) }')"
  memory=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
  wait "$pid" || fail "quaver live: $(cat "$work/live.log")"
}

talk & talking=$!
busy & loading=$!
live 15
early=$(report sum)
live "$seconds"
late=$(report sum) end=$(report resident_kib)
cat "$work/report.json"
echo "$seconds s under load: latency $early ms after 15 s, $late ms at the end; memory $memory KiB after 20 s, $end KiB at the end"
awk -v a="$memory" -v b="$end" 'BEGIN { exit !(b <= a + 1024) }' || fail 'memory has grown'
awk -v a="$early" -v b="$late" 'BEGIN { exit !(b <= a + 20) }' || fail 'latency has grown'
