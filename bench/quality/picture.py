"""Rate against distortion: PESQ-WB and ESTOI over kbit/s, a line a family of codecs."""

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402: after the choice of the backend

COLOURS = {"Quaver": "#c0392b", "Quaver --effort 1": "#dd6b20", "Quaver --effort 2": "#97266d", "Opus": "#2b6cb0", "Lyra v2": "#2f855a", "Speex": "#805ad5", "Codec 2": "#718096"}


def family(result):
    label = result["label"]
    if "--effort" in label:
        return "Quaver" + label[label.index(" --effort"):]
    return next((name for name in COLOURS if label.startswith(name)), label)


def draw(results, path):
    results = [r for r in results if r["kbps"]]
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2))
    for axis, key, title in zip(axes, ("pesq_wb", "estoi"), ("PESQ-WB", "ESTOI")):
        for name in dict.fromkeys(map(family, results)):
            points = sorted((r["kbps"], r[key]) for r in results if family(r) == name)
            axis.plot(*zip(*points), marker="o", markersize=4, label=name, color=COLOURS.get(name),
                      linewidth=2.4 if name.startswith("Quaver") else 1.3)
        axis.set_xlabel("payload, kbit/s")
        axis.set_ylabel(title)
        axis.set_xscale("log")
        axis.set_xticks([0.5, 1, 2, 3, 4.5, 6, 9, 12, 16], ["0.5", "1", "2", "3", "4.5", "6", "9", "12", "16"])
        axis.minorticks_off()
        axis.grid(True, color="#e2e8f0")
    axes[1].legend(loc="lower right", frameon=False)
    figure.tight_layout()
    plt.rcParams["svg.hashsalt"] = "quaver"
    figure.savefig(path, metadata={"Date": None})
