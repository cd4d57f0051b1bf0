#!/usr/bin/env python3
"""One side of a call in GStreamer: `send` speaks a WAV file in real time, `receive` hears and notes when.

bench/network/calls.py starts both, each in a network namespace. The clock of both is this machine's monotonic one.
"""

import argparse
import json
import signal

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import GLib, Gst, GstApp  # noqa: E402, F401

RATE = 16000
MONO = f"audio/x-raw,format=S16LE,rate={RATE},channels=1"


def quaver(kind):
    """quaver:3000, quaver:3000+2x1 (two frames again with one token each) -> encoder and payloader; depayloader and decoder"""
    rate, _, redundancy = kind.partition("+")
    frames, _, tokens = (redundancy or "0x1").partition("x")
    return (f"quaverenc bitrate={rate} redundancy={frames} redundancy-tokens={tokens} ! rtpquaverpay pt=96",
            f"rtpquaverdepay ! quaverdec name=decoder use-redundancy={'true' if redundancy else 'false'}",
            "encoding-name=QUAVER,clock-rate=16000")


def opus(kind):
    """opus:12000, opus:12000+fec"""
    rate, _, fec = kind.partition("+")
    forward = "inband-fec=true packet-loss-percentage=10" if fec else "inband-fec=false"
    return (f"opusenc bitrate={rate} audio-type=voice frame-size=20 {forward} ! rtpopuspay pt=96",
            f"rtpopusdepay ! opusdec name=decoder plc=true use-inband-fec={'true' if fec else 'false'}",
            "encoding-name=OPUS,clock-rate=48000")


def elements(codec):
    name, _, kind = codec.partition(":")
    return {"quaver": quaver, "opus": opus}[name](kind)


class Endpoint:
    def __init__(self, description):
        Gst.init(None)
        self.pipeline = Gst.parse_launch(description)
        self.loop = GLib.MainLoop()
        self.error = None
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self.heard)
        for number in (signal.SIGINT, signal.SIGTERM):
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.loop.quit)

    def heard(self, _, message):
        if message.type == Gst.MessageType.EOS:
            self.loop.quit()
        elif message.type == Gst.MessageType.ERROR:
            self.error = " ".join(str(part) for part in message.parse_error())
            self.loop.quit()
        elif message.type == Gst.MessageType.LATENCY:
            self.pipeline.recalculate_latency()

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.pipeline.get_state(5 * Gst.SECOND)
        self.base = self.pipeline.get_base_time()
        self.loop.run()

    def end(self):
        self.pipeline.set_state(Gst.State.NULL)
        if self.error:
            raise SystemExit(self.error)


def send(arguments):
    """A block is on its way when its last sample was spoken, as from a microphone."""
    encode, _, _ = elements(arguments.codec)
    host, _, port = arguments.to.rpartition(":")
    endpoint = Endpoint(
        f"filesrc location={arguments.wav} ! wavparse ! audioconvert ! audioresample ! {MONO} ! audiobuffersplit "
        f"output-buffer-duration=1/50 ! identity sync=true ts-offset=20000000 ! {encode} ! udpsink host={host} port={port} "
        "sync=false async=false")
    endpoint.run()
    endpoint.end()
    print(json.dumps({"spoken_ns": endpoint.base}))


def receive(arguments):
    _, decode, caps = elements(arguments.codec)
    endpoint = Endpoint(
        f'udpsrc port={arguments.port} caps="application/x-rtp,media=audio,payload=96,{caps}" ! rtpjitterbuffer name=buffer '
        f"latency={arguments.depth} do-lost=true ! {decode} ! audioconvert ! audioresample ! {MONO} ! appsink name=ear sync=true "
        "emit-signals=true max-buffers=0")
    blocks = []
    clock = Gst.SystemClock.obtain()

    def heard(ear):
        buffer = ear.emit("pull-sample").get_buffer()
        blocks.append((clock.get_time(), buffer.pts, buffer.extract_dup(0, buffer.get_size())))
        return Gst.FlowReturn.OK

    endpoint.pipeline.get_by_name("ear").connect("new-sample", heard)
    endpoint.run()
    stats = {}
    for name in ("buffer", "decoder"):
        element = endpoint.pipeline.get_by_name(name)
        if element.find_property("stats"):
            found = element.get_property("stats")
            stats[name] = {found.nth_field_name(i): found.get_value(found.nth_field_name(i)) for i in range(found.n_fields())}
    endpoint.end()
    with open(arguments.out + ".raw", "wb") as sound:
        at, times = 0, []
        for heard_at, pts, samples in blocks:
            start = round((pts - blocks[0][1]) * RATE / Gst.SECOND)
            if start > at:  # what no element filled is silence
                sound.write(bytes(2 * (start - at)))
                at = start
            times.append((at, heard_at))
            sound.write(samples)
            at += len(samples) // 2
    with open(arguments.out + ".json", "w", encoding="utf-8") as file:
        json.dump({"blocks": times, **stats}, file, default=str)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    sides = parser.add_subparsers(dest="side", required=True)
    sender = sides.add_parser("send")
    sender.add_argument("--wav", required=True, help="16 kHz, mono")
    sender.add_argument("--to", required=True, metavar="HOST:PORT")
    receiver = sides.add_parser("receive")
    receiver.add_argument("--port", type=int, required=True)
    receiver.add_argument("--depth", type=int, default=100, metavar="MS", help="of the jitter buffer (100)")
    receiver.add_argument("--out", required=True, metavar="NAME", help="writes NAME.raw (s16le) and NAME.json")
    for side in (sender, receiver):
        side.add_argument("--codec", required=True, help="quaver:3000, quaver:3000+2x1, opus:12000, opus:12000+fec")
    arguments = parser.parse_args()
    {"send": send, "receive": receive}[arguments.side](arguments)


if __name__ == "__main__":
    main()
