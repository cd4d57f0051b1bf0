"""What `quaver --help` and `quaver COMMAND --help` say, in pieces.

A help text has paragraphs, before "Usage:" or behind it, options, and blocks such as "Examples:" whose lines are indented. Man
pages and completions are made of it, so that nothing is written twice.
"""

import dataclasses
import os
import re
import subprocess

HEADING = re.compile(r"^([A-Z][A-Za-z ]+):$")
OPTION = re.compile(r"^ {2}(?:(-\w), | {0,4})(--[\w-]+)(?:[ =](\S+))?(?: {2,}(.*))?$")
ENTRY = re.compile(r"^ {2}(\S+(?: \S+)*?) {2,}(.*)$")


@dataclasses.dataclass
class Option:
    short: str  # "-o", or ""
    long: str  # "--output"
    value: str  # "OUT", or ""
    text: str


@dataclasses.dataclass
class HelpText:
    command: str  # "quaver", "quaver encode"
    description: list[list[str]]  # paragraphs of lines; those of a table are indented
    usage: list[str]
    options: list[Option]
    blocks: dict[str, list[str]]  # "Examples", "Commands", "Exit codes": their lines, two spaces of indentation gone


def _option(line):
    found = OPTION.match(line)
    return Option(found[1] or "", found[2], found[3] or "", (found[4] or "").strip()) if found else None


def parse(command, text):
    """The help text of a command."""
    help_text = HelpText(command, [], [], [], {})
    block, paragraph = None, []
    for line in text.splitlines() + [""]:
        heading = HEADING.match(line)
        option = _option(line)
        if heading and not heading[1].endswith("Options"):
            block = heading[1]
            help_text.blocks[block] = []
        elif heading:
            block = "Options"
        elif option:
            block = "Options"
            help_text.options.append(option)
        elif line[:1].strip():  # indented is what belongs to a heading
            block = None
            paragraph.append(line)
        elif block == "Options" and line.strip():
            help_text.options[-1].text = f"{help_text.options[-1].text} {line.strip()}".strip()
        elif block and block != "Options" and line.strip():
            help_text.blocks[block].append(line.removeprefix("  "))
        elif block is None and line.strip():
            paragraph.append(line)
        elif paragraph:
            help_text.description.append(paragraph)
            paragraph = []
    help_text.usage = help_text.blocks.pop("Usage", [])
    return help_text


def entries(lines):
    """Of the lines of a block: pairs of a name and its text, for "Commands" and "Exit codes"."""
    pairs = []
    for line in lines:
        found = ENTRY.match("  " + line)
        if found:
            pairs.append((found[1], found[2]))
        else:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip()}")
    return pairs


def ask(program, *arguments):
    """What PROGRAM ARGUMENT... prints, the same for whoever builds."""
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, encoding="utf-8", env=environment).stdout


def read(program, name):
    """The program's own help text, and those of its commands by their names."""
    top = parse(name, ask(program, "--help"))
    commands = {}
    for command, _ in entries(top.blocks.get("Commands", [])):
        commands[command] = parse(f"{name} {command}", ask(program, command, "--help"))
    return top, commands
