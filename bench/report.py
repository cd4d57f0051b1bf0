#!/usr/bin/env python3
"""Makes the tables of docs/performance.md and docs/performance.svg from the figures in bench/results/.

    bench/report.py

speed.json is what `quaver_bench --json` writes, lyra.json and memory.json come from bench/lyra.py and
bench/peak_memory.py; without one of the last two its rows are left out. Needs PyPI's matplotlib.
"""

import json
import pathlib

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402: after the choice of the backend

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "performance.svg"
BEGIN = "<!-- figures: made by bench/report.py -->"
END = "<!-- end of figures -->"
FRAME = 0.02  # seconds
COLOURS = {"encode": "#2b6cb0", "decode": "#dd8a2e"}


def load(name):
    path = RESULTS / name
    return json.loads(path.read_text()) if path.is_file() else None


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def number(value):
    """About three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values):
    return f"{number(values['median'])} ({number(values['low'])} .. {number(values['high'])})"


def ms(seconds):
    return f"{seconds * 1e3:.3f}"


def machine_lines(speed):
    machine, model, peak = speed["machine"], speed["model"], speed["peak"]
    caches = ", ".join(f"{level} {size}" for level, size in machine["caches"].items())
    sgemm = ", ".join(f"{library} {rate / 1e9:.1f}" for library, rate in peak["sgemm_by"].items())
    return [f"{machine['processor']} (family {machine['family']}), {machine['cores']} cores, caches {caches}; "
            f"{machine['compiler']}; load average before the run {machine['load']:.1f}. One core does {peak['fma'] / 1e9:.1f} GMAC/s of fp32 FMAs on registers "
            f"({peak['fma_target']}) and, in SGEMM, {sgemm} GMAC/s. {speed['speech']['seconds']:.1f} s of speech, "
            f"{speed['speech']['repetitions']} repetitions, model `{model['name']}` at {model['tokens']} tokens a frame."]


def speed_rows(speed, lyra):
    rows = []
    for row in speed["speed"]:
        rate = f"{row['payload_bps'] / 1e3:.1f}" if row["payload_bps"] > 0 else ""
        rows.append([row["title"], spread(row["encode"]), spread(row["decode"]), spread(row["both"]), rate])
    if lyra:
        rows.append(["Lyra v2 in LiteRT, packets"] + [number(FRAME / lyra[part]["p50"])
                                                      for part in ("encode", "decode", "both")] + ["9.2 (nominal)"])
    return rows


def goal(name, value, bound, met):
    return [name, value, bound, "yes" if met else "no"]


def ratio_goal(ratios, key, name, bound):
    if key not in ratios:
        return []
    both = ratios[key]["both"]
    return [goal(name, spread(both), f"at least {bound:g}", both["median"] >= bound)]


def goal_rows(speed, lyra, memory):
    ratios, peak, packet = speed["ratios"], speed["peak"], speed["packet"]
    rows = ratio_goal(ratios, "file/opus", "file mode, encode + decode, times libopus", 1)
    rows += ratio_goal(ratios, "packets/file", "packet mode, times file mode", 0.5)
    rows.append(goal("p99 of a packet, ms", ms(packet["both"]["p99"]), "below 2", packet["both"]["p99"] < 0.002))
    if lyra:
        frame = lyra["both"]["p50"]
        rows.append(goal("a packet, ms", ms(packet["both"]["p50"]), f"below Lyra v2's {ms(frame)}",
                         packet["both"]["p50"] < frame))
    rows += ratio_goal(ratios, "packets/torch_packets", "packet mode, times LibTorch packet by packet", 8)
    if "sgemm" in peak:
        share = 100 * peak["file_macs"] / peak["sgemm"]
        rows.append(goal("file mode, share of SGEMM", f"{share:.0f} %", "at least 50 %", share >= 50))
    return rows + size_rows(speed, memory)


def size_rows(speed, memory):
    rows = []
    if "ratio" in speed.get("cold_start", {}):
        ratio = speed["cold_start"]["ratio"]
        rows.append(goal("`quaver encode` of 1 s, time in `opusenc`s", number(ratio), "at most 2", ratio <= 2))
    sizes = speed["memory"]
    state = (sizes["encoder_state"] + sizes["decoder_state"]) / 1024
    rows.append(goal("state of a stream, KiB", number(state), "below 256", state < 256))
    if memory:
        for part in ("encode", "decode"):
            beside = (memory[part]["peak_rss"] - sizes["matrices"]) / 2**20
            rows.append(goal(f"`{part}` of {memory['hours']:g} h, peak memory beside the weights, MiB", number(beside),
                             "below 64", beside < 64))
    if "streams" in speed:
        run = speed["streams"]["run"]
        rows.append(goal(f"{run['streams']} streams on {speed['streams']['threads']} cores, late ticks of {run['ticks']}",
                         str(run["late"]), "0", run["late"] == 0))
    return rows


def packet_rows(speed, lyra):
    rows = [[f"Quaver, {part}"] + [ms(speed["packet"][part][key]) for key in ("p50", "p99", "worst")]
            for part in ("encode", "decode", "both")]
    if lyra:
        rows += [[f"Lyra v2, {part}"] + [ms(lyra[part][key]) for key in ("p50", "p99", "worst")]
                 for part in ("encode", "decode", "both")]
    if "streams" in speed:
        one = speed["streams"]["one"]
        rows.append(["Quaver, both, one packet each 20 ms"] + [ms(one[key]) for key in ("p50", "p99", "worst")])
    return rows


def stage_rows(speed):
    total = sum(stage["median"] for stage in speed["stages"])
    return [[stage["half"], stage["name"], f"{stage['median'] * 1e6:.1f}",
             f"{stage['low'] * 1e6:.1f} .. {stage['high'] * 1e6:.1f}", f"{100 * stage['median'] / total:.1f} %"]
            for stage in speed["stages"]]


def stream_rows(speed):
    run = speed["streams"]["run"]
    return [[str(run["streams"]), str(speed["streams"]["threads"]), str(run["ticks"]), str(run["late"])] +
            [f"{run[key] * 1e3:.2f}" for key in ("p50", "p99", "worst")] + [str(speed["streams"]["most"])]]


def memory_rows(speed, memory):
    sizes = speed["memory"]
    rows = [["state of an encoder", f"{sizes['encoder_state'] / 1024:.1f} KiB"],
            ["state of a decoder", f"{sizes['decoder_state'] / 1024:.1f} KiB"],
            ["encoder and decoder of a stream, with scratch", f"{sizes['stream'] / 2**20:.2f} MiB"],
            ["the same, fit for whole files", f"{sizes['file'] / 2**20:.2f} MiB"],
            ["weights as the runtime keeps them", f"{sizes['matrices'] / 2**20:.1f} MiB"],
            ["a loaded model", f"{sizes['model'] / 2**20:.1f} MiB"]]
    if memory:
        rows += [[f"`quaver {part}` of {memory['hours']:g} h, peak", f"{memory[part]['peak_rss'] / 2**20:.1f} MiB"]
                 for part in ("encode", "decode")]
    return rows


def cold_rows(speed):
    cold = speed["cold_start"]
    return [[name, *(f"{cold[key][part] * 1e3:.1f}" for part in ("low", "median", "high"))]
            for key, name in (("quaver", "`quaver encode`"), ("opusenc", "`opusenc --bitrate 12`")) if key in cold]


def figures(speed, lyra, memory):
    lines = machine_lines(speed) + ["", "### Against the goals", ""]
    lines += table(["what", "measured", "goal", "met"], goal_rows(speed, lyra, memory))
    lines += ["", "### Speed, x real time: median (quartiles)", ""]
    lines += table(["", "encode", "decode", "both", "payload kbit/s"], speed_rows(speed, lyra))
    lines += ["", "### A packet of one frame, ms", ""]
    lines += table(["", "p50", "p99", "worst"], packet_rows(speed, lyra))
    lines += ["", "### Where the time of a packet goes", ""]
    lines += table(["half", "stage", "us", "quartiles", "share"], stage_rows(speed))
    if "streams" in speed:
        lines += ["", "### Streams at once, there and back", ""]
        lines += table(["streams", "threads", "ticks", "late", "p50 ms", "p99 ms", "worst ms", "most that hold"],
                       stream_rows(speed))
    lines += ["", "### Memory", ""] + table(["what", "size"], memory_rows(speed, memory))
    if "cold_start" in speed:
        lines += ["", "### A clip of one second, ms from start to end of the program", ""]
        lines += table(["", "lower quartile", "median", "upper quartile"], cold_rows(speed))
    return lines


def write_page(lines):
    text = PAGE.read_text()
    head, tail = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END):]
    PAGE.write_text(head + "\n" + "\n".join(lines) + "\n" + tail)


def draw_stages(axes, stages):
    names = [stage["name"] for stage in stages]
    for i, stage in enumerate(stages):
        axes.barh(i, stage["median"] * 1e6, color=COLOURS[stage["half"]])
        axes.text(stage["median"] * 1e6, i, f" {stage['median'] * 1e6:.0f}", va="center", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("us in a packet of 20 ms (encode blue, decode orange)")
    axes.set_title("Stages of a packet")


def draw_speed(axes, speed, lyra):
    bars = [(row["title"], row["encode"]["median"], row["decode"]["median"], row["both"]["median"])
            for row in speed["speed"]]
    if lyra:
        bars.append(("Lyra v2 in LiteRT, packets", *(FRAME / lyra[p]["p50"] for p in ("encode", "decode", "both"))))
    for i, (_, encode, decode, both) in enumerate(bars):
        axes.barh(i, 1000 / encode, color=COLOURS["encode"])
        axes.barh(i, 1000 / decode, left=1000 / encode, color=COLOURS["decode"])
        axes.text(1000 / encode + 1000 / decode, i, f" {number(both)} x", va="center", fontsize=8)
    axes.set_yticks(range(len(bars)), [bar[0] for bar in bars], fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel("ms on one core for a second of speech; the label is x real time")
    axes.set_title("Speed against peers")


def draw(speed, lyra):
    plt.rcParams["svg.fonttype"] = "none"
    plt.rcParams["svg.hashsalt"] = "quaver"  # the same figures give the same file
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
    draw_stages(left, speed["stages"])
    draw_speed(right, speed, lyra)
    figure.savefig(PICTURE, metadata={"Date": None})


def main():
    speed, lyra, memory = load("speed.json"), load("lyra.json"), load("memory.json")
    if speed is None:
        raise SystemExit(f"{RESULTS}: no speed.json; bench/run.sh makes it")
    write_page(figures(speed, lyra, memory))
    draw(speed, lyra)


if __name__ == "__main__":
    main()
