#!/usr/bin/env bash
# pulse_vanish.sh PROGRAM: the sound server ends under `quaver live` and comes back; so does the sound.
set -euo pipefail
export LC_ALL=C
. "$(dirname "${BASH_SOURCE[0]}")/pulse.sh"
program=$(realpath "$1")
pulse_start

"$program" live --json --seconds 16 > "$work/report.json" 2> "$work/live.log" &
live=$!
pulse_children=$live
sleep 4
kill "$pulse_pid" && wait "$pulse_pid" || true
sleep 3
kill -0 "$live" 2> /dev/null || fail "quaver live ended with its devices: $(cat "$work/live.log")"
pulse_serve || fail 'PulseAudio does not start again'
wait "$live" || fail "quaver live: $(cat "$work/live.log")"

cat "$work/report.json"
grep -q 'a device has vanished' "$work/live.log" || fail "nothing was said: $(cat "$work/live.log")"
grep -q 'the devices are back' "$work/live.log" || fail "not opened again: $(cat "$work/live.log")"
[[ $(report reopened) == 1 ]] || fail 'not reopened once'
awk -v packets="$(report packets)" 'BEGIN { exit !(packets > 250) }' || fail 'no speech after the devices were back'
