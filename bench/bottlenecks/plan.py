"""The runs of a plan.

A plan is a JSON file:

    {"about": "what it is for",
     "model": {..},       the network of all runs: the "model" of a configuration without "bottleneck"
     "training": {..},    what all runs are trained with, as in a configuration
     "runs": [{"name": "fsp-1024",
               "bottleneck": {"type": "fsp", ..},
               "training": {..},       what this one changes; optional
               "seeds": [1, 2, 3],     optional: [1]
               "n_q": [1, 3],          the first seed is also scored with so many tokens a frame; optional
               "requantise": [[4, 4, 4, 4], ..]},  and when quantised by these levels, or by a codebook with so many codes
                                       that is fitted after training, of types with "dims" ([256, 512]); optional
              ..]}
"""

import copy
import dataclasses
import json
import pathlib
import re


class PlanError(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Run:
    name: str
    seed: int
    config: dict  # as `quaver train --config` takes it
    n_q: tuple = ()
    requantise: tuple = ()  # lists of levels, or numbers of codes

    @property
    def folder(self):
        return f"{self.name}-s{self.seed}"

    @property
    def bottleneck(self):
        return self.config["model"]["bottleneck"]

    @property
    def steps(self):
        return self.config["training"]["steps"]


def merged(base, changes):
    """`base` with the values of `changes`, object by object."""
    out = copy.deepcopy(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merged(out[key], value)
        else:
            out[key] = copy.deepcopy(value)
    return out


def check_keys(entry, known, needed, place):
    for key in entry:
        if key not in known:
            raise PlanError(f'{place}: "{key}" is not known')
    for key in needed:
        if key not in entry:
            raise PlanError(f'{place}: "{key}" is missing')


def runs_of(entry, plan, place):
    check_keys(entry, ("name", "bottleneck", "training", "seeds", "n_q", "requantise"), ("name", "bottleneck"), place)
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", entry["name"]):
        raise PlanError(f'{place}: "name" should be of a-z, 0-9, "-" and "."')
    training = merged(plan["training"], entry.get("training", {}))
    if "steps" not in training:
        raise PlanError(f'{place}: "steps" is missing: runs are compared at equal steps')
    seeds = entry.get("seeds", [1])
    for seed in seeds:
        config = {"model": {**plan["model"], "name": entry["name"], "bottleneck": entry["bottleneck"]},
                  "training": {**training, "seed": seed}}
        extra = entry if seed == seeds[0] else {}
        yield Run(entry["name"], seed, config, tuple(extra.get("n_q", ())), tuple(extra.get("requantise", ())))


def load(path):
    """All runs, first those with the first seed, so that a table is there early."""
    try:
        plan = json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as error:
        raise PlanError(f"{path}: {error}") from error
    check_keys(plan, ("about", "model", "training", "runs"), ("model", "training", "runs"), path)
    by_entry = [list(runs_of(entry, plan, f"{path}, run {i + 1}")) for i, entry in enumerate(plan["runs"])]
    names = [runs[0].name for runs in by_entry if runs]
    for name in names:
        if names.count(name) > 1:
            raise PlanError(f"{path}: two runs are called {name}")
    longest = max((len(runs) for runs in by_entry), default=0)
    return [runs[i] for i in range(longest) for runs in by_entry if i < len(runs)]
