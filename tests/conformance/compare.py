"""Compares the reference decoder with Quaver: random packets, damaged files.

    compare.py RANDOM_CASES MODEL:PACKETS:FILES... [--seed N]
"""
import argparse
import json
import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
sys.dont_write_bytecode = True
from decode import read_events  # noqa: E402
from entropy_model import EntropyModel  # noqa: E402
from qvr import QvrFile  # noqa: E402
from weights import Weights  # noqa: E402


def read_file(model, data):
    try:
        qvr = QvrFile(data)
    except ValueError:
        return {"refused": True}
    events = list(read_events(model, qvr.header.defaults, qvr.events()))
    return {"refused": False, "events": events, "damaged": qvr.damaged, "samples": qvr.samples}


def differs(model, case):
    """What the reference decoder says otherwise; empty if nothing."""
    if "packet" in case:
        found = {"tokens": next(read_events(model, case["defaults"], [bytes.fromhex(case["packet"])]))}
    else:
        found = read_file(model, bytes.fromhex(case["file"]))
    return {key: value for key, value in found.items() if value != case[key]}


def compare(tool, path, packets, files, seed):
    with open(path, "rb") as file:
        model = EntropyModel(Weights(file.read()))
    counts = {"packets": 0, "refused packets": 0, "files": 0, "refused files": 0, "damaged files": 0}
    different = 0
    with subprocess.Popen([*shlex.split(tool), path, packets, files, seed], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            case = json.loads(line)
            kind = "packets" if "packet" in case else "files"
            counts[kind] += 1
            counts["refused " + kind] += case.get("refused", "refused" in case.get("tokens", ()))
            counts["damaged files"] += case.get("damaged", False)
            difference = differs(model, case)
            if difference:
                different += 1
                print("DIFFERENT:", line.strip(), "\n  reference:", json.dumps(difference))
    print("%s: %s, %d different" % (path, ", ".join("%d %s" % (n, what) for what, n in counts.items()), different))
    if process.returncode or counts["packets"] != int(packets) or counts["files"] != int(files):
        sys.exit("compare.py: %s failed" % tool)
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool", metavar="RANDOM_CASES", help="the program of this name in the build folder, as a shell would call it")
    parser.add_argument("models", nargs="+", metavar="MODEL:PACKETS:FILES", help="a weights file and how many of each")
    parser.add_argument("--seed", default="1")
    args = parser.parse_args()
    different = 0
    for model in args.models:
        different += compare(args.tool, *model.rsplit(":", 2), args.seed)
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
