#!/usr/bin/env python3
"""A bad network, the same one every time: passes UDP packets on and loses, delays, reorders and doubles some of them.

    bench/network/relay.py --from 5004 --to 127.0.0.1:6004 --loss 0.2 --burst 2 --delay 50 --jitter 30 --seed 1

Losses follow a Gilbert-Elliott model: --loss is the share of packets lost, --burst the mean number lost in a row. Each packet is
delayed by --delay and the magnitude of a normally distributed time of --jitter milliseconds, so packets overtake each other; with
--in-order they do not. --reorder is a share of packets that are held back by --hold milliseconds more, --duplicate one of packets that go out
twice. What happens to the n-th packet depends on the seed and n alone, not on the time. Ends on Ctrl-C, SIGTERM or after --seconds
and prints what it did, as JSON. Needs Python's standard library only.
"""

import argparse
import heapq
import json
import random
import selectors
import signal
import socket
import time


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--from", dest="port", type=int, required=True, metavar="PORT", help="where packets come in")
    parser.add_argument("--to", required=True, metavar="HOST:PORT", help="where they go")
    parser.add_argument("--loss", type=float, default=0, metavar="P", help="share of packets lost (0)")
    parser.add_argument("--burst", type=float, default=1, metavar="N", help="mean number lost in a row; 1: independent (1)")
    parser.add_argument("--delay", type=float, default=0, metavar="MS", help="of every packet (0)")
    parser.add_argument("--jitter", type=float, default=0, metavar="MS", help="standard deviation of what is added (0)")
    parser.add_argument("--in-order", action="store_true", help="packets never overtake each other")
    parser.add_argument("--reorder", type=float, default=0, metavar="P", help="share of packets held back (0)")
    parser.add_argument("--hold", type=float, default=40, metavar="MS", help="how long they are held back (40)")
    parser.add_argument("--duplicate", type=float, default=0, metavar="P", help="share of packets doubled (0)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed is the same network (1)")
    parser.add_argument("--spare", type=int, default=0, metavar="N", help="the first packets, to which nothing happens (0)")
    parser.add_argument("--seconds", type=float, metavar="S", help="ends by itself")
    chosen = parser.parse_args()
    for name in ("loss", "reorder", "duplicate"):
        if not 0 <= getattr(chosen, name) <= 1:
            parser.error(f"--{name}: a share, 0 to 1")
    if chosen.burst < 1:
        parser.error("--burst: at least 1")
    if chosen.loss < 1 and chosen.burst > 1 and chosen.loss / (1 - chosen.loss) > chosen.burst:
        parser.error("--burst: too short for so many losses")
    return chosen


class Network:
    """What happens to packets, one after the other."""

    def __init__(self, chosen):
        self.chosen = chosen
        self.random = random.Random(chosen.seed)
        self.losing = False

    def lost(self):
        loss, burst = self.chosen.loss, self.chosen.burst
        draw = self.random.random()
        if burst <= 1 or loss in (0, 1):
            return draw < loss
        end = 1 / burst
        begin = end * loss / (1 - loss)
        self.losing = draw >= end if self.losing else draw < begin
        return self.losing

    def delays(self):
        """Seconds after which the packet goes out, for each of its copies. Draws equally often for each packet."""
        lost = self.lost()
        jitter = abs(self.random.gauss(0, 1)) * self.chosen.jitter
        held = self.random.random() < self.chosen.reorder
        doubled = self.random.random() < self.chosen.duplicate
        again = self.random.random() * 20
        if lost:
            return [], False
        first = self.chosen.delay + jitter + (self.chosen.hold if held else 0)
        return [first / 1000] + ([(first + again) / 1000] if doubled else []), held


def main():
    chosen = options()
    host, _, port = chosen.to.rpartition(":")
    target = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
    out = socket.socket(target[0], socket.SOCK_DGRAM)
    into = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    into.bind(("", chosen.port))
    into.setblocking(False)
    ended = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.append(True))
    network = Network(chosen)
    counts = {"received": 0, "lost": 0, "held": 0, "duplicated": 0, "sent": 0, "bytes_received": 0, "bytes_sent": 0}
    waiting, order, latest = [], 0, 0.0
    selector = selectors.DefaultSelector()
    selector.register(into, selectors.EVENT_READ)
    stop = time.monotonic() + chosen.seconds if chosen.seconds else None
    while not ended and (stop is None or time.monotonic() < stop):
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            packet = heapq.heappop(waiting)[2]
            out.sendto(packet, target[4])
            counts["sent"] += 1
            counts["bytes_sent"] += len(packet)
        if not selector.select(min(0.1, max(0.0, waiting[0][0] - now)) if waiting else 0.1):
            continue
        packet = into.recv(65536)
        counts["received"] += 1
        counts["bytes_received"] += len(packet)
        delays, held = network.delays()
        if counts["received"] <= chosen.spare:
            delays, held = [chosen.delay / 1000], False
        counts["lost"] += not delays
        counts["held"] += held
        counts["duplicated"] += len(delays) > 1
        for delay in delays:
            due = time.monotonic() + delay
            if chosen.in_order:
                due = latest = max(latest, due)
            heapq.heappush(waiting, (due, order, packet))
            order += 1
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
