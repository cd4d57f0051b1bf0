#!/usr/bin/env python3
"""Checks that what the documents point to exists. Needs Python's standard library only.

    tests/docs/check_docs.py ROOT

In every Markdown file of the source tree: relative links lead to a file or folder, their anchors to a heading, and paths
in backticks that begin with a folder of the root exist. In sources and scripts: every document in docs/ that a comment or a
message names exists. README.md has at most 120 lines. Prints what is wrong and exits with 1.
"""

import pathlib
import re

from findings import report

SKIPPED = {"build", "runs", ".git", ".cache"}
SOURCES = {".h", ".cc", ".cu", ".c", ".py", ".sh", ".cmake", ".txt", ".S", ".mjs", ".js", ".json"}
SCRIPTS = ("check", "quickstart")
README_LINES = 120

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*$", re.MULTILINE)
NAMED = re.compile(r"(?<![\w/.-])docs/[\w/.-]+?\.(?:md|svg|html)\b")


def files_of(root):
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if any(part in SKIPPED or part.startswith("build") for part in parts[:-1]) or not path.is_file():
            continue
        yield path


def anchor(heading):
    """As GitHub makes it of a heading's text."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors_of(path):
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    found = []
    for heading in HEADING.findall(text):
        name = anchor(heading)
        found.append(name if name not in found else f"{name}-{found.count(name)}")
    return found


def broken_links(path, text):
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, fragment = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        if not place.exists():
            yield f"link to {target}: there is no such file"
        elif fragment and place.suffix == ".md" and fragment not in anchors_of(place):
            yield f"link to {target}: there is no such heading"


def missing_paths(root, folders, text):
    for code in CODE.findall(text):
        for word in code.split():
            word = word.strip(",;:()'\"")
            if not any(word.startswith(folder + "/") for folder in folders) or re.search(r"[<>{}$=|]|\.\.\.", word):
                continue
            found = any(root.glob(word)) if "*" in word else (root / word).exists()
            if not found:
                yield f"`{word}`: there is no such file"


def problems(root):
    folders = [path.name for path in root.iterdir() if path.is_dir() and path.name not in SKIPPED | {"data"}
               and not path.name.startswith(("build", "."))]
    for path in files_of(root):
        name = path.relative_to(root)
        if path.suffix == ".md":
            text = FENCE.sub("", path.read_text(encoding="utf-8"))
            for problem in (*broken_links(path, text), *missing_paths(root, folders, text)):
                yield f"{name}: {problem}"
        elif path.suffix in SOURCES or str(name) in SCRIPTS:
            for document in sorted(set(NAMED.findall(path.read_text(encoding="utf-8", errors="replace")))):
                if not (root / document).exists():
                    yield f"{name}: names {document}, which does not exist"
    lines = (root / "README.md").read_text(encoding="utf-8").count("\n")
    if lines > README_LINES:
        yield f"README.md: {lines} lines, at most {README_LINES} are allowed"


if __name__ == "__main__":
    report(problems)
