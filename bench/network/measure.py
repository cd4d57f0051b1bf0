#!/usr/bin/env python3
"""Speech over a bad network: Quaver with and without redundancy, Opus with and without in-band FEC.

    bench/network/measure.py --quaver build/release/bin/quaver --plugins build/release/bindings/gstreamer

The clips of samples/ go, one behind the other and in real time, from one gst-launch-1.0 through relay.py to another, with 50 packets a
second. Printed are, as JSON: kbit/s on the wire (IP, UDP and RTP headers included) as the sender sends them, the share lost, ESTOI and
log-mel distance of what the receiver recorded, and its length beside the original's. The senders of one loss run at once, through the same
network: packet n has the same fate in each. Needs gstreamer1.0-tools, -plugins-good and -plugins-base, and Python's standard library only.
"""

import argparse
import array
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import wave

HERE = pathlib.Path(__file__).resolve().parent
CLIPS = HERE.parent.parent / "samples"
IP_UDP = 28  # bytes

SENDERS = {
    "Quaver 3k": "quaverenc bitrate=3000 ! rtpquaverpay",
    "Quaver 3k, 2 x 1": "quaverenc bitrate=3000 redundancy=2 redundancy-tokens=1 ! rtpquaverpay",
    "Quaver 3k, 1 x 3": "quaverenc bitrate=3000 redundancy=1 redundancy-tokens=3 ! rtpquaverpay",
    "Quaver 3k, 2 x 2": "quaverenc bitrate=3000 redundancy=2 redundancy-tokens=2 ! rtpquaverpay",
    "Opus 12k": "opusenc bitrate=12000 audio-type=voice ! rtpopuspay",
    "Opus 12k, FEC": "opusenc bitrate=12000 audio-type=voice inband-fec=true packet-loss-percentage=10 ! rtpopuspay",
}


def receiver(name):
    """What RTP carries, and what decodes it."""
    if name.startswith("Quaver"):
        return "QUAVER,clock-rate=16000", "rtpquaverdepay ! quaverdec redundancy-wait=2"
    fec = "true" if "FEC" in name else "false"
    return "OPUS,clock-rate=48000", f"rtpopusdepay ! opusdec use-inband-fec={fec} plc=true"


def launch(text, environment, **options):
    return subprocess.Popen(["gst-launch-1.0", "-q", "-e", *text.split()], env=environment, **options)


def speech(folder, environment):
    """All clips as one WAV file; its path and its seconds."""
    path = folder / "speech.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        for clip in sorted(CLIPS.glob("*.flac")):
            part = folder / "clip.wav"
            done = launch(f"filesrc location={clip} ! flacparse ! flacdec ! audioconvert ! audioresample ! "
                          f"audio/x-raw,format=S16LE,rate=16000,channels=1 ! wavenc ! filesink location={part}", environment)
            assert done.wait() == 0, clip
            with wave.open(str(part)) as sound:
                out.writeframes(sound.readframes(sound.getnframes()))
    with wave.open(str(path)) as sound:
        return path, sound.getnframes() / 16000


def levels(path):
    """Sum of the magnitudes of each millisecond of the first 10 s, less its mean; and all samples."""
    with wave.open(str(path)) as sound:
        samples = array.array("h", sound.readframes(sound.getnframes()))
    sums = [sum(map(abs, samples[at:at + 16])) for at in range(0, min(len(samples), 160000) - 16, 16)]
    mean = sum(sums) / len(sums)
    return [value - mean for value in sums], samples


def align(original, heard):
    """Shifts a recording to where its levels fit the original's best; `quaver evaluate` finds the rest, below a millisecond."""
    reference, _ = levels(original)
    decoded, samples = levels(heard)

    def likeness(lag):
        pairs = zip(reference[max(0, -lag):], decoded[max(0, lag):])
        return sum(a * b for a, b in pairs)

    shift = max(range(-200, 300), key=likeness) * 16
    samples = samples[shift:] if shift > 0 else array.array("h", bytes(-2 * shift)) + samples
    with wave.open(str(heard), "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        out.writeframes(samples.tobytes())
    return shift / 16


def score(quaver, original, heard):
    lag = align(original, heard)
    text = subprocess.run([quaver, "evaluate", original, heard], capture_output=True, text=True, check=True).stdout
    cells = text.splitlines()[-1].split()
    return {"lag_ms": lag, "estoi": float(cells[0]), "log_mel_db": float(cells[1])}


def measure(chosen, loss, folder, original, seconds, environment):
    running = []
    for index, (name, sender) in enumerate(SENDERS.items()):
        if chosen.only not in name:
            continue
        encoding, decoder = receiver(name)
        entrance, port, heard = chosen.port + 4 * index, chosen.port + 4 * index + 2, folder / f"heard{index}.wav"
        hears = launch(f"udpsrc port={port} caps=application/x-rtp,media=audio,payload=96,encoding-name={encoding} ! "
                       f"rtpjitterbuffer latency={chosen.buffer} do-lost=true ! {decoder} ! audioconvert ! audioresample ! "
                       f"audio/x-raw,format=S16LE,rate=16000,channels=1 ! wavenc ! filesink location={heard}", environment)
        relay = subprocess.Popen([HERE / "relay.py", "--from", str(entrance), "--to", f"127.0.0.1:{port}", "--loss", str(loss),
                                  "--burst", str(chosen.burst if loss else 1), "--delay", str(chosen.delay), "--jitter",
                                  str(chosen.jitter), "--seed", str(chosen.seed), "--spare", "10"],
                                 stdout=subprocess.PIPE, text=True)
        running.append((name, sender, entrance, heard, hears, relay))
    time.sleep(3)
    senders = [launch(f"filesrc location={original} ! wavparse ! audioconvert ! audioresample ! {sender} ! "
                      f"udpsink host=127.0.0.1 port={entrance}", environment) for _, sender, entrance, *_ in running]
    for process in senders:
        process.wait()
    time.sleep(1 + (chosen.buffer + chosen.delay + 4 * chosen.jitter) / 1000)
    for name, _, _, heard, hears, relay in running:
        hears.send_signal(signal.SIGINT)
        hears.wait()
        relay.terminate()
        counts = json.loads(relay.communicate()[0])
        with wave.open(str(heard)) as sound:
            longer = sound.getnframes() / 16000 - seconds
        kept = counts["received"] - counts["lost"]
        payload = counts["bytes"] / max(counts["sent"], 1) + IP_UDP
        yield {"sender": name, "loss": loss, "lost": round(counts["lost"] / counts["received"], 3),
               "wire_kbps": round(payload * counts["received"] * 8 / seconds / 1000, 2), "longer_s": round(longer, 3),
               "packets": counts["received"], "arrived": kept, **score(chosen.quaver, original, heard)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quaver", required=True, help="the program")
    parser.add_argument("--plugins", required=True, help="the folder of libgstquaver.so")
    parser.add_argument("--losses", default="0,0.05,0.1,0.2", help="shares (0,0.05,0.1,0.2)")
    parser.add_argument("--burst", type=float, default=1.5, help="packets lost in a row, in the mean (1.5)")
    parser.add_argument("--delay", type=float, default=50, help="ms (50)")
    parser.add_argument("--jitter", type=float, default=30, help="ms (30)")
    parser.add_argument("--buffer", type=int, default=200, help="ms of the jitter buffer (200)")
    parser.add_argument("--only", default="", metavar="TEXT", help="senders whose name has this in it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=15004, help="the first of those that are used (15004)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        environment = dict(os.environ, GST_PLUGIN_PATH=str(pathlib.Path(chosen.plugins).resolve()),
                           GST_REGISTRY=str(folder / "registry"))
        original, seconds = speech(folder, environment)
        for loss in map(float, chosen.losses.split(",")):
            for row in measure(chosen, loss, folder, original, seconds, environment):
                print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
