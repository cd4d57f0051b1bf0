#!/usr/bin/env python3
"""Scores what calls.py heard, and writes the table and the picture of docs/network.md.

    bench/network/scores.py results speech/dev

Measures and what they need are those of bench/quality (requirements.txt). Scores stay in OUT/calls.json: what has them is not scored again.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "quality"))
import clips  # noqa: E402
import measures  # noqa: E402

NAMES = {"quaver": "Quaver 3k", "opus": "Opus 12"}


def title(codec):
    name, _, kind = codec.partition(":")
    _, _, more = kind.partition("+")
    if not more:
        return NAMES[name]
    frames, _, tokens = more.partition("x")
    return f"{NAMES[name]}, {'in-band FEC' if more == 'fec' else f'{frames} x {tokens} redundant'}"


def percent(network):
    loss, _, how = network.partition(" ")
    return f"{loss} % {how}".strip()


def score(out, speech, names):
    results = out / "calls.json"
    calls = json.loads(results.read_text())
    references = clips.read(speech)
    for name in names:
        measure = measures.load(name, measures.Options())
        for call in calls:
            scores = call.setdefault("scores", {})
            if all(column.key in scores for column in measure.columns):
                continue
            heard = sorted((out / call["folder"]).glob("*.wav"))
            found = [measure.score(measures.Pair(references[path.stem], clips.read_decoded(path))) for path in heard]
            for column in measure.columns:
                values = [values[column.key] for values in found if values.get(column.key) is not None]
                scores[column.key] = sum(values) / len(values) if values else None
            results.write_text(json.dumps(calls, indent=1))
            print(f"{call['codec']}, {call['network']}: {scores}", file=sys.stderr, flush=True)
    return calls


def table(calls):
    networks = list(dict.fromkeys(call["network"] for call in calls))
    lines = ["| | kbit/s on the wire | ms from mouth to ear | " + " | ".join(percent(n) for n in networks) + " |",
             "| --- | --- | --- | " + "--- | " * len(networks)]
    for codec in dict.fromkeys(call["codec"] for call in calls):
        of = {call["network"]: call for call in calls if call["codec"] == codec}
        some = next(iter(of.values()))
        cells = []
        for network in networks:
            scores = of[network]["scores"] if network in of else {}
            cells.append(", ".join(f"{scores[key]:.{digits}f}" for key, digits in (("estoi", 3), ("distillmos", 2)) if scores.get(key) is not None))
        lines.append(f"| {title(codec)} | {some['kbps_on_wire']:.1f} | {some['mouth_to_ear_ms']['median']:.0f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def picture(calls, path):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "quaver"
    from matplotlib import pyplot

    panels = [("estoi", "ESTOI"), ("distillmos", "DistillMOS")]
    figure, axes = pyplot.subplots(1, len(panels), figsize=(9, 3.6))
    for axis, (key, name) in zip(axes, panels):
        for codec in dict.fromkeys(call["codec"] for call in calls):
            points = sorted((float(call["network"]), call["scores"][key]) for call in calls
                            if call["codec"] == codec and call["network"].isdigit() and call["scores"].get(key) is not None)
            colour = "C0" if codec.startswith("quaver") else "C1"
            style = {"": "-", "fec": "--", "1x3": "--", "2x1": ":"}.get(codec.partition("+")[2], "-.")
            axis.plot(*zip(*points), style, color=colour, marker="o", markersize=3, label=title(codec))
        axis.set_xlabel("packets lost, %")
        axis.set_xticks(sorted({float(call["network"]) for call in calls if call["network"].isdigit()}))
        axis.set_title(name)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path, help="what calls.py wrote")
    parser.add_argument("speech", type=pathlib.Path, help="the clips that were spoken")
    parser.add_argument("--measures", default="estoi,distillmos", help="of bench/quality (estoi,distillmos)")
    parser.add_argument("--picture", type=pathlib.Path, metavar="SVG")
    arguments = parser.parse_args()
    calls = score(arguments.out, arguments.speech, arguments.measures.split(","))
    print(table(calls))
    if arguments.picture:
        picture(calls, arguments.picture)


if __name__ == "__main__":
    main()
