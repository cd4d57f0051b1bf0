"""What a finished run is worth: scores, tokens, losses and rates, by `quaver` and PyPI's pesq."""

import concurrent.futures
import json
import math
import pathlib
import shutil
import subprocess

import pesq
import soundfile

EXPORTED = ("fsp", "vp")  # the others cannot become a weights file


class CommandError(Exception):
    pass


def call(*command):
    """Standard output of a command; its last words if it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()
        raise CommandError(f"{' '.join(map(str, command[:2]))}: {words[-1] if words else done.returncode}")
    return done.stdout


def clips(folder):
    return sorted(p for p in pathlib.Path(folder).iterdir() if p.suffix in (".wav", ".flac"))


def pesq_of(pair):
    reference, decoded = (soundfile.read(path)[0] for path in pair)
    try:
        return pesq.pesq(16000, reference, decoded, "wb")
    except pesq.PesqError:  # nothing that it would call an utterance
        return 1.0


def pesq_scores(references, decoded, threads):
    pairs = [(str(p), str(pathlib.Path(decoded) / (p.stem + ".wav"))) for p in clips(references)]
    with concurrent.futures.ProcessPoolExecutor(threads) as pool:
        return list(pool.map(pesq_of, pairs))


def evaluate(quaver, run, references, decoded, threads, bottleneck=None, n_q=None):
    """Decodes `references` by the run (or by another quantiser on its latents) and scores what comes out."""
    options = ["--bottleneck", json.dumps(bottleneck)] if bottleneck else []
    options += ["--n-q", n_q] if n_q else []
    facts = json.loads(call(quaver, "evaluate", references, decoded, "--run", run, "--json", *options))
    pesqs = pesq_scores(references, decoded, threads)
    facts["pesq_wb"] = sum(pesqs) / len(pesqs)
    return facts


def payload(quaver, run, references, folder, n_q):
    """kbit/s of packets of 25 frames of the exported model, range coded with the frequencies of the training data."""
    model = folder / "model.safetensors"
    if not model.is_file():
        call(quaver, "export", run, "-o", model, "--entropy-steps", 0)
    streams = folder / "streams"
    shutil.rmtree(streams, ignore_errors=True)
    streams.mkdir()
    call(quaver, "encode", *clips(references), "-o", streams, "--model", model, "--tokens", n_q, "--frames-per-packet", 25)
    facts = [json.loads(call(quaver, "info", "--json", path)) for path in sorted(streams.glob("*.qvr"))]
    seconds = sum(soundfile.info(path).duration for path in clips(references))
    return 8 * sum(stream["payload_bytes"] for stream in facts) / seconds / 1000


def rate(quaver, run, references, folder, facts):
    """What a second of speech takes, and how that is known."""
    if "entropy_bps" not in facts["run"]:
        return None
    entropy = {"kbps": facts["run"]["entropy_bps"] / 1000, "of": "entropy"}
    if facts["run"]["bottleneck"]["type"] not in EXPORTED:
        return entropy
    try:
        return {"kbps": payload(quaver, run, references, folder, facts["run"]["n_q"]), "of": "payload"}
    except CommandError as error:  # a codec that has no such bottleneck yet
        return {**entropy, "why": str(error)}


def curve(run):
    """Use of the codes over the training, means over the groups, and ESTOI at the full rate."""
    points = []
    for line in (pathlib.Path(run) / "log.jsonl").read_text().splitlines():
        entry = json.loads(line)
        validation = entry.get("validation")
        if not validation:
            continue
        tokens = validation.get("tokens") or []
        rates = [key for key in validation if key.isdigit()]
        mean = lambda key: sum(t[key] for t in tokens) / len(tokens) if tokens else None  # noqa: E731
        points.append({"step": entry["step"],
                       "usage": mean("usage"),
                       "normalised_perplexity": mean("normalised_perplexity"),
                       "estoi": validation[max(rates, key=int)]["estoi"] if rates else None})
    return points


def tokens_of(facts):
    """Means over the groups."""
    tokens = facts["run"].get("tokens")
    if not tokens:
        return None
    mean = {key: sum(t[key] for t in tokens) / len(tokens)
            for key in ("usage", "entropy_bits", "normalised_perplexity")}
    return {**mean, "codes": facts["run"]["codes"], "perplexity": mean["normalised_perplexity"] * facts["run"]["codes"],
            "nominal_kbps": facts["run"]["nominal_bps"] / 1000}


def other_quantiser(bottleneck, by):
    """A list: the same with these levels. A number: a codebook of so many codes, fitted after training."""
    if isinstance(by, list):
        return {**bottleneck, "levels": by}
    return {"type": "vp", "groups": bottleneck["groups"], "dims": bottleneck["dims"], "codes": by}


def result(quaver, run, folder, references, threads):
    """The line of results of a run that is trained."""
    trained = folder / "run"
    if run.bottleneck["type"] == "vp":
        call(quaver, "fit-codebook", trained)
    facts = evaluate(quaver, trained, references, folder / "decoded", threads)
    loss = facts["run"]["loss"]
    line = {"clips": facts["clips"],
            "pesq_wb": facts["pesq_wb"],
            "estoi": facts["estoi"],
            "log_mel_db": facts["log_mel_db"],
            "si_sdr_db": facts["si_sdr_db"],
            "tokens": tokens_of(facts),
            "rate": rate(quaver, trained, references, folder, facts),
            "loss": {"quantised": loss["quantised"]["total"], "trained": loss["trained"]["total"]},
            "parameters": facts["run"]["parameters"],
            "steps": facts["run"]["step"],
            "step_seconds": facts["run"]["seconds"] / max(1, facts["run"]["step"]),
            "curve": curve(trained)}
    def again(**how):
        other = evaluate(quaver, trained, references, folder / "decoded-again", threads, **how)
        out = {name: other[name] for name in ("pesq_wb", "estoi", "log_mel_db")}
        if "tokens" in other["run"]:
            out |= {"codes": other["run"]["codes"], "entropy_bits": tokens_of(other)["entropy_bits"],
                    "entropy_kbps": other["run"]["entropy_bps"] / 1000, "nominal_kbps": other["run"]["nominal_bps"] / 1000}
        return out

    line["by_n_q"] = []
    for n_q in run.n_q:
        other = {"n_q": n_q, **again(n_q=n_q)}
        if line["rate"] and line["rate"]["of"] == "payload":
            other["payload_kbps"] = payload(quaver, trained, references, folder, n_q)
        line["by_n_q"].append(other)
    line["requantised"] = [{"by": by, **again(bottleneck=other_quantiser(run.bottleneck, by))} for by in run.requantise]
    return line


def collapsed(line):
    """A run that failed, whose decoder gives no speech, or that gets by with fewer than 4 codes of a token."""
    if "failed" in line or not math.isfinite(line["estoi"]) or line["estoi"] < 0.3:
        return True
    return line["tokens"] is not None and line["tokens"]["perplexity"] < 4
