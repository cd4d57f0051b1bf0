#!/usr/bin/env python3
"""Turns the ratings of several listeners (the JSON files that a page of listen.py saves) into means with 95 % intervals.

    bench/quality/ratings.py ratings-*.json
    bench/quality/ratings.py ratings-*.json --against 'Lyra v2 3.2'

As in ITU-R BS.1534: a listener who rates the hidden reference below 90 in more than 15 % of the clips is left out (--all keeps
all). The interval is Student's: over the listeners, each with the mean of his clips, since one person's ratings hang
together; with a single listener over his clips, which says nothing of other people. --against gives the differences from one
codec in the same way, which are surer than a look at two intervals. Needs PyPI's or Debian's scipy.
"""

import argparse
import json
import math
import pathlib
import statistics
import sys

HIDDEN = "hidden reference"
LEAST, SHARE = 90, 0.15  # BS.1534-3, 4.1.2


class Failed(Exception):
    pass


def read(path):
    """{clip: {codec: rating}} of one listener"""
    try:
        saved = json.loads(path.read_text())
        if saved["format"] != "listening-test" or saved["version"] != 1:
            raise Failed(f"{path}: no ratings of version 1")
        clips = {clip["clip"]: clip["ratings"] for clip in saved["clips"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failed(f"{path}: no ratings that a page of listen.py saved ({error!r})") from error
    for clip, ratings in clips.items():
        for codec, rating in ratings.items():
            if isinstance(rating, bool) or not isinstance(rating, (int, float)) or not 0 <= rating <= 100:
                raise Failed(f"{path}: {clip}, {codec}: {rating!r} is no rating from 0 to 100")
    return saved["test"], clips


def hears_the_reference(clips):
    missed = sum(ratings[HIDDEN] < LEAST for ratings in clips.values())
    return missed <= SHARE * len(clips)


def interval(values):
    """(mean, half of the 95 % interval: Student's t; infinite for a single value)"""
    from scipy.stats import t
    if len(values) < 2:
        return values[0], math.inf
    return statistics.fmean(values), t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))


def values_of(listeners, of):
    """What an interval is taken over: `of(ratings of a clip)`, a mean a listener, or a single listener's clips."""
    by_listener = [[of(ratings) for ratings in clips.values()] for clips in listeners]
    return by_listener[0] if len(by_listener) == 1 else [statistics.fmean(values) for values in by_listener]


def table(listeners, against=None):
    """[(codec, mean, half of the interval)], the best first; with `against`, of the differences from that codec"""
    codecs = list(dict.fromkeys(codec for clips in listeners for ratings in clips.values() for codec in ratings))
    if against is not None and against not in codecs:
        raise Failed(f"'{against}' was not rated: {', '.join(codecs)}")
    rows = []
    for codec in codecs:
        if codec == against:
            continue
        of = (lambda ratings: ratings[codec]) if against is None else (lambda ratings: ratings[codec] - ratings[against])
        rows.append((codec, *interval(values_of(listeners, of))))
    return sorted(rows, key=lambda row: -row[1])


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ratings", type=pathlib.Path, nargs="+", help="JSON files, one a listener")
    parser.add_argument("--against", metavar="CODEC", help="differences from this one")
    parser.add_argument("--all", action="store_true", help="also those who did not find the hidden reference")
    return parser.parse_args()


def main():
    arguments = parse()
    saved = {path: read(path) for path in arguments.ratings}
    if len({test for test, _ in saved.values()}) > 1:
        raise Failed("these ratings are of different tests: give those of one page")
    for path, (_, clips) in saved.items():
        if not arguments.all and not hears_the_reference(clips):
            print(f"{path} is left out: the hidden reference has less than {LEAST} too often")
    listeners = [clips for _, clips in saved.values() if arguments.all or hears_the_reference(clips)]
    if not listeners:
        raise Failed("nobody is left: --all keeps all")
    over = f"{len(listeners)} listeners" if len(listeners) > 1 else f"1 listener, {len(listeners[0])} clips"
    print(f"| {over} | {f'against {arguments.against}' if arguments.against else 'mean'} | 95 % interval |\n| --- | --- | --- |")
    for codec, mean, half in table(listeners, arguments.against):
        sign = "+" if arguments.against else ""
        print(f"| {codec} | {mean:{sign}.1f} | {mean - half:{sign}.1f} to {mean + half:{sign}.1f} |")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"ratings.py: {failure}")
