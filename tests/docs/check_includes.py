#!/usr/bin/env python3
"""Checks that folders include only what CONTRIBUTING.md allows. Needs Python's standard library only.

    tests/docs/check_includes.py ROOT

The table under "Where code belongs" names for each folder of codec/ the folders that it may include. A file belongs to the
longest folder of the table that it lies in. Headers that the table's text names as free for all may be included from
anywhere. LibTorch belongs to folders that may include everything. Prints what is wrong and exits with 1.
"""

import pathlib
import re

from findings import report

INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.MULTILINE)
TORCH = re.compile(r"^\s*#include\s+<(torch|ATen|c10)/", re.MULTILINE)
SOURCES = {".h", ".cc", ".cu", ".c", ".S"}


def rules_of(text):
    """{folder: allowed folders, None for all}, free headers"""
    section = text.split("## Where code belongs")[1].split("\n## ")[0]
    rules = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        folder = re.fullmatch(r"`(codec/(?:[\w/]*/)?)`", cells[0]) if len(cells) == 3 else None
        if folder:
            allowed = {name if name == "codec/" else "codec/" + name for name in re.findall(r"`(\w[\w/]*/)`", cells[2])}
            rules[folder.group(1)] = None if cells[2].startswith("everything") else allowed
    free = set(re.findall(r"`(codec/\w+\.h)`", section))
    return rules, free


def folder_of(name, rules):
    return max((folder for folder in rules if name.startswith(folder)), key=len, default="")


def problems(root):
    rules, free = rules_of((root / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    if len(rules) < 5:
        yield "CONTRIBUTING.md: no table of folders found under 'Where code belongs'"
        return
    for path in sorted((root / "codec").rglob("*")):
        if path.suffix not in SOURCES:
            continue
        name = path.relative_to(root).as_posix()
        own = folder_of(name, rules)
        if own == "codec/" and "/" in name.removeprefix(own):
            yield f"{name}: CONTRIBUTING.md says nothing about this folder"
            continue
        if rules[own] is None:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for include in INCLUDE.findall(text):
            target = folder_of(include, rules)
            if include.split("/")[0] in ("apps", "bench", "tests"):
                yield f"{name}: includes {include}"
            elif target and include not in free and target != own and target not in rules[own]:
                yield f"{name}: includes {include}, but {own} may not include {target}"
        if TORCH.search(text):
            yield f"{name}: includes LibTorch, which only folders that may include everything do"


if __name__ == "__main__":
    report(problems)
