"""What every adapter is made of: the interface Codec, and Usage, which runs a program and notes what it took."""

import dataclasses
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile

RATE = 16000

# A process's peak begins with that of the Python that starts it, so a small program in between measures.
TIME = shutil.which("time")  # GNU time


class Failed(Exception):
    pass


@dataclasses.dataclass
class Programs:
    """Where the adapters find what they run."""

    quaver: str = "build/release/bin/quaver"
    name: str = "Quaver"  # how the tables call what `quaver` writes
    model: pathlib.Path | None = None  # of quaver specs that name none
    lyra: pathlib.Path | None = None  # folder of Lyra's three .tflite files
    npm: pathlib.Path | None = None  # folder with node_modules


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
    whole_folder = False  # True: run() takes folders, and returns the bytes of all packets

    def __init__(self, spec, label, kbps=None):
        self.spec, self.label, self.kbps = spec, label, kbps
        self.loss = None
        self.facts = {}  # what else the results keep of it, known after a run
        self.encoding, self.decoding = Usage(), Usage()

    def run(self, wav, out, number):
        """Writes the decoded `out` of the clip of that number; returns the bytes of the packets, or None if nobody knows."""
        raise NotImplementedError
