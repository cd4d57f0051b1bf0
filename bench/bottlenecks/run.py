#!/usr/bin/env python3
"""Trains the bottlenecks of a plan, scores them and writes the tables.

    bench/bottlenecks/run.py bench/bottlenecks/main.json --quaver build/dev/bin/quaver \\
        --data speech/train --evaluate speech/dev --work runs/bottlenecks

Every run sees the same data with the same network, steps and crops. A run that was interrupted (Ctrl-C, --minutes,
a crash) goes on where it stopped, one that is finished is skipped: the same command again until all is done. In the
folder --work are the runs, results.jsonl with a line for each that is finished, and what bench/bottlenecks/report.py
makes of it: table.md and SVGs. Needs a Python with PyPI's pesq, soundfile and matplotlib.
"""

import argparse
import concurrent.futures
import json
import math
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import plan as plans
import report
import scores


class Stopped(Exception):
    pass


class Stop:
    """Until when to go on; may be brought forward."""

    def __init__(self, minutes):
        self.until = time.monotonic() + 60 * minutes if minutes else math.inf
        self.now = threading.Event()

    def wanted(self):
        return self.now.is_set() or time.monotonic() > self.until


def last_step(run):
    """Of a run's log: the last step that has been trained."""
    log = run / "log.jsonl"
    steps = [0]
    if log.is_file():
        for line in log.read_text().splitlines():
            try:
                steps.append(json.loads(line).get("step", 0))
            except ValueError:  # the line that a crash cut short
                pass
    return max(steps)


def write_config(run, folder):
    path = folder / "config.json"
    text = json.dumps(run.config, indent=2) + "\n"
    if path.is_file() and path.read_text() != text:
        raise plans.PlanError(f"{folder}: was begun with another configuration; remove it, or rename the run")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def wait_for(child, stop):
    """Its exit code."""
    while True:
        try:
            return child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if stop.wanted():
                child.send_signal(signal.SIGINT)  # it writes a checkpoint
                child.wait()
                raise Stopped from None


def train(run, folder, options, stop):
    """Until the last step. The end of the program's messages if it fails."""
    command = [options.quaver, "train", "--config", write_config(run, folder), "--data", options.data, "--validate",
               options.evaluate, "--out", folder / "run", "--threads", options.threads, "--auto-resume"]
    with open(folder / "train.log", "a") as log:
        child = subprocess.Popen([str(word) for word in command], stderr=log, stdout=log, start_new_session=True)
        code = wait_for(child, stop)
    if code == 0 and last_step(folder / "run") < run.steps:
        raise Stopped  # by a signal of somebody else
    if code == 0:
        return None
    words = (folder / "train.log").read_text().strip().splitlines()
    return words[-1] if words else f"exit code {code}"


class Results:
    """The lines of results.jsonl by name and seed."""

    def __init__(self, path):
        self.path = path
        self.lines = {}
        if path.is_file():
            self.lines = {(line["name"], line["seed"]): line for line in map(json.loads, path.read_text().splitlines())}

    def has(self, run):
        line = self.lines.get((run.name, run.seed))
        if line and line["config"] != run.config:
            raise plans.PlanError(f"{self.path}: has {run.folder} with another configuration")
        return line is not None

    def add(self, line):
        with open(self.path, "a") as file:
            file.write(json.dumps(line) + "\n")
        self.lines[line["name"], line["seed"]] = line


def do(run, options, stop):
    folder = options.work / run.folder
    facts = {"name": run.name, "seed": run.seed, "bottleneck": run.bottleneck, "config": run.config}
    failed = train(run, folder, options, stop)
    if failed and "not finite" not in failed:  # nothing that has to do with the bottleneck
        raise scores.CommandError(f"{run.folder}: {failed} (see {folder / 'train.log'})")
    if failed:
        return {**facts, "failed": failed}
    return {**facts, **scores.result(options.quaver, run, folder, options.evaluate, options.threads)}


def do_all(runs, results, options):
    """--jobs at a time. False if it was stopped before all were done."""
    stop, lock = Stop(options.minutes), threading.Lock()

    def do_one(run):
        if stop.wanted():
            raise Stopped
        print(f"{run.folder}: from step {last_step(options.work / run.folder / 'run')} of {run.steps}", flush=True)
        line = do(run, options, stop)
        with lock:
            results.add(line)
            print(f"{run.folder}: {report.summary(line)}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(do_one, run) for run in runs]
        try:
            concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_EXCEPTION)
        except KeyboardInterrupt:
            pass
        stop.now.set()  # if all are done, it stops nothing
    problems = [job.exception() for job in waiting if job.exception()]
    for problem in problems:
        if not isinstance(problem, Stopped):
            raise problem
    return not problems


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plan", type=pathlib.Path, help="what to train, JSON (see plan.py)")
    parser.add_argument("--quaver", default="quaver", help="a program with the trainer (default: that of the PATH)")
    parser.add_argument("--data", required=True, type=pathlib.Path, help="speech to train on")
    parser.add_argument("--evaluate", required=True, type=pathlib.Path,
                        help="folder of held-out clips, 16 kHz mono WAV or FLAC, by other speakers")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="folder of the runs and results")
    parser.add_argument("--jobs", type=int, default=1, metavar="N",
                        help="train so many runs at a time, best with --threads 1 (default: 1)")
    parser.add_argument("--threads", type=int, default=2, help="of each run (default: 2)")
    parser.add_argument("--minutes", type=float, help="stop after so long, with a checkpoint")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="these runs of the plan (may be repeated); NAME-sN is the one with seed N")
    parser.add_argument("--list", action="store_true", help="say which runs there are and what is done, and end")
    return parser.parse_args()


def main():
    options = arguments()
    found = shutil.which(options.quaver)
    if not found:
        raise plans.PlanError(f"there is no program {options.quaver}")
    options.quaver = pathlib.Path(found).resolve()
    runs = plans.load(options.plan)
    if options.only:
        unknown = set(options.only) - {name for run in runs for name in (run.name, run.folder)}
        if unknown:
            raise plans.PlanError(f"{options.plan}: there is no run {', '.join(sorted(unknown))}")
        runs = [run for run in runs if run.name in options.only or run.folder in options.only]
    results = Results(options.work / "results.jsonl")
    if options.list:
        for run in runs:
            state = "done" if results.has(run) else \
                f"{last_step(options.work / run.folder / 'run')} of {run.steps} steps"
            print(f"{run.folder:32} {state}")
        return 0
    options.work.mkdir(parents=True, exist_ok=True)
    if not do_all([run for run in runs if not results.has(run)], results, options):
        print("stopped; the same command goes on")
    if results.lines:
        report.write(list(results.lines.values()), options.work)
        print(f"{options.work}/table.md")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (plans.PlanError, scores.CommandError) as error:
        sys.exit(f"run.py: {error}")
