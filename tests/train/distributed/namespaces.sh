#!/usr/bin/env bash
# namespaces.sh WORKER: two processes in two network namespaces, each with an address of its own, as on two machines.
#
# Sums and gradients have to be those of one process; then the link between the two goes down, and both have to end by
# themselves with an error. Needs root and iproute2; exits with 77 (skipped) without them.
set -euo pipefail
worker=$(realpath "$1")
[ "$(id -u)" = 0 ] && command -v ip > /dev/null || { echo "skipped: needs root and ip"; exit 77; }
work=$(mktemp -d)
one="quaver-one-$$" two="quaver-two-$$"
clean() {
  ip netns del "$one" 2> /dev/null || true
  ip netns del "$two" 2> /dev/null || true
  rm -rf "$work"
}
trap clean EXIT
ip netns add "$one" 2> /dev/null || { echo "skipped: no network namespaces here"; exit 77; }
ip netns add "$two"
ip link add near netns "$one" type veth peer name far netns "$two"
ip -n "$one" addr add 10.77.0.1/24 dev near
ip -n "$two" addr add 10.77.0.2/24 dev far
for side in "$one lo" "$one near" "$two lo" "$two far"; do ip -n ${side% *} link set ${side#* } up; done

rank() { # rank NAMESPACE RANK CASE ARGUMENT
  ip netns exec "$1" env RANK="$2" WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=10.77.0.1 MASTER_PORT=29500 OMP_NUM_THREADS=1 \
    "$worker" "$3" "$4"
}
for case in sums gradients; do
  "$worker" "$case" "$work/alone"
  rank "$two" 1 "$case" "$work/together" & peer=$!
  rank "$one" 0 "$case" "$work/together"
  wait "$peer"
  python3 - "$work/alone" "$work/together" << 'END'
import sys
alone, together = ([line.split() for line in open(name)] for name in sys.argv[1:])
assert len(alone) == len(together) > 0
for a, b in zip(alone, together):
    assert a[0] == b[0] and len(a) == len(b), (a, b)
    for x, y in zip(a[1:], b[1:]):
        assert abs(float(x) - float(y)) < 1e-6, (a, b)
END
  echo "$case: as one process"
done

rank "$two" 1 misbehave nothing > "$work/two" 2>&1 & peer=$!
rank "$one" 0 misbehave nothing > "$work/one" 2>&1 & first=$!
sleep 5
ip -n "$one" link set near down
began=$SECONDS
if wait "$first"; then echo "rank 0 ended well without its peer"; exit 1; fi
if wait "$peer"; then echo "rank 1 ended well without its peer"; exit 1; fi
echo "both ended $((SECONDS - began)) s after the link went down:"
cat "$work/one" "$work/two"
grep -q "^rank 0 of 2: rank 1 (.*has not answered" "$work/one"
grep -q "^rank 1 of 2: rank 0 (.*has not answered" "$work/two"
[ $((SECONDS - began)) -lt 30 ]
