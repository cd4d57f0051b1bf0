"""Codecs as adapters behind one small interface: a spec such as `quaver:3k` or `opus:12` becomes a Codec, which turns a
WAV file (16 kHz, mono, 16 bits) into a decoded one by running command lines, and says how many bytes the packets had.

    quaver:RATE[@MODEL]  quaver encode --bitrate RATE (bits per second, 3k), quaver decode
    quaver:RATE^EFFORT   the same with --effort EFFORT
    quaver:vRATE...      the same at a variable rate, if the program has --vbr
    opus:KBPS            opusenc --bitrate KBPS --framesize 20, opusdec (Debian: opus-tools)
    speex:QUALITY        speexenc --quality QUALITY, wideband (Debian: speex)
    codec2:MODE          c2enc MODE, c2dec; 8 kHz inside (Debian: codec2)
    CODEC~LOSS           quaver and opus: some packets of 20 ms are lost, as in loss.py; Opus through libopus then (libopus.py)
    cmd:NAME@KBPS=COMMAND   any command; {in} and {out} are the files. With {in_dir} and {out_dir} it runs once for all clips
"""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile

import libopus
import loss
import numpy
import scipy.signal
import soundfile

RATE = 16000


class Failed(Exception):
    pass


# A process's peak begins with that of the Python that starts it, so a small program in between measures.
TIME = shutil.which("time")  # GNU time


class Usage:
    """What the processes of a codec took."""

    def __init__(self):
        self.cpu = 0.0  # seconds
        self.peak = None  # bytes; None: GNU time is not installed

    def run(self, arguments, **streams):
        arguments = [str(a) for a in arguments]
        with tempfile.NamedTemporaryFile() as peak:
            measured = [TIME, "-f", "%M", "-o", peak.name, *arguments] if TIME else arguments
            self._run(arguments, measured, streams)
            if TIME:
                self.peak = max(self.peak or 0, int(peak.read().split()[-1]) * 1024)

    def _run(self, arguments, measured, streams):
        try:
            process = subprocess.Popen(measured, stderr=subprocess.PIPE, **streams)
        except OSError as error:
            raise Failed(f"{arguments[0]}: {error.strerror}") from error
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise Failed(f"{shlex.join(arguments)}: exit code {process.returncode}: {said.decode(errors='replace').strip()[-300:]}")
        self.cpu += used.ru_utime + used.ru_stime


class Codec:
    whole_folder = False  # True: run() takes folders

    def __init__(self, spec, label, kbps=None):
        self.spec, self.label, self.kbps = spec, label, kbps
        self.loss = None
        self.encoding, self.decoding = Usage(), Usage()

    def run(self, wav, out, number):
        """Writes the decoded `out` of the clip of that number; returns the bytes of the packets, or None if nobody knows."""
        raise NotImplementedError


class Quaver(Codec):
    def __init__(self, spec, rate, program):
        rate, _, model = rate.partition("@")
        rate, _, effort = rate.partition("^")
        super().__init__(spec, f"Quaver {rate}" + (f" --effort {effort}" if effort else "")
                         + (f" ({pathlib.Path(model).stem})" if model else ""))
        self.program = program
        self.rate = ["--vbr", rate[1:]] if rate.startswith("v") else ["--bitrate", rate]
        self.rate += ["--effort", effort] if effort else []
        self.model = ["--model", model] if model else []

    def run(self, wav, out, number):
        bits = out.with_suffix(".qvr")
        packets = ["--frames-per-packet", 1] if self.loss else []
        self.encoding.run([self.program, "encode", wav, "-o", bits, "--force", *self.rate, *self.model, *packets])
        facts = subprocess.run([self.program, "info", bits, "--json", *self.model], capture_output=True, check=True)
        facts = json.loads(facts.stdout)
        lost = []
        if self.loss:
            trace = out.with_suffix(".loss")
            trace.write_text("".join("1" if gone else "0" for gone in self.loss.trace(facts["frames"], number)) + "\n")
            lost = ["--loss-file", trace]
        self.decoding.run([self.program, "decode", bits, "-o", out, "--force", *self.model, *lost])
        return facts["payload_bytes"]


def ogg_payload(path):
    """Bytes of the packets after the two headers (RFC 3533)."""
    data, at, packets, size = path.read_bytes(), 0, [], 0
    while data[at:at + 4] == b"OggS":
        lacing = data[at + 27:at + 27 + data[at + 26]]
        for value in lacing:
            size += value
            if value < 255:
                packets.append(size)
                size = 0
        at += 27 + len(lacing) + sum(lacing)
    return sum(packets[2:])


class Opus(Codec):
    def __init__(self, spec, kbps):
        super().__init__(spec, f"Opus --bitrate {kbps}")
        self.bitrate = kbps

    def run(self, wav, out, number):
        if self.loss:
            return self.run_lossy(wav, out, number)
        bits = out.with_suffix(".opus")
        self.encoding.run(["opusenc", "--quiet", "--speech", "--bitrate", self.bitrate, "--framesize", 20, wav, bits])
        self.decoding.run(["opusdec", "--quiet", "--rate", RATE, bits, out])
        return ogg_payload(bits)

    def run_lossy(self, wav, out, number):
        samples, _ = soundfile.read(wav, dtype="int16")
        try:
            packets, ahead = libopus.encode(samples, round(1000 * float(self.bitrate)))
            decoded = libopus.decode(packets, self.loss.trace(len(packets), number))
        except libopus.OpusError as error:
            raise Failed(f"{self.spec}: {error}") from error
        soundfile.write(out, decoded[ahead:ahead + len(samples)], RATE, subtype="PCM_16")
        return sum(map(len, packets))


class Speex(Codec):
    def __init__(self, spec, quality):
        super().__init__(spec, f"Speex wideband, quality {quality}")
        self.quality = quality

    def run(self, wav, out, number):
        bits = out.with_suffix(".spx")
        self.encoding.run(["speexenc", "--quality", self.quality, "-w", wav, bits], stdout=subprocess.DEVNULL)
        self.decoding.run(["speexdec", bits, out], stdout=subprocess.DEVNULL)
        return ogg_payload(bits)


class Codec2(Codec):
    def __init__(self, spec, mode):
        super().__init__(spec, f"Codec 2 {mode} (8 kHz)")
        self.mode = mode

    def run(self, wav, out, number):
        raw, bits, decoded = (out.with_suffix(end) for end in (".raw", ".c2", ".8k"))
        samples, _ = soundfile.read(wav)
        narrow = numpy.clip(scipy.signal.resample_poly(samples, 1, 2) * 32768, -32768, 32767)
        raw.write_bytes(narrow.astype("<i2").tobytes())
        self.encoding.run(["c2enc", self.mode, raw, bits], stdout=subprocess.DEVNULL)
        self.decoding.run(["c2dec", self.mode, bits, decoded], stdout=subprocess.DEVNULL)
        wide = scipy.signal.resample_poly(numpy.fromfile(decoded, "<i2") / 32768, 2, 1)
        soundfile.write(out, numpy.clip(wide, -1, 1), RATE, subtype="PCM_16")
        return bits.stat().st_size


class Command(Codec):
    def __init__(self, spec, text):
        head, found, command = text.partition("=")
        name, _, kbps = head.partition("@")
        if not found or "{out" not in command or "{in" not in command:
            raise Failed(f"{spec}: not of the form cmd:NAME@KBPS=COMMAND with {{in}} and {{out}}, or {{in_dir}} and {{out_dir}}")
        super().__init__(spec, name, float(kbps) if kbps else None)
        self.command = command
        self.whole_folder = "{in_dir}" in command

    def run(self, wav, out, number):
        names = {"in_dir": str(wav), "out_dir": str(out)} if self.whole_folder else {"in": str(wav), "out": str(out)}
        self.encoding.run([part.format(**names) for part in shlex.split(self.command)], stdout=subprocess.DEVNULL)
        return None


def make(spec, program):
    kind, _, rest = spec.partition(":")
    kinds = {"opus": Opus, "speex": Speex, "codec2": Codec2, "cmd": Command}
    if not rest or (kind != "quaver" and kind not in kinds):
        raise Failed(f"'{spec}' is no codec: quaver:RATE, opus:KBPS, speex:QUALITY, codec2:MODE or cmd:NAME@KBPS=COMMAND")
    rest, lossy, lost = rest.partition("~") if kind in ("quaver", "opus") else (rest, "", "")
    codec = Quaver(spec, rest, program) if kind == "quaver" else kinds[kind](spec, rest)
    if lossy:
        try:
            codec.loss = loss.Loss(lost)
        except ValueError as error:
            raise Failed(f"{spec}: {error}") from error
        codec.label += f", {lost} lost"
    return codec
