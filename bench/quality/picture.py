"""Rate against quality: a panel a measure, a row of panels a set, a line a family of codecs; the recording itself is a dashed
line."""

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402: after the choice of the backend
from tables import COLUMNS, lossless  # noqa: E402

PANELS = ("visqol", "distillmos", "dnsmos_ovrl", "dnsmos_p808", "plcmos", "speaker", "word_errors", "pesq_wb", "estoi", "frozen")
COLOURS = {"Quaver": "#c0392b", "Quaver --effort 1": "#dd6b20", "Quaver --effort 2": "#97266d", "Opus 1.5 NoLACE": "#0987a0",
           "Opus": "#2b6cb0", "Lyra v2": "#2f855a", "Speex": "#805ad5", "Codec 2": "#718096"}
TICKS = [0.5, 1, 2, 3, 4.5, 6, 9, 12, 16]
PER_ROW = 5


def family(entry):
    """The label without what changes the rate: Quaver 3k --effort 1 is of Quaver --effort 1."""
    label = entry["label"]
    if entry["spec"].startswith("quaver:"):
        rate = entry["spec"].removeprefix("quaver:").partition("^")[0].partition("@")[0]
        return label.replace(f" {rate}", "", 1)
    return next((name for name in COLOURS if label.startswith(name)), label)


def panel(axis, results, column):
    coded = [r for r in results if r.get("kbps") and r.get(column.key) is not None]
    for name in sorted(set(map(family, coded))):
        points = sorted((r["kbps"], column.scale * r[column.key]) for r in coded if family(r) == name)
        ours = name.startswith("Quaver")
        colour = COLOURS.get(name) or ("#b08968" if ours else None)
        axis.plot(*zip(*points), marker="o", markersize=3.5, label=name, color=colour, linewidth=2.2 if ours else 1.2,
                  linestyle="-" if name in COLOURS or not ours else ":")
    for r in results:
        if r["spec"] == "original" and r.get(column.key) is not None:
            axis.axhline(column.scale * r[column.key], color="#4a5568", linestyle="--", linewidth=1, label="original")
    axis.set_title(column.title + (" (less is better)" if column.better < 0 else " (0 is best)" if not column.better else ""),
                   fontsize=9)
    axis.set_xscale("log")
    axis.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS], fontsize=7)
    axis.tick_params(axis="y", labelsize=7)
    axis.minorticks_off()
    axis.grid(True, color="#e2e8f0")


def draw(sets, path):
    """sets: {name: entries of its results}; no picture where none of them has been scored"""
    sets = {name: lossless(results) for name, results in sets.items()}
    columns = [COLUMNS[key] for key in PANELS if any(r.get(key) is not None for results in sets.values() for r in results)]
    if not columns:
        return
    rows_of_set = -(-len(columns) // PER_ROW)
    figure, axes = plt.subplots(len(sets) * rows_of_set, PER_ROW, figsize=(15, 2.9 * len(sets) * rows_of_set), squeeze=False)
    for at, (name, results) in enumerate(sets.items()):
        mine = axes[at * rows_of_set:(at + 1) * rows_of_set].flatten()
        for axis, column in zip(mine, columns):
            panel(axis, results, column)
        for axis in mine[len(columns):]:
            axis.set_axis_off()
        mine[0].set_ylabel(name, fontsize=11, fontweight="bold")
    for axis in axes[-1]:
        axis.set_xlabel("payload, kbit/s", fontsize=8)
    lines = {label: line for axis in axes.flatten() for line, label in zip(*axis.get_legend_handles_labels())}
    figure.legend(lines.values(), lines.keys(), loc="upper center", ncols=min(len(lines), 9) or 1, frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.35 / figure.get_figheight()))
    plt.rcParams["svg.hashsalt"] = "quaver"
    figure.savefig(path, metadata={"Date": None})
