#!/usr/bin/env python3
"""The same speech through real calls over bad networks: two network namespaces, and a relay that loses packets between them.

    sudo bench/network/calls.py speech/dev --plugins build/release/bindings/gstreamer --out results
    bench/network/scores.py results speech/dev

For each codec and each network a sender and a receiver (endpoint.py: GStreamer's RTP, jitter buffer and sockets) run in two
namespaces that are joined by veth pairs, and relay.py passes the packets on. All packets of one network meet the same fate, whatever codec
they are of. Several calls run at once, in real time. OUT keeps each clip as it was heard, and calls.json: kbit/s on the wire with headers,
packets, mouth-to-ear latency. scores.py adds measures of the sound. Needs root (ip netns), and Debian's python3-gi,
gir1.2-gst-plugins-base-1.0, gstreamer1.0-plugins-good and -bad, python3-numpy, -scipy and -soundfile.
"""

import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy
import scipy.signal
import soundfile

HERE = pathlib.Path(__file__).resolve().parent
RATE = 16000
HEADERS = 20 + 8  # bytes of IPv4 and UDP; RTP's are in the datagram
PAUSE = RATE // 2  # between two clips
SPEAKS, HEARS = "quaver-a", "quaver-b"  # the namespaces
CODECS = ["quaver:3000", "quaver:3000+1x3", "quaver:3000+2x1", "quaver:3000+2x2", "opus:12000", "opus:12000+fec"]
# Loss in percent, mean number lost in a row.
NETWORKS = {"0": (0, 1), "5": (5, 1), "10": (10, 1), "20": (20, 1), "20 in bursts": (20, 2.5)}


def program(folder, every):
    """Clips one after the other, silence between -> {name: (first sample, length)}, samples."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix in (".flac", ".wav"))[::every]
    places, parts, at = {}, [numpy.zeros(PAUSE, "int16")], PAUSE
    for path in paths:
        samples, rate = soundfile.read(path, dtype="int16")
        if rate != RATE or samples.ndim != 1:
            sys.exit(f"{path}: not {RATE} Hz mono")
        places[path.stem] = (at, len(samples))
        parts += [samples, numpy.zeros(PAUSE, "int16")]
        at += len(samples) + PAUSE
    return places, numpy.concatenate(parts)


@contextlib.contextmanager
def namespaces(names):
    """Two namespaces, each with a wire to this one: 10.77.1.2 -- 10.77.1.1, 10.77.2.1 -- 10.77.2.2."""
    def ip(*words):
        subprocess.run(["ip", *words], check=True)

    lock = open("/run/lock/quaver-calls", "w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("calls.py: another run uses the namespaces; wait for its end")
    for name in names:  # of a run that was killed
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
    try:
        for number, name in enumerate(names, 1):
            ip("netns", "add", name)
            ip("link", "add", f"{name}-here", "type", "veth", "peer", "name", "wire", "netns", name)
            ip("addr", "add", f"10.77.{number}.1/24", "dev", f"{name}-here")
            ip("link", "set", f"{name}-here", "up")
            ip("-n", name, "addr", "add", f"10.77.{number}.2/24", "dev", "wire")
            ip("-n", name, "link", "set", "wire", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False)


class Call:
    """A sender, a relay and a receiver."""

    def __init__(self, number, codec, network, arguments):
        self.codec, self.network = codec, network
        self.folder = arguments.out / f"{codec}~{network}".replace(" ", "-").replace(":", "-")
        self.folder.mkdir(parents=True, exist_ok=True)
        loss, burst = NETWORKS[network]
        quiet = {"stdout": subprocess.PIPE, "text": True}
        self.relay = subprocess.Popen(
            [sys.executable, str(HERE / "relay.py"), "--from", str(5000 + number), "--to", f"10.77.2.2:{6000 + number}", "--loss",
             str(loss / 100), "--burst", str(burst), "--delay", "50", "--jitter", "30", "--duplicate", "0.01", "--seed", str(arguments.seed)], **quiet)
        environment = os.environ | {"GST_PLUGIN_PATH": str(arguments.plugins.resolve()), "GST_REGISTRY": str(arguments.out / "registry.bin")}
        self.ends = {}
        for side, where, words in (
                ("receive", HEARS, ["--port", str(6000 + number), "--depth", str(arguments.depth), "--out", str(self.folder / "heard")]),
                ("send", SPEAKS, ["--wav", str(arguments.out / "spoken.wav"), "--to", f"10.77.1.1:{5000 + number}"])):
            self.ends[side] = subprocess.Popen(["ip", "netns", "exec", where, sys.executable, str(HERE / "endpoint.py"), side, "--codec", codec,
                                                *words], env=environment, **quiet)
            time.sleep(0.3)

    def finish(self):
        spoken, _ = self.ends["send"].communicate()
        time.sleep(1)
        self.ends["receive"].terminate()
        self.ends["receive"].wait()
        self.relay.terminate()
        relayed, _ = self.relay.communicate()
        if self.ends["send"].returncode or self.ends["receive"].returncode:
            sys.exit(f"{self.folder.name}: the call failed (see above)")
        return json.loads(spoken)["spoken_ns"], json.loads(relayed)

    def measure(self, places, reference):
        """Cuts out the clips where they were heard, and tells how long they took."""
        spoken_ns, relayed = self.finish()
        heard = numpy.fromfile(self.folder / "heard.raw", "<i2")
        (self.folder / "heard.raw").unlink()
        told = json.loads((self.folder / "heard.json").read_text())
        starts = numpy.array([start for start, _ in told["blocks"]])
        times = numpy.array([time_ns for _, time_ns in told["blocks"]])
        latencies = []
        whole = best_shift(reference, heard, len(heard))
        for name, (first, length) in places.items():
            clip = reference[first:first + length]
            low = max(0, first + whole - RATE // 4)
            at = low + best_shift(clip, heard[low:first + whole + length + RATE // 4], RATE // 2)
            cut = heard[max(0, at):at + length]
            soundfile.write(self.folder / f"{name}.wav", numpy.pad(cut, (0, length - len(cut))), RATE, subtype="PCM_16")
            block = max(0, int(numpy.searchsorted(starts, at, "right")) - 1)
            ear_ns = times[block] + (at - starts[block]) / RATE * 1e9
            latencies.append((ear_ns - spoken_ns - first / RATE * 1e9) / 1e6)
        seconds = len(reference) / RATE
        return {"codec": self.codec, "network": self.network, "folder": self.folder.name, "clips": len(places), "seconds": seconds, "relay": relayed,
                "kbps_on_wire": 8 * (relayed["bytes_received"] + HEADERS * relayed["received"]) / seconds / 1000,
                "packets_a_second": relayed["received"] / seconds,
                "mouth_to_ear_ms": {"median": float(numpy.median(latencies)), "least": min(latencies), "most": max(latencies)},
                **{key: told[key] for key in ("buffer", "decoder") if key in told}}


def best_shift(reference, heard, most):
    """The sample of `heard`, before `most`, where the reference lies best."""
    found = scipy.signal.correlate(heard.astype(float), reference.astype(float), "full", "fft")[len(reference) - 1:]
    return int(numpy.argmax(found[:most]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("speech", type=pathlib.Path, help="folder of clips, 16 kHz, mono")
    parser.add_argument("--plugins", type=pathlib.Path, required=True, metavar="DIR", help="where libgstquaver.so is")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--every", type=int, default=4, help="takes every so manieth clip (4)")
    parser.add_argument("--codecs", nargs="+", default=CODECS)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--depth", type=int, default=120, metavar="MS", help="of the jitter buffer (120)")
    parser.add_argument("--at-once", type=int, default=6, metavar="N", help="calls at once (6)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.out = arguments.out.resolve()
    places, reference = program(arguments.speech, arguments.every)
    soundfile.write(arguments.out / "spoken.wav", reference, RATE, subtype="PCM_16")
    results = arguments.out / "calls.json"
    done = json.loads(results.read_text()) if results.is_file() else []
    todo = [(codec, network) for network in arguments.networks for codec in arguments.codecs
            if not any(call["codec"] == codec and call["network"] == network for call in done)]
    print(f"{len(todo)} calls of {len(reference) / RATE:.0f} s, {arguments.at_once} at once", file=sys.stderr)
    with namespaces([SPEAKS, HEARS]):
        while todo:
            group, todo = todo[:arguments.at_once], todo[arguments.at_once:]
            for call in [Call(number, codec, network, arguments) for number, (codec, network) in enumerate(group)]:
                done.append(call.measure(places, reference))
                last = done[-1]
                print(f"{last['codec']}, {last['network']} % lost: {last['kbps_on_wire']:.2f} kbit/s on the wire, "
                      f"{last['mouth_to_ear_ms']['median']:.0f} ms", file=sys.stderr, flush=True)
                results.write_text(json.dumps(done, indent=1))


if __name__ == "__main__":
    main()
