"""The file of results of a set: a list with an entry a codec, which keeps every clip. What is there already is not measured
again, so that a run can be stopped and peers are run once."""

import json
import math

from measures import ALL

DIGITS = 4
POOLED = ("word_errors",)  # of a clip these are counts
KEYS = [column.key for measure in ALL for column in measure.columns]


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    return round(value, DIGITS) if isinstance(value, float) and math.isfinite(value) else value


class Results:
    def __init__(self, file):
        """file: path of the JSON, which need not be there yet"""
        self.file = file
        self.of = {(r["label"], r["spec"]): r for r in json.loads(file.read_text())} if file.is_file() else {}

    def entry(self, codec):
        return self.of.setdefault((codec.label, codec.spec), {"spec": codec.spec, "label": codec.label, "of_clips": {}})

    def take(self, other):
        """What another file has and this one lacks: codecs, and scores of clips."""
        for key, entry in other.of.items():
            mine = self.of.setdefault(key, {})
            clips = mine.get("of_clips", {})
            for name, scores in entry["of_clips"].items():
                clips[name] = {**scores, **clips.get(name, {})}
            self.of[key] = {**entry, **mine, "of_clips": clips}

    def summarise(self):
        """Means of what the clips have, of how many of them (`scored`, where it is not all), and the worst clip's."""
        for entry in self.of.values():
            rows = list(entry["of_clips"].values())
            for key in KEYS:
                entry.pop(key, None)
            entry["scored"], entry["worst"] = {}, {}
            for measure in ALL:
                for column in measure.columns:
                    values = [row[column.key] for row in rows if row.get(column.key) is not None]
                    if values and column.better and column.key not in POOLED:
                        entry["worst"][column.key] = min(values) if column.better > 0 else max(values)
                for key, (mean, count) in measure.summary(rows).items():
                    entry[key] = mean
                    if count != entry.get("clips"):
                        entry["scored"][key] = count

    def save(self):
        self.summarise()
        lines = [json.dumps(rounded(entry), separators=(",", ":")) for entry in self.of.values()]
        temporary = self.file.with_suffix(".new")
        temporary.write_text("[\n" + ",\n".join(lines) + "\n]\n")
        temporary.replace(self.file)

    @property
    def entries(self):
        return list(self.of.values())
