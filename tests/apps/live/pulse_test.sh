#!/usr/bin/env bash
# pulse_test.sh PROGRAM HELPER SAMPLES [SECONDS]: speech through microphone, codec and loudspeaker of a private PulseAudio.
#
# A file is played into one null sink, `quaver live` listens to its monitor and plays into another, whose monitor is
# recorded. The recording has to be as intelligible as what the file codec makes of the same file at the same rate,
# within 0.05 ESTOI, and there may be no gap.
set -euo pipefail
export LC_ALL=C
. "$(dirname "${BASH_SOURCE[0]}")/pulse.sh"
program=$(realpath "$1") helper=$(realpath "$2") samples=$(realpath "$3") seconds=${4:-60}
pulse_start

"$helper" talk "$work/talk.wav" "$seconds" "$samples"/*.flac
"$program" encode "$work/talk.wav" -o "$work/file.qvr" --bitrate 6k --quiet
"$program" decode "$work/file.qvr" -o "$work/file.wav" --quiet

parec --device=heard.monitor --rate=48000 --channels=1 --format=s16le --latency-msec=50 --file-format=wav \
  "$work/heard.wav" &
recorder=$!
"$program" live --bitrate 6k --json --seconds "$((seconds + 5))" > "$work/report.json" 2> "$work/live.log" &
live=$!
pulse_children="$recorder $live"
sleep 1.5
paplay --device=talk "$work/talk.wav"
wait "$live" || fail "quaver live: $(cat "$work/live.log")"
kill -INT "$recorder" && wait "$recorder" || true

file=$("$helper" score "$work/talk.wav" "$work/file.wav")
heard=$("$helper" score "$work/talk.wav" "$work/heard.wav")
underruns=$(report underruns)
cat "$work/report.json"
echo "ESTOI over $seconds s: file codec $file, live $heard; underruns $underruns"
awk -v a="$file" -v b="$heard" 'BEGIN { exit !(a > 0.5 && b >= a - 0.05) }' ||
  fail 'live speech is worse than that of the file codec'
[[ $underruns == 0 ]] || fail "$underruns underruns"
