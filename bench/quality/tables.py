"""Results as tables in Markdown."""

from measures import ALL

HEAD = ("visqol", "distillmos", "dnsmos_ovrl", "dnsmos_p808", "plcmos", "speaker", "word_errors", "pesq_wb", "estoi", "log_mel_db",
        "frozen", "pitch_cents", "voicing_error", "level_db")
WORST = ("distillmos", "pesq_wb", "estoi")  # told beside the mean
COLUMNS = {column.key: column for measure in ALL for column in measure.columns}


def by_rate(results):
    return sorted(results, key=lambda r: r.get("kbps") or 0)


def lossless(results):
    return [r for r in results if "~" not in r["spec"]]


def kbps(entry):
    return f"{entry['kbps']:.2f}" if entry.get("kbps") else "-" if entry["spec"] == "original" else "?"


def name(entry):
    return f"**{entry['label']}**" if entry["spec"].startswith("quaver") else entry["label"]


def cell(entry, column, worst=False):
    told = [entry.get(column.key), entry.get("worst", {}).get(column.key) if worst and column.key in WORST else None]
    text = ", ".join(f"{column.scale * value:.{column.digits}f}" for value in told if value is not None)
    return text + ("*" if text and worst and scored(entry, column) < entry["clips"] else "")


def markdown(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)] + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def scored(entry, column):
    """Number of clips that a mean is of."""
    return entry.get("scored", {}).get(column.key, entry["clips"])


def measures(results):
    columns = [COLUMNS[key] for key in HEAD if any(r.get(key) is not None for r in results)]
    counts = sorted({r["clips"] for r in results})
    text = f"{' or '.join(map(str, counts))} clips\n\n"
    text += markdown(["codec", "kbit/s"] + [c.title + (", worst" if c.key in WORST else "") for c in columns],
                     [[name(r), kbps(r)] + [cell(r, c, worst=True) for c in columns] for r in by_rate(results)])
    text += "\n" + "".join(f"- {c.note}\n" for c in columns if c.note)
    for column in columns:
        fewer = sorted({scored(r, column) for r in results if r.get(column.key) is not None} - {r["clips"] for r in results})
        if fewer:
            text += f"- {column.title}, marked *: of {' or '.join(map(str, fewer))} clips only\n"
    return text


def costs(results):
    speed = lambda r, key: f"{r['seconds'] / r[key]:{'.0f' if r['seconds'] > 10 * r[key] else '.1f'}}" if r.get(key) else "-"  # noqa: E731
    peak = lambda r: f"{r['peak_bytes'] / 1e6:.0f}" if r.get("peak_bytes") else "?"  # noqa: E731
    rows = [[name(r), kbps(r), f"{speed(r, 'encode_cpu')} / {speed(r, 'decode_cpu')}", peak(r)]
            for r in by_rate(results) if r["spec"] != "original"]
    return markdown(("codec", "kbit/s", "x real time, encode / decode", "peak MB"), rows)


LOSS = ("estoi", "pesq_wb", "plcmos")


def losses(results):
    """ESTOI, PESQ-WB and PLCMOS with packets lost, and what was lost of them: of codecs that were run at `~0%` too."""
    lossy = {}
    for r in results:
        codec, found, lost = r["spec"].partition("~")
        if found:
            lossy.setdefault(codec, {})[lost] = r
    lossy = {codec: by for codec, by in lossy.items() if "0%" in by}
    if not lossy:
        return ""
    heads = [f"{by['0%']['label'].split(', ')[0]}: {by['0%']['kbps']:.2f} kbit/s" for by in lossy.values()]
    rows = []
    for lost in dict.fromkeys(lost for by in lossy.values() for lost in by):
        cells = []
        for by in lossy.values():
            r, whole = by.get(lost, {}), by["0%"]
            keys = [key for key in LOSS if r.get(key) is not None and whole.get(key) is not None]
            cells.append(", ".join(cell(r, COLUMNS[key]) + (f" ({r[key] - whole[key]:+.{COLUMNS[key].digits}f})" if lost != "0%" else "")
                                   for key in keys))
        rows.append([lost.replace("x", " in bursts of "), *cells])
    return f"Packets lost: {', '.join(COLUMNS[key].title for key in LOSS)}\n\n" + markdown(["packets lost", *heads], rows)


def all_of(results):
    whole = lossless(results)
    return "\n".join(part.strip("\n") + "\n" for part in ((measures(whole), costs(whole)) if whole else ()) + (losses(results),) if part)
