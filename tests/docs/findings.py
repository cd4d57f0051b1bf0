"""What the checks of this folder do with the problems that they find."""

import pathlib
import sys


def report(problems):
    """Prints what problems(ROOT) yields, ROOT being the first argument; the exit status is 1 if there is anything."""
    found = list(problems(pathlib.Path(sys.argv[1]).resolve()))
    for problem in found:
        print(problem)
    sys.exit(1 if found else 0)
