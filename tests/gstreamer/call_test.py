#!/usr/bin/env python3
"""Two quaver-call in two processes, with sockets between them and a bad network. Needs Python's standard library only.

    tests/gstreamer/call_test.py QUAVER QUAVER-CALL PLUGIN-FOLDER ROOT

Both speak and hear at once, without devices; what they recorded must be as long as what was spoken. Then one speaks through
bench/network/relay.py, which loses a fifth of the packets: redundancy must bring most of the lost frames back. Takes as long as the
speech, twice, and depends on time.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import wave

SPEECH = "samples/en-librispeech-6415.flac"


def free_port():
    """An even port that is free, and so is the one above."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1] & ~1
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def seconds_of(path):
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16000, 1), path
        return sound.getnframes() / 16000


def hang_up(process):
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    return out


def main():
    quaver, call, plugins, root = sys.argv[1:]
    relay = pathlib.Path(root) / "bench/network/relay.py"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        environment = dict(os.environ, GST_PLUGIN_PATH=plugins, GST_REGISTRY=str(folder / "registry"))

        def start(*arguments):
            return subprocess.Popen([call, "--no-output", *map(str, arguments)], env=environment, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def heard_first_line(process):
            assert process.stdout.readline().startswith("sent"), process.stderr.read()

        subprocess.run([quaver, "encode", f"{root}/{SPEECH}", "-o", folder / "a.qvr"], check=True)
        subprocess.run([quaver, "decode", folder / "a.qvr", "-o", folder / "speech.wav"], check=True)
        length = seconds_of(folder / "speech.wav")
        subprocess.run([call, "--help"], env=environment, check=True, stdout=subprocess.DEVNULL)  # the registry is made

        port = free_port()
        hears = start("--listen", port, "--record", folder / "heard.wav")
        heard_first_line(hears)
        speaks = start("--listen", free_port(), "--to", f"127.0.0.1:{port}", "--file", folder / "speech.wav",
                       "--seconds", int(length) + 2)
        assert speaks.wait(timeout=60) == 0, speaks.stderr.read()
        hang_up(hears)
        assert abs(seconds_of(folder / "heard.wav") - length) < 0.1, (seconds_of(folder / "heard.wav"), length)

        port, entrance = free_port(), free_port()
        hears = start("--listen", port, "--buffer", 200, "--record", folder / "repaired.wav")
        heard_first_line(hears)
        network = subprocess.Popen([relay, "--from", str(entrance), "--to", f"127.0.0.1:{port}", "--loss", "0.2", "--delay", "30",
                                    "--jitter", "5", "--duplicate", "0.05", "--seed", "2"])
        speaks = start("--to", f"127.0.0.1:{entrance}", "--file", folder / "speech.wav", "--redundancy", 4,
                       "--seconds", int(length) + 2)
        assert speaks.wait(timeout=60) == 0, speaks.stderr.read()
        lines = hang_up(hears).splitlines()
        network.terminate()
        network.wait(timeout=20)
        # The first frames may be lost before the sound begins, the last after it.
        assert length - 0.5 < seconds_of(folder / "repaired.wav") < length + 0.3, (seconds_of(folder / "repaired.wav"), length)
        losses = [re.search(r"lost +([\d.]+) %  recovered +(\d+) %", line) for line in lines]
        shares = [int(found[2]) for found in losses if found and float(found[1]) > 5]
        assert len(shares) >= 3 and sum(shares) / len(shares) > 70, lines


if __name__ == "__main__":
    main()
