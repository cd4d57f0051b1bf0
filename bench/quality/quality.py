#!/usr/bin/env python3
"""Runs folders of speech through codecs and scores what comes out: tables, a picture with a panel a measure, JSON.

    bench/quality/quality.py speech/dev speech/dev-multi --quaver build/release/bin/quaver --bitrate 1.5k,3k --out results
    bench/quality/quality.py speech/dev --codecs quaver:3k opus:12 original --out results
    bench/quality/quality.py speech/dev --codecs quaver:6k~0% quaver:6k~10% opus:12~0% opus:12~10% \\
      --measures estoi,pesq,plcmos --out results
    bench/quality/quality.py speech/dev --codecs lyra:3.2 opus-nolace:9 --lyra weights --npm node --out results

Clips are FLAC or WAV, 16 kHz, mono; a set is called as its folder. OUT/SET.json keeps every clip: what is in it already is
not measured again, so a run that was stopped goes on where it was, and peers are run once. The rate is that of the packets
alone, over all clips. `bench/quality/adapters/__init__.py` lists the forms of a codec, `bench/quality/requirements.txt` what
the measures need: one whose package is missing is left out. GNU time gives the peak of memory.
"""

import argparse
import pathlib
import sys
import tempfile
import time

import adapters
import clips
import measures
import report
import soundfile
import tables
from results import Results

DEFAULT = ["original", "quaver:0.5k", "quaver:1k", "quaver:1.5k", "quaver:3k", "quaver:4.5k", "quaver:6k", "quaver:9k",
           "opus:6", "opus:8", "opus:9", "opus:10", "opus:12", "opus:16", "speex:2", "speex:4", "codec2:1300", "codec2:3200"]


def say(text):
    print(text, file=sys.stderr, flush=True)


class Set:
    """A set of clips with its results, its recordings as WAV files and what codecs made of them."""

    def __init__(self, folder, out, keep, want):
        self.name = folder.resolve().name
        self.clips = clips.read(folder)
        self.results = Results(out / f"{self.name}.json")
        self.folder = keep / self.name
        self.wavs = self.folder / "reference"
        self.want = want
        self.wavs.mkdir(parents=True, exist_ok=True)
        for name, clip in self.clips.items():
            if not (self.wavs / f"{name}.wav").is_file():
                soundfile.write(self.wavs / f"{name}.wav", clip.samples, adapters.RATE, subtype="PCM_16")

    def decoded(self, codec):
        name = f"{codec.label}-{codec.spec.split('=')[0]}"
        return self.folder / "".join(c if c.isalnum() or c in ".-^~%" else "_" for c in name)

    def chosen(self, measure):
        """Names of the clips that a measure is asked about: all, or every so manieth."""
        return list(self.clips)[::self.want.get(measure, 1)]

    def lacking(self, codec, measure):
        keys = [column.key for column in measures.by_name[measure].columns]
        of_clips = self.results.entry(codec)["of_clips"]
        return [name for name in self.chosen(measure) if any(key not in of_clips.get(name, {}) for key in keys)]


def run_codec(codec, of):
    """Decodes all clips of a set and notes the bytes and what it took, unless that was done."""
    entry, folder = of.results.entry(codec), of.decoded(codec)
    done = folder / "done"
    if done.is_file() and "seconds" in entry:
        return
    folder.mkdir(parents=True, exist_ok=True)
    outs = {name: folder / f"{name}.wav" for name in of.clips}
    if codec.whole_folder:
        payload = codec.run(of.wavs, folder, 0)
    else:
        sizes = {name: codec.run(of.wavs / f"{name}.wav", outs[name], number) for number, name in enumerate(of.clips)}
        payload = None if None in sizes.values() else sum(sizes.values())
        for name, size in sizes.items():
            if size is not None:
                entry["of_clips"].setdefault(name, {})["bytes"] = size
    for out in outs.values():
        if not out.is_file():
            raise adapters.Failed(f"{codec.spec}: wrote no {out}")
    seconds = sum(len(clip.samples) for clip in of.clips.values()) / adapters.RATE
    entry |= {"clips": len(of.clips), "seconds": seconds, "kbps": codec.kbps if payload is None else 8 * payload / seconds / 1000,
              "encode_cpu": codec.encoding.cpu, "decode_cpu": codec.decoding.cpu,
              "peak_bytes": max((codec.encoding.peak or 0), (codec.decoding.peak or 0)) or None, **codec.facts}
    for name in of.clips:
        entry["of_clips"].setdefault(name, {})
    of.results.save()
    done.touch()
    say(f"{of.name}: {codec.label}: {entry['kbps'] or 0:.2f} kbit/s")


def apply_measure(measure, codec, of):
    lacking = of.lacking(codec, measure.name)
    if not lacking:
        return
    of_clips, started = of.results.entry(codec)["of_clips"], time.process_time()
    for name in lacking:
        decoded = clips.read_decoded(of.decoded(codec) / f"{name}.wav")
        of_clips.setdefault(name, {}).update(measure.score(measures.Pair(of.clips[name], decoded)))
    of.results.save()
    entry = of.results.entry(codec)
    scores = ", ".join(f"{c.title} {tables.cell(entry, c) or '-'}" for c in measure.columns)
    say(f"{of.name}: {codec.label}: {scores} ({len(lacking)} clips, {time.process_time() - started:.0f} s)")


def run(arguments):
    programs = adapters.Programs(arguments.quaver, arguments.name, arguments.model, arguments.lyra, arguments.npm)
    options = measures.Options(arguments.whisper, arguments.keep and arguments.keep / "transcripts.json")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        keep = arguments.keep or pathlib.Path(temporary)
        sets = [Set(folder, arguments.out, keep, arguments.every) for folder in arguments.clips]
        for of in sets:
            for other in arguments.take:
                if (other / f"{of.name}.json").is_file():
                    of.results.take(Results(other / f"{of.name}.json"))
            if arguments.again:
                for spec in arguments.codecs:
                    codec = adapters.make(spec, programs)
                    of.results.of.pop((codec.label, spec), None)
                    (of.decoded(codec) / "done").unlink(missing_ok=True)
        work = []  # of codecs that lack something
        for of in sets:
            for spec in arguments.codecs:
                codec = adapters.make(spec, programs)
                if "seconds" not in of.results.entry(codec) or any(of.lacking(codec, name) for name in arguments.measures):
                    run_codec(codec, of)
                    work.append((codec, of))
        for name in arguments.measures:
            if not any(of.lacking(codec, name) for codec, of in work):
                continue
            try:
                measure = measures.load(name, options)
            except measures.Unavailable as missing:
                say(f"quality.py: {name} is left out: {missing}")
                continue
            for codec, of in work:
                apply_measure(measure, codec, of)
    return sets


def every(text):
    name, _, count = text.partition("=")
    if name not in measures.by_name or not count.isdigit() or int(count) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form MEASURE=N")
    return name, int(count)


def named(text):
    names = text.split(",")
    for name in names:
        if name not in measures.by_name:
            raise argparse.ArgumentTypeError(f"'{name}' is no measure: {', '.join(measures.by_name)}")
    return [name for name in measures.by_name if name in names]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=pathlib.Path, nargs="+", help="folders of speech, a set each")
    parser.add_argument("--codecs", nargs="+", metavar="CODEC",
                        help="what to run (default: the rates of --bitrate; without it, Quaver, Opus, Speex and Codec 2 at several)")
    parser.add_argument("--quaver", "--program", default="build/release/bin/quaver", metavar="PROGRAM",
                        help="the program `quaver` (default: %(default)s)")
    parser.add_argument("--model", type=pathlib.Path, metavar="FILE", help="model for it (default: the one that it was built with)")
    parser.add_argument("--name", default="Quaver", help="how the tables call it (default: %(default)s)")
    parser.add_argument("--bitrate", metavar="RATE,...", help="rates of Quaver, such as 1.5k,3k")
    parser.add_argument("--effort", default="0", metavar="N,...", help="at each effort of these (default: %(default)s)")
    parser.add_argument("--measures", type=named, default=list(measures.by_name), metavar="NAME,...",
                        help=f"these alone (default: all): {','.join(measures.by_name)}")
    parser.add_argument("--every", type=every, action="append", default=[], metavar="MEASURE=N",
                        help="score only every Nth clip by a measure that takes long; the tables tell")
    parser.add_argument("--whisper", type=pathlib.Path, metavar="DIR", help="Whisper model in CTranslate2's format, for word errors")
    parser.add_argument("--lyra", type=pathlib.Path, metavar="DIR", help="folder of Lyra v2's three .tflite files")
    parser.add_argument("--npm", type=pathlib.Path, metavar="DIR", help="folder where npm installed @wasm-audio-decoders/opus-ml")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for SET.json, tables.md and picture.svg")
    parser.add_argument("--take", type=pathlib.Path, nargs="+", default=[], metavar="DIR",
                        help="folders of other runs, whose results are taken over")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="keep the decoded clips in DIR/SET/CODEC/, and the transcripts of the recordings")
    parser.add_argument("--again", action="store_true", help="run codecs whose results are there already, too")
    arguments = parser.parse_args()
    arguments.every = dict(arguments.every)
    rates = [f"quaver:{rate}" + (f"^{effort}" if effort != "0" else "")
             for rate in (arguments.bitrate or "").split(",") if rate for effort in arguments.effort.split(",")]
    if not rates and arguments.codecs is None:
        arguments.codecs = [] if arguments.take else DEFAULT
    else:
        arguments.codecs = (arguments.codecs or []) + rates
    return arguments


def main():
    arguments = parse()
    sets = {of.name: of.results.entries for of in run(arguments)}
    print(report.write(sets, arguments.out), end="")


if __name__ == "__main__":
    try:
        main()
    except adapters.Failed as failure:
        sys.exit(f"quality.py: {failure}")
