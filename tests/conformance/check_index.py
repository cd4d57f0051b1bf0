"""Checks a decoder against index.json: check_index.py [COMMAND]

Without COMMAND, the reference decoder. A decoder of your own is called like it,

    COMMAND WEIGHTS FILE.qvr
    COMMAND WEIGHTS FILE --packets FRAMES,N_Q

prints what it prints (README.md), and exits with status 1 when it refuses a file.
"""
import argparse
import json
import os
import shlex
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
REFERENCE = [sys.executable, "-B", os.path.join(HERE, "reference", "decode.py")]
NOT_DONE = {"payloads"}       # of which a decoder of .qvr files knows nothing
NOT_READ = {"not finite"}     # errors in tensors that tokens do not need


def path_of(name):
    return os.path.join(HERE, name)


def read(name):
    with open(path_of(name), "rb") as file:
        return file.read()


def read_npy(name):
    """Tokens of each frame, without 65535."""
    data = read(name)
    begin = 10 + struct.unpack_from("<H", data, 8)[0]
    width = int(data[:begin].decode("latin-1").split("(")[1].split(",")[1].strip(" )"))
    values = struct.unpack("<%dH" % ((len(data) - begin) // 2), data[begin:])
    frames = [values[i:i + width] for i in range(0, len(values), width)]
    return [[token for token in frame if token != 65535] for frame in frames]


def frames_of(events):
    frames = []
    for event in events:
        lost = event if isinstance(event, int) else event["refused"] if isinstance(event, dict) else None
        frames += event if lost is None else [[]] * lost
    return frames


class Checker:
    def __init__(self, command, index, scratch):
        self.command = command
        self.scratch = scratch
        self.model = index["model"]["file"]
        self.clips = {clip["name"]: read_npy(clip["tokens"]) for clip in index["vectors"] if clip["kind"] == "clip"}

    def decode(self, name, *options, weights=None):
        """The lines that the decoder prints; None if it refuses."""
        command = [*self.command, path_of(weights or self.model), path_of(name), *options]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode not in (0, 1) or "Traceback" in ran.stderr:
            raise RuntimeError("exit status %d: %s" % (ran.returncode, ran.stderr.strip()))
        return None if ran.returncode else list(map(json.loads, ran.stdout.splitlines()))

    def expected(self, entry):
        frames = []
        for part in entry["rows"]:
            frames += [[]] * part if isinstance(part, int) else self.clips[entry["of"]][part[0]:part[1]]
        return frames

    def check(self, entry):
        """What is wrong; empty if nothing is."""
        return getattr(self, entry["kind"].replace(" ", "_"))(entry)

    def clip(self, entry):
        *events, file = self.decode(entry["qvr"])
        if self.decode(entry["packets"], "--packets", "%d,%d" % tuple(entry["defaults"])) != events:
            return "the file does not hold the packets"
        if frames_of(events) != self.clips[entry["name"]]:
            return "packets do not decode to the tokens"
        return {key: file[key] for key in ("defaults", "pre_skip", "samples") if file[key] != entry[key]} or file["damaged"]

    def tokens(self, entry):
        defaults = "%d,%d" % tuple(entry["defaults"])
        events = self.decode(entry["packets"], "--packets", defaults, weights=path_of(entry["weights"]))
        return frames_of(events) != read_npy(entry["tokens"]) and "packets do not decode to the tokens"

    def packet(self, entry):
        with open(os.path.join(self.scratch, "packet"), "w", encoding="ascii") as file:
            file.write(bytes.fromhex(entry["packet"]).ljust(entry["length"], b"\0").hex() + "\n")
        events = self.decode(file.name, "--packets", "%d,%d" % tuple(entry["defaults"]))
        refused = isinstance(events[0], dict)
        return "" if refused == bool(entry["error"]) and frames_of(events) == self.expected(entry) else events

    def stream(self, entry):
        *events, file = self.decode(entry["file"])
        if frames_of(events) != self.expected(entry):
            return "other frames"
        return {key: file[key] for key in ("damaged", "samples") if file[key] != entry[key]}

    def refused_stream(self, entry):
        return self.decode(entry["file"]) is not None and "not refused"

    def refused_weights(self, entry):
        data = bytearray(read(entry["of"]))
        for offset, replacement in entry["replace"]:
            data[offset:offset + len(replacement) // 2] = bytes.fromhex(replacement)
        with open(os.path.join(self.scratch, "weights"), "wb") as file:
            file.write(data[:entry["length"]])
        return self.decode("steady.qvr", weights=file.name) is not None and entry["error"] not in NOT_READ and "not refused"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="a decoder; the reference decoder if not given")
    args = parser.parse_args()
    index = json.loads(read("index.json"))
    wrong = 0
    vectors = [entry for entry in index["vectors"] if entry["kind"] not in NOT_DONE]
    with tempfile.TemporaryDirectory() as scratch:
        checker = Checker(shlex.split(args.command) if args.command else REFERENCE, index, scratch)
        for entry in vectors:
            try:
                found = checker.check(entry)
            except (RuntimeError, ValueError, TypeError, LookupError) as error:
                found = repr(error)
            if found:
                wrong += 1
                print("%s, %s: %s" % (entry["kind"], entry["name"], found))
    print("%d vectors, %d wrong" % (len(vectors), wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
