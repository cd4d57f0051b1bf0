"""The man page of quaver-tokenize: installed where `man` looks, with the options that --help has."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import quaver

PROGRAM = pathlib.Path(sys.prefix, "bin", "quaver-tokenize")
PAGE = pathlib.Path(sys.prefix, "share", "man", "man1", "quaver-tokenize.1")


def sections():
    """The page's lists of options, by command; "" is the program without one."""
    options = PAGE.read_text(encoding="utf-8").split(".SH OPTIONS\n")[1].split(".SH EXIT STATUS")[0]
    first, *others = re.split(r"^\.SS (\w+)\n", options, flags=re.MULTILINE)
    return {"": first, **dict(zip(others[::2], others[1::2]))}


@pytest.mark.parametrize("command", ["", "verify", "decode"])
def test_the_page_has_the_options_of_the_program(command):
    said = subprocess.run([PROGRAM, *command.split(), "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    known = re.findall(r"^  (?:-\w, )?(--[\w-]+)", said, re.MULTILINE)
    assert known
    listed = [name.replace("\\", "") for name in re.findall(r"^\\fB(?:\\-\w\\fR, \\fB)?(\\-\\-[\w\\-]+)\\fR", sections()[command], re.MULTILINE)]
    assert listed == [name for name in known if name != "--help" or not command]


def test_the_page_has_its_exit_codes_and_version():
    page = PAGE.read_text(encoding="utf-8")
    assert f'"quaver {quaver.__version__}"' in page
    assert re.findall(r"^\\fB(\d)\\fR$", page, re.MULTILINE) == ["0", "1", "2", "3"]


@pytest.mark.skipif(not shutil.which("groff"), reason="there is no groff")
def test_groff_has_no_warning():
    shown = subprocess.run(["groff", "-ww", "-man", "-Tascii", "-P-cbou", PAGE], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert "warning" not in shown.stdout
    assert "quaver-tokenize verify [--again N] TOKENS" in shown.stdout
