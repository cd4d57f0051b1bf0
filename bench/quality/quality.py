#!/usr/bin/env python3
"""Runs a folder of speech through codecs and scores what comes out: a table, a picture of rate against distortion, JSON.

    bench/quality/quality.py my/speech --codecs quaver:3k opus:12 --out results
    bench/quality/quality.py my/speech --program build/release/bin/quaver --out results
    bench/quality/quality.py my/speech --codecs quaver:6k~0% quaver:6k~10% opus:12~0% opus:12~10% --out results
    bench/quality/quality.py my/speech --out results --codecs \\
      'cmd:Lyra v2@3.2=node lyra.mjs models 16 {in_dir} {out_dir}'

Clips are FLAC or WAV, 16 kHz, mono. A codec whose results are in OUT/results.json already is not run again, so that peers
are run once. The rate is that of the packets alone, over all clips. Needs PyPI's numpy, scipy, soundfile, pesq, pystoi and
matplotlib; GNU time for the peak of memory. `bench/quality/adapters.py` lists the forms of a codec.
"""

import argparse
import json
import pathlib
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor

import adapters
import soundfile

KEYS = ("pesq_wb", "estoi", "log_mel_db", "si_sdr_db")
DEFAULT = ["quaver:0.5k", "quaver:1k", "quaver:1.5k", "quaver:3k", "quaver:4.5k", "quaver:6k", "quaver:9k",
           "opus:6", "opus:8", "opus:9", "opus:10", "opus:12", "opus:16", "speex:2", "speex:4", "codec2:1300", "codec2:3200"]


def clips_of(folder):
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".flac", ".wav"))
    if not paths:
        raise adapters.Failed(f"{folder}: no .flac or .wav in it")
    clips = {}
    for path in paths:
        samples, rate = soundfile.read(path)
        if rate != adapters.RATE or samples.ndim != 1:
            raise adapters.Failed(f"{path}: {rate} Hz, {1 if samples.ndim == 1 else samples.shape[1]} channels, not 16000 Hz mono")
        if path.stem in clips:
            raise adapters.Failed(f"{path}: there is another clip of that name")
        clips[path.stem] = samples
    return clips


def score_file(job):
    import scores
    reference, path = job
    decoded, rate = soundfile.read(path)
    if rate != adapters.RATE:
        raise adapters.Failed(f"{path}: decoded to {rate} Hz")
    return scores.score(reference, decoded if decoded.ndim == 1 else decoded[:, 0])


def measure(codec, clips, wavs, folder, pool):
    folder.mkdir(parents=True)
    outs = {name: folder / f"{name}.wav" for name in clips}
    if codec.whole_folder:
        codec.run(wavs, folder, 0)
        payload = None
    else:
        sizes = [codec.run(wavs / f"{name}.wav", outs[name], number) for number, name in enumerate(clips)]
        payload = None if None in sizes else sum(sizes)
    seconds = sum(len(samples) for samples in clips.values()) / adapters.RATE
    rows = dict(zip(clips, pool.map(score_file, [(clips[name], outs[name]) for name in clips])))
    result = {"spec": codec.spec, "label": codec.label, "clips": len(clips), "seconds": seconds,
              "kbps": codec.kbps if payload is None else 8 * payload / seconds / 1000,
              "encode_cpu": codec.encoding.cpu, "decode_cpu": codec.decoding.cpu,
              "peak_bytes": max((codec.encoding.peak or 0), (codec.decoding.peak or 0)) or None, "of_clips": rows}
    for key in KEYS:
        values = [row[key] for row in rows.values()]
        result[key] = sum(values) / len(values)
        result["worst_" + key] = max(values) if key == "log_mel_db" else min(values)
    return result


def table(results):
    head = ("codec", "kbit/s", "PESQ-WB", "worst", "ESTOI", "worst", "log-mel dB", "x real time, encode / decode", "peak MB")
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for r in sorted(results, key=lambda r: r["kbps"] or 0):
        speed = lambda cpu: f"{r['seconds'] / cpu:{'.0f' if r['seconds'] > 10 * cpu else '.1f'}}" if cpu > 0 else "-"  # noqa: E731
        name = f"**{r['label']}**" if r["spec"].startswith("quaver") else r["label"]
        lines.append("| " + " | ".join([
            name, f"{r['kbps']:.2f}" if r["kbps"] else "?", f"{r['pesq_wb']:.2f}", f"{r['worst_pesq_wb']:.2f}",
            f"{r['estoi']:.3f}", f"{r['worst_estoi']:.3f}", f"{r['log_mel_db']:.2f}",
            f"{speed(r['encode_cpu'])} / {speed(r['decode_cpu'])}", f"{r['peak_bytes'] / 1e6:.0f}" if r["peak_bytes"] else "?"]) + " |")
    return "\n".join(lines) + "\n"


def loss_table(results):
    """ESTOI and PESQ-WB with packets lost, and what was lost of them: of codecs that were run at `~0%` too."""
    lossy = {}
    for r in results:
        codec, found, lost = r["spec"].partition("~")
        if found:
            lossy.setdefault(codec, {})[lost] = r
    lossy = {codec: by for codec, by in lossy.items() if "0%" in by}
    if not lossy:
        return ""
    losses = list(dict.fromkeys(lost for by in lossy.values() for lost in by))
    heads = [f"{by['0%']['label'].split(', ')[0]}: {by['0%']['kbps']:.2f} kbit/s" for by in lossy.values()]
    lines = ["", "| packets lost | " + " | ".join(heads) + " |", "|" + " --- |" * (1 + len(lossy))]
    for lost in losses:
        cells = []
        for by in lossy.values():
            r, whole = by.get(lost), by["0%"]
            falls = [f"{r[key]:.{digits}f}" + (f" ({r[key] - whole[key]:+.{digits}f})" if lost != "0%" else "")
                     for key, digits in (("estoi", 3), ("pesq_wb", 2))] if r else []
            cells.append(", ".join(falls))
        lines.append(f"| {lost.replace('x', ' in bursts of ')} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def lossless(results):
    return [r for r in results if "~" not in r["spec"]]


def tables(results):
    return (table(lossless(results)) if lossless(results) else "") + loss_table(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=pathlib.Path, help="folder of speech")
    parser.add_argument("--codecs", nargs="+", default=DEFAULT, metavar="CODEC", help="what to run (default: %(default)s)")
    parser.add_argument("--program", default="build/release/bin/quaver", help="the program `quaver` (default: %(default)s)")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for results.json, table.md and picture.svg")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="keep the decoded clips in DIR/CODEC/")
    parser.add_argument("--again", action="store_true", help="run codecs whose results are there already, too")
    arguments = parser.parse_args()
    clips = clips_of(arguments.clips)
    file = arguments.out / "results.json"
    known = {r["spec"]: r for r in json.loads(file.read_text())} if file.is_file() else {}
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, ProcessPoolExecutor() as pool:
        wavs = pathlib.Path(temporary) / "reference"
        wavs.mkdir()
        for name, samples in clips.items():
            soundfile.write(wavs / f"{name}.wav", samples, adapters.RATE, subtype="PCM_16")
        for number, spec in enumerate(arguments.codecs, 1):
            if spec in known and not arguments.again:
                continue
            codec = adapters.make(spec, arguments.program)
            folder = (arguments.keep or pathlib.Path(temporary)) / spec.split("=")[0].replace("/", "_").replace(":", "-")
            known[spec] = result = measure(codec, clips, wavs, folder, pool)
            print(f"{number}/{len(arguments.codecs)} {codec.label}: {result['kbps'] or 0:.2f} kbit/s, PESQ-WB "
                  f"{result['pesq_wb']:.3f}, ESTOI {result['estoi']:.4f}, log-mel {result['log_mel_db']:.2f} dB", file=sys.stderr)
            temporary_file = file.with_suffix(".new")
            temporary_file.write_text(json.dumps(list(known.values()), indent=1) + "\n")
            temporary_file.replace(file)
    results = list(known.values())
    (arguments.out / "table.md").write_text(tables(results))
    if lossless(results):
        import picture
        picture.draw(lossless(results), arguments.out / "picture.svg")
    print(tables(results), end="")


if __name__ == "__main__":
    try:
        main()
    except adapters.Failed as failure:
        sys.exit(f"quality.py: {failure}")
