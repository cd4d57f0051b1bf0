#!/usr/bin/env python3
"""Makes a markdown table and pictures of the results of bench/bottlenecks/run.py.

    bench/bottlenecks/report.py RESULTS.jsonl... -o FOLDER

Writes table.md, quality.svg, usage.svg (codes over the training) and, if models were quantised by other levels than
they were trained with, levels.svg.
"""

import argparse
import json
import pathlib
import statistics

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402: after the choice of the backend

import scores  # noqa: E402

matplotlib.rcParams["svg.hashsalt"] = "quaver"  # the same figures, the same bytes

NOTES = """\
Means over the seeds, ± half of the distance between the largest and the smallest. CVU: normalised perplexity exp(H) / K of
the tokens of all clips, K: the true number of codes (the product of the levels). kbit/s: (p) payload of packets of the
exported model, range coded with tables counted on the training data; (e) entropy times frame rate, for those that
cannot be exported: a lower bound for a coder without context, which knows the frequencies of these very clips. Gap:
reconstruction loss of the evaluation clips as at inference (quantised) less as in training (perturbed, or the same).
Collapsed: fewer than 4 codes' worth of perplexity, no speech (ESTOI below .3), or losses that are not finite.
"""


def groups(lines):
    """Lines of the same name, in the order in which names came first."""
    out = {}
    for line in lines:
        out.setdefault(line["name"], []).append(line)
    return out


def figure(values, digits):
    """Mean and half the spread."""
    values = [v for v in values if v is not None]
    if not values:
        return ""
    text = f"{statistics.mean(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ± {(max(values) - min(values)) / 2:.{digits}f}"


def token_figure(lines, name, digits):
    return figure([line["tokens"][name] if line["tokens"] else None for line in lines], digits)


def rate_figure(lines):
    rates = [line["rate"] for line in lines if line["rate"]]
    return f"{figure([r['kbps'] for r in rates], 3)} ({rates[0]['of'][0]})" if rates else ""


def row(name, lines):
    good = [line for line in lines if "failed" not in line]
    collapsed = f"{sum(map(scores.collapsed, lines))} of {len(lines)}"
    if not good:
        return [name] + [""] * 10 + [collapsed, ""]
    gap = [line["loss"]["quantised"] - line["loss"]["trained"] for line in good]
    codes = [line["tokens"]["codes"] for line in good if line["tokens"]]
    return [name,
            figure([line["pesq_wb"] for line in good], 3),
            figure([line["estoi"] for line in good], 4),
            figure([line["log_mel_db"] for line in good], 3),
            str(codes[0]) if codes else "",
            token_figure(good, "usage", 3),
            token_figure(good, "normalised_perplexity", 4),
            token_figure(good, "entropy_bits", 2),
            rate_figure(good),
            figure([line["loss"]["quantised"] for line in good], 3),
            figure(gap, 3),
            collapsed,
            figure([line["step_seconds"] for line in good], 3)]


HEAD = ["run", "PESQ-WB", "ESTOI", "log-mel dB", "codes", "usage", "CVU", "bits a token", "kbit/s", "loss", "gap",
        "collapsed", "s a step"]


def table(lines):
    rows = [row(name, group) for name, group in groups(lines).items()]
    out = ["| " + " | ".join(HEAD) + " |", "|" + " --- |" * len(HEAD)]
    return "\n".join(out + ["| " + " | ".join(r) + " |" for r in rows]) + "\n"


def extra_table(lines, key, head, first):
    """A table of what a model gave under other conditions, each seed by itself."""
    rows = [(line, again) for line in lines for again in line.get(key, [])]
    if not rows:
        return ""
    out = ["", head, "", f"| run | seed | {key_name(key)} | codes | entropy, bits a token | entropy kbit/s | payload kbit/s | PESQ-WB | ESTOI "
           "| log-mel dB |", "|" + " --- |" * 10]
    for line, again in rows:
        known = "codes" in again
        out.append(f"| {line['name']} | {line['seed']} | {first(again)} | {again['codes'] if known else ''} "
                   f"| {format(again['entropy_bits'], '.2f') if known else ''} "
                   f"| {format(again['entropy_kbps'], '.3f') if known else ''} "
                   f"| {format(again['payload_kbps'], '.3f') if 'payload_kbps' in again else ''} | {again['pesq_wb']:.3f} "
                   f"| {again['estoi']:.4f} | {again['log_mel_db']:.3f} |")
    return "\n".join(out) + "\n"


def key_name(key):
    return {"requantised": "quantised by", "by_n_q": "tokens a frame"}[key]


def summary(line):
    if "failed" in line:
        return f"failed: {line['failed']}"
    tokens = line["tokens"]
    use = f", usage {tokens['usage']:.3f}, CVU {tokens['normalised_perplexity']:.4f}" if tokens else ""
    return f"PESQ-WB {line['pesq_wb']:.3f}, ESTOI {line['estoi']:.4f}, log-mel {line['log_mel_db']:.3f} dB{use}, " \
           f"{line['step_seconds']:.3f} s a step"


def colours(names):
    palette = plt.get_cmap("tab10" if len(names) <= 10 else "tab20")
    return {name: palette(i) for i, name in enumerate(names)}


def save(picture, path):
    picture.tight_layout()
    picture.savefig(path, metadata={"Date": None})
    plt.close(picture)


def draw_quality(lines, path):
    by_name = groups([line for line in lines if "failed" not in line])
    colour = colours(by_name)
    picture, axes = plt.subplots(1, 3, figsize=(12, 1.2 + 0.3 * len(by_name)), sharey=True)
    for axis, (key, title) in zip(axes, (("pesq_wb", "PESQ-WB"), ("estoi", "ESTOI"), ("log_mel_db", "log-mel dB (less is better)"))):
        for i, (name, group) in enumerate(by_name.items()):
            values = [line[key] for line in group]
            axis.plot([min(values), max(values)], [i, i], color=colour[name], linewidth=2)
            axis.plot(values, [i] * len(values), "o", color=colour[name], markersize=5)
        axis.set_title(title)
        axis.grid(alpha=0.3)
    axes[0].set_yticks(range(len(by_name)), by_name)
    axes[0].invert_yaxis()
    save(picture, path)


def draw_usage(lines, path):
    with_tokens = [line for line in lines if line.get("tokens") and line["curve"]]
    names = list(groups(with_tokens))
    colour = colours(names)
    picture, axes = plt.subplots(1, 2, figsize=(12, 4.5))
    for axis, (key, title) in zip(axes, (("normalised_perplexity", "normalised perplexity, exp(H) / K"), ("usage", "share of the codes met"))):
        seen = set()
        for line in with_tokens:
            points = [(p["step"], p[key]) for p in line["curve"] if p[key] is not None]
            name = line["name"]
            axis.plot(*zip(*points), color=colour[name], linewidth=1, label=None if name in seen else name)
            seen.add(name)
        axis.set_title(title)
        axis.set_xlabel("step")
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    axes[1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    save(picture, path)


def draw_levels(lines, path):
    with_levels = [line for line in lines if line.get("requantised")]
    if not with_levels:
        return
    colour = colours(list(groups(with_levels)))
    picture, axes = plt.subplots(1, 2, figsize=(12, 4.5))
    for axis, key in zip(axes, ("pesq_wb", "estoi")):
        seen = set()
        for line in with_levels:
            points = sorted((again["nominal_kbps"], again[key]) for again in line["requantised"])
            name = line["name"]
            axis.plot(*zip(*points), "o-", color=colour[name], markersize=4, label=None if name in seen else name)
            seen.add(name)
            if line["tokens"]:
                axis.plot(line["tokens"]["nominal_kbps"], line[key], "*", color=colour[name], markersize=12)
        axis.set_title({"pesq_wb": "PESQ-WB", "estoi": "ESTOI"}[key])
        axis.set_xlabel("nominal kbit/s of the quantiser at inference (star: as trained)")
        axis.grid(alpha=0.3)
    axes[1].legend(fontsize=8)
    save(picture, path)


def write(lines, folder):
    text = table(lines) + "\n" + NOTES
    text += extra_table(lines, "by_n_q", "Some of the tokens of a frame:", lambda again: again["n_q"])
    text += extra_table(lines, "requantised", "Quantised at inference by levels that the model was not trained with, or by codebooks fitted after training:",
                        lambda again: " x ".join(map(str, again["by"])) if isinstance(again["by"], list) else "k-means")
    (folder / "table.md").write_text(text)
    draw_quality(lines, folder / "quality.svg")
    draw_usage(lines, folder / "usage.svg")
    draw_levels(lines, folder / "levels.svg")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    parser.add_argument("-o", "--output", required=True, type=pathlib.Path)
    options = parser.parse_args()
    lines = [json.loads(line) for path in options.results for line in path.read_text().splitlines()]
    options.output.mkdir(parents=True, exist_ok=True)
    write(lines, options.output)


if __name__ == "__main__":
    main()
