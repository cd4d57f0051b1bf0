"""The page at the end of a job: one HTML file without anything from outside."""

from __future__ import annotations

import base64
import html
import io
import math
import os
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from . import _atomic, _parts
from ._progress import clock
from ._settings import Settings
from ._shards import Statistics
from ._verify import sound_of
from .rows import rows_of, shards_of

_MOST = 100  # lines of a table
_SECONDS = 8  # of a sample
_EDGES = (1, 2, 3, 5, 7, 10, 15, 20, 30, 60, 300)  # of durations

_STYLE = """
:root { color-scheme: light dark; --page: #f6f6f4; --card: #fff; --ink: #16181d; --soft: #5c616b; --line: #e2e2de; --bar: #2a6fc9; }
@media (prefers-color-scheme: dark) {
  :root { --page: #131417; --card: #1c1e22; --ink: #eceef1; --soft: #a0a6b1; --line: #30333a; --bar: #6ea8f2; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1100px; padding: 24px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 26px; margin: 0; } h2 { font-size: 19px; margin: 32px 0 6px; } p { margin: 4px 0; }
.soft { color: var(--soft); font-size: 13px; max-width: 90ch; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; margin-top: 16px; }
.facts div, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
.facts b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; } .facts span { color: var(--soft); font-size: 13px; }
.card { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
td, th { text-align: left; padding: 3px 10px 3px 0; border-bottom: 1px solid var(--line); vertical-align: middle; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 400; } .number { text-align: right; white-space: nowrap; }
.bar { width: 40%; min-width: 120px; } .bar i { display: block; height: 12px; border-radius: 3px; background: var(--bar); }
audio { width: 260px; height: 32px; }
"""


def write(
    path: str, out: str, manifest: Dict[str, Any], parts: List[Dict[str, Any]], statistics: Statistics, samples: int
) -> None:
    with _atomic.written(path) as file:
        text = "".join(_page(out, manifest, parts, statistics, samples))
        file.write(text.encode("utf-8", "replace"))


def entropy(counts: np.ndarray) -> float:
    """Bits a token, of how often each was used."""
    used = counts[counts > 0]
    if not len(used):
        return 0.0
    share = used / used.sum()
    return float(-(share * np.log2(share)).sum()) + 0.0


def _page(
    out: str, manifest: Dict[str, Any], parts: List[Dict[str, Any]], statistics: Statistics, samples: int
) -> Iterator[str]:
    settings = manifest["settings"]
    name = os.path.basename(os.path.normpath(out))
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>'
    yield f"Tokens of {_escaped(name)}</title>\n"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<style>{_STYLE}</style></head><body>\n<h1>Tokens of {_escaped(name)}</h1>\n"
    rate = f"{settings['n_q']} tokens a frame" if settings["n_q"] else f"{settings['bitrate']:g} bit/s"
    yield f'<p class="soft">From {_escaped(", ".join(settings["inputs"]))}; {rate}; model {settings["identity"]}; quaver '
    yield f"{settings['version']}</p>\n"
    yield from _facts(manifest, parts, statistics)
    yield from _bars("Sources", "source", _by_hours(statistics.sources))
    yield from _speakers(statistics)
    yield from _bars("Durations", "seconds", _durations(statistics))
    yield from _use(manifest, statistics)
    yield from _broken(parts)
    yield from _errors(manifest, parts)
    yield from _samples(out, manifest, samples)
    yield "</body></html>\n"


def _facts(manifest: Dict[str, Any], parts: List[Dict[str, Any]], statistics: Statistics) -> Iterator[str]:
    work = manifest["work"]
    packed_bits, packed_seconds = (sum(part["packed"][i] for part in parts) for i in (0, 1))
    frame_rate = manifest["model"]["frame_rate"]
    bits = sum(entropy(counts) * counts.sum() for counts in statistics.codes)
    seconds = statistics.frames / frame_rate
    facts = [
        (f"{manifest['hours']:.2f} h", "of speech"),
        (f"{statistics.rows}", "clips"),
        (f"{len(set(statistics.speakers) - {''})}", "speakers that are known"),
        (f"{manifest['counts']['errors']}", "clips failed"),
        (f"{sum(len(part['remarks']) for part in parts)}", "clips look broken"),
        (f"{bits / seconds / 1000:.2f} kbit/s" if seconds else "-", "entropy of the tokens"),
        (f"{packed_bits / packed_seconds / 1000:.2f} kbit/s" if packed_seconds else "-",
         f"after range coding (measured on {packed_seconds:.0f} s)"),
        (clock(work["seconds"]), f"last run, {_counted(work['workers'])}"),
    ]  # fmt: skip
    yield '<div class="facts">'
    for value, what in facts:
        yield f"<div><b>{value}</b><span>{_escaped(what)}</span></div>"
    yield "</div>\n"


def _counted(workers: Optional[int]) -> str:
    if workers is None:
        return "a cluster"
    return f"{workers} worker{'s' * (workers != 1)}"


def _by_hours(counts: Dict[str, List[float]]) -> List[Tuple[str, float, float]]:
    return sorted(((name, clips, seconds) for name, (clips, seconds) in counts.items()), key=lambda r: (-r[2], r[0]))


def _bars(title: str, what: str, rows: Sequence[Tuple[str, float, float]]) -> Iterator[str]:
    """Hours as bars: name, clips, seconds."""
    yield f'<h2>{title}</h2>\n<div class="card"><table><tr><th>{what}</th><th class="number">clips</th>'
    yield '<th class="number">hours</th><th></th></tr>'
    most = max((seconds for _, _, seconds in rows), default=0) or 1
    for name, clips, seconds in rows[:_MOST]:
        yield f'<tr><td>{_escaped(name)}</td><td class="number">{clips:.0f}</td><td class="number">{seconds / 3600:.3f}</td>'
        yield f'<td class="bar"><i style="width:{100 * seconds / most:.1f}%"></i></td></tr>'
    yield "</table>" + _more(len(rows)) + "</div>\n"


def _more(count: int) -> str:
    return f'<p class="soft">and {count - _MOST} more</p>' if count > _MOST else ""


def _speakers(statistics: Statistics) -> Iterator[str]:
    rows = [(name or "(not known)", clips, seconds) for name, clips, seconds in _by_hours(statistics.speakers)]
    yield from _bars("Speakers", "speaker", rows)


def _durations(statistics: Statistics) -> List[Tuple[str, float, float]]:
    rows = []
    for low, high in zip((0, *_EDGES), (*_EDGES, math.inf)):
        met = [entry for second, entry in statistics.durations.items() if low <= second < high]
        name = f"{low} to {high}" if high < math.inf else f"{low} and more"
        rows.append((name, sum(entry[0] for entry in met), sum(entry[1] for entry in met)))
    return rows


def _use(manifest: Dict[str, Any], statistics: Statistics) -> Iterator[str]:
    codes = manifest["model"]["codes"]
    yield '<h2>Use of the codes</h2>\n<p class="soft">Of few tokens the bits come out too low.</p>\n<div class="card"><table><tr><th>group</th><th class="number">tokens</th>'
    yield '<th class="number">used codes</th><th class="number">most frequent</th><th class="number">bits a token</th>'
    yield f"<th>of {math.log2(codes):.2f} bits</th></tr>"
    for group, counts in enumerate(statistics.codes):
        total = max(int(counts.sum()), 1)
        bits = entropy(counts)
        yield f'<tr><td>{group + 1}</td><td class="number">{counts.sum()}</td><td class="number">{int((counts > 0).sum())}'
        yield f' of {codes}</td><td class="number">{100 * int(counts.max(initial=0)) / total:.2f} %</td><td class="number">'
        yield f'{bits:.3f}</td><td class="bar"><i style="width:{100 * bits / math.log2(codes):.1f}%"></i></td></tr>'
    yield "</table></div>\n"


def _table(heads: Iterable[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield '<div class="card"><table><tr>' + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"
    for row in rows[:_MOST]:
        yield "<tr>" + "".join(f"<td>{_escaped(value)}</td>" for value in row) + "</tr>"
    yield "</table>" + _more(len(rows)) + "</div>\n"


def _broken(parts: List[Dict[str, Any]]) -> Iterator[str]:
    rows = [(what, source, name, f"{seconds:.2f}") for part in parts for name, source, seconds, what in part["remarks"]]
    yield "<h2>Clips that look broken</h2>\n"
    if not rows:
        yield '<p class="soft">None: no clip is silent, clipped, very short or very long.</p>\n'
        return
    yield f'<p class="soft">They are in the rows. Silent: below {_parts.SILENT_DB:g} dBFS; clipped: {_parts.CLIPPED_RUN} equal '
    yield f"samples in a row at full scale; very short: below {_parts.SHORT:g} s; very long: over {_parts.LONG:g} s.</p>\n"
    yield from _table(("what", "source", "clip", "seconds"), sorted(rows))


def _errors(manifest: Dict[str, Any], parts: List[Dict[str, Any]]) -> Iterator[str]:
    rows = [(source, name, why) for part in parts for name, source, why in part["errors"]]
    if rows:
        yield '<h2>Clips that failed</h2>\n<p class="soft">All of them are in errors.parquet.</p>\n'
        yield from _table(("source", "clip", "why"), rows)


def _samples(out: str, manifest: Dict[str, Any], count: int) -> Iterator[str]:
    import soundfile

    if not count or not manifest["counts"]["clips"]:
        return
    settings = Settings(**manifest["settings"])
    model = _parts.model_of(settings.model, settings.identity)
    yield f'<h2>Samples</h2>\n<p class="soft">Decoded from the rows; the first {_SECONDS} seconds.</p>\n'
    yield '<div class="card"><table><tr><th></th><th>clip</th><th>speaker</th><th>text</th></tr>'
    for row in _picked(shards_of(out, manifest), count):
        sound = sound_of(row, model, _SECONDS)
        file = io.BytesIO()
        soundfile.write(file, sound, model.sample_rate, format="FLAC", subtype="PCM_16")
        data = base64.b64encode(file.getvalue()).decode()
        yield f'<tr><td><audio controls preload="none" src="data:audio/flac;base64,{data}"></audio></td>'
        yield f"<td>{_escaped(row['id'])}</td><td>{_escaped(row['speaker'] or '')}</td><td>{_escaped(row['text'] or '')}</td></tr>"
    yield "</table></div>\n"


def _picked(shards: List[str], count: int) -> Iterator[Dict[str, Any]]:
    """The first rows of shards that lie evenly among all."""
    chosen = shards if len(shards) <= count else [shards[i * len(shards) // count] for i in range(count)]
    each = -(-count // len(chosen))
    for shard in chosen:
        for number, row in enumerate(rows_of(shard)):
            if number == each or not count:
                break
            count -= 1
            yield row


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)
