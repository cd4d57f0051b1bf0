#!/usr/bin/env python3
"""Man pages and completions against the program: manual_test.py PROGRAM MANUAL [CALL CALL_MANUAL], folders that the build made,
and quaver-call where it is built.

Every option of every command must be in its page and in both completions, groff must be content, and bash and zsh must complete.
"""

import functools
import gzip
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "docs"))
sys.dont_write_bytecode = True
from check_cli import OPTION, commands_of  # noqa: E402

PROGRAM, MANUAL = sys.argv[1], pathlib.Path(sys.argv[2])
CALL, CALL_MANUAL = (sys.argv[3], pathlib.Path(sys.argv[4])) if len(sys.argv) > 4 else (None, None)


def run(*arguments, **options):
    return subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, **options).stdout


@functools.cache
def help_of(*command):
    return run(PROGRAM, *command, "--help")


def options_of(text):
    return [f"--{name}" for name in OPTION.findall(text)]


def options_of_call():
    return re.findall(r"^  (?:-\w, )?(--[a-z][\w-]*)", run(CALL, "--help"), re.MULTILINE)  # as GLib writes them


COMMANDS = commands_of(PROGRAM)
NAMES = ["quaver", *(f"quaver-{command}" for command in COMMANDS)]


def page_of(name, manual=MANUAL):
    return gzip.decompress((manual / "man1" / f"{name}.1.gz").read_bytes()).decode()


def options_in(page):
    return [option.replace("\\", "") for option in re.findall(r"^\\fB(?:\\-\w, )?(\\-\\-[\w\\-]+)\\fR", page, re.MULTILINE)]


class ManPages(unittest.TestCase):
    def test_each_command_has_one_and_no_other_exists(self):
        self.assertGreater(len(COMMANDS), 10)
        self.assertEqual(sorted(NAMES), sorted(path.name[:-5] for path in (MANUAL / "man1").iterdir()))

    def test_each_option_is_in_them(self):
        of_commands = {command: options_of(help_of(command)) for command in COMMANDS}
        # Those of a trainer that was not built have none.
        self.assertGreater(sum("--help" in options for options in of_commands.values()), 8)
        for command, options in of_commands.items():
            self.assertEqual(options, options_in(page_of(f"quaver-{command}")), command)

    @unittest.skipUnless(shutil.which("groff"), "there is no groff")
    def test_groff_has_no_warning_and_shows_the_words_of_the_help(self):
        for name in NAMES:
            shown = run("groff", "-ww", "-man", "-Tascii", "-P-cbou", "-rLL=100000n", input=page_of(name))
            self.assertNotIn("warning", shown, name)
            words = re.findall(r"[a-zA-Z]{6,}", help_of(*name.split("-", 1)[1:]))
            # Headings are in capitals, and the usage's remark that points to the other pages is the list at the end.
            missing = {word for word in words if word not in shown} - {"Commands", "Examples", "Options", "options", "examples"}
            self.assertEqual(set(), missing, name)


@unittest.skipUnless(CALL, "there is no quaver-call")
class CallManPage(unittest.TestCase):
    def test_it_has_the_options_and_what_helps_to_use_them(self):
        self.assertEqual(["quaver-call.1.gz"], [path.name for path in (CALL_MANUAL / "man1").iterdir()])
        page = page_of("quaver-call", CALL_MANUAL)
        self.assertGreater(len(options_of_call()), 10)
        self.assertEqual(options_of_call(), options_in(page))
        for section in ("DESCRIPTION\n.PP\nHears", "EXIT STATUS\n.TP\n", "EXAMPLES\n"):
            self.assertIn(f".SH {section}", page)

    @unittest.skipUnless(shutil.which("groff"), "there is no groff")
    def test_groff_has_no_warning(self):
        shown = run("groff", "-ww", "-man", "-Tascii", "-P-cbou", input=page_of("quaver-call", CALL_MANUAL))
        self.assertNotIn("warning", shown)
        self.assertIn("quaver-call [OPTION...]", shown)


class Completions(unittest.TestCase):
    def bash(self, name, *words, manual=MANUAL):
        """What bash gets to offer for the last of the words behind the program's name."""
        function = "_" + name.replace("-", "_")
        script = (
            f'. "{manual}/completions/{name}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); {function}; printf "%s\\n" "${{COMPREPLY[@]}}"'
        )
        return run("bash", "-euc", script, "bash", name, *words).split()

    def zsh(self, name, *words, manual=MANUAL):
        """What the function asks zsh to offer."""
        script = (
            '_describe() { print -rl -- "${commands[@]}" }; _arguments() { print -rl -- "$@" }; _files() { print files };'
            f'words=("$@"); CURRENT=$#; . "{manual}/completions/_{name}"'
        )
        return run("zsh", "-fec", script, "zsh", name, *words)

    def test_bash_completes_commands_and_options(self):
        self.assertEqual([*COMMANDS, "--help", "--version"], self.bash("quaver", ""))
        self.assertEqual(["encode"], self.bash("quaver", "enc"))
        self.assertEqual(["--raw", "--rate"], self.bash("quaver", "encode", "in.wav", "--ra"))
        self.assertEqual([], self.bash("quaver", "encode", "ta"))
        self.assertEqual([], self.bash("quaver", "nonsense", "--"))
        for command in COMMANDS:
            found = self.bash("quaver", command, "--")
            self.assertEqual(options_of(help_of(command)), found)

    @unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
    def test_zsh_completes_commands_and_options(self):
        self.assertEqual(COMMANDS, [line.split(":")[0] for line in self.zsh("quaver", "").splitlines()][: len(COMMANDS)])
        for command in COMMANDS:
            self.assertEqual(options_of(help_of(command)), self.options_offered(self.zsh("quaver", command, "--")))

    def options_offered(self, arguments):
        return re.findall(r"^(?:\(.*\))?(--[\w-]+)\[", arguments, re.MULTILINE)

    @unittest.skipUnless(CALL, "there is no quaver-call")
    def test_bash_completes_options_of_a_call(self):
        self.assertEqual(["--redundancy", "--record"], self.bash("quaver-call", "--to", "192.0.2.1:5004", "--re", manual=CALL_MANUAL))
        self.assertEqual([], self.bash("quaver-call", "--file", "ta", manual=CALL_MANUAL))  # bash itself knows files
        found = self.bash("quaver-call", "-", manual=CALL_MANUAL)
        self.assertEqual(options_of_call(), [option for option in found if option.startswith("--")])

    @unittest.skipUnless(CALL, "there is no quaver-call")
    @unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
    def test_zsh_completes_options_of_a_call(self):
        self.assertEqual(options_of_call(), self.options_offered(self.zsh("quaver-call", "-", manual=CALL_MANUAL)))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
