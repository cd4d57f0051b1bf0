"""Any command that makes one WAV file of another, or a folder of them of another folder."""

import shlex
import subprocess

from .base import Codec, Failed


class Command(Codec):
    def __init__(self, spec, text, programs):
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
