#!/usr/bin/env python3
"""Checks that docs/reference/cli.md lists the options that the program has. Needs Python's standard library only.

    tests/docs/check_cli.py QUAVER docs/reference/cli.md

Compares the options that `quaver COMMAND --help` prints with those in the section of that command. A command that the
program was built without (exit code or help of the stand-in, which lists no options) is skipped.
"""

import re
import subprocess
import sys

# At the beginning of an entry, not where a sentence is wrapped.
OPTION = re.compile(r"^ {2}(?:-\w,| {3}) --([a-z][\w-]*)", re.MULTILINE)
NOT_LISTED = {"help"}


def sections(text):
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def documented(section):
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"--([a-z][\w-]*)", row)}


def commands_of(program):
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    listed = text.split("Commands:")[1].split("Options:")[0]
    return re.findall(r"^  ([a-z][a-z-]*) ", listed, flags=re.MULTILINE)


def main():
    program, page = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        described = sections(file.read())
    wrong = 0
    for command in commands_of(program):
        if command not in described:
            print(f"{page}: no section '## {command}'")
            wrong += 1
            continue
        text = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=True).stdout
        has = set(OPTION.findall(text)) - NOT_LISTED
        if not has:
            continue  # built without the trainer
        names = documented(described[command])
        for option in sorted(has ^ names):
            fault = "is not listed" if option in has else "is listed, but the program does not have it"
            print(f"{page}: {command}: --{option} {fault}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
