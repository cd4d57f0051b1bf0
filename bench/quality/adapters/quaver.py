"""Quaver's own program: encode, info (for the bytes of the packets) and decode."""

import json
import pathlib
import subprocess

from .base import Codec


class Quaver(Codec):
    def __init__(self, spec, rate, programs):
        rate, _, model = rate.partition("@")
        rate, _, effort = rate.partition("^")
        super().__init__(spec, f"{programs.name} {rate}" + (f" --effort {effort}" if effort else "")
                         + (f" ({pathlib.Path(model).stem})" if model else ""))
        model = model or programs.model
        self.program = programs.quaver
        self.rate = ["--vbr", rate[1:]] if rate.startswith("v") else ["--bitrate", rate]
        self.rate += ["--effort", effort] if effort else []
        self.model = ["--model", model] if model else []

    def run(self, wav, out, number):
        bits = out.with_suffix(".qvr")
        packets = ["--frames-per-packet", 1] if self.loss else []
        self.encoding.run([self.program, "encode", wav, "-o", bits, "--force", *self.rate, *self.model, *packets])
        facts = subprocess.run([self.program, "info", bits, "--json", *self.model], capture_output=True, check=True)
        facts = json.loads(facts.stdout)
        self.facts = {"model": facts["model"]}
        lost = []
        if self.loss:
            trace = out.with_suffix(".loss")
            trace.write_text("".join("1" if gone else "0" for gone in self.loss.trace(facts["frames"], number)) + "\n")
            lost = ["--loss-file", trace]
        self.decoding.run([self.program, "decode", bits, "-o", out, "--force", *self.model, *lost])
        return facts["payload_bytes"]
