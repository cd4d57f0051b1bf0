"""The program quaver-tokenize."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import List, Optional

from .. import Model, __version__
from ..errors import ModelError
from . import __doc__ as _about
from ._settings import FORMATS, Settings
from ._text import utf8

OK, FAILED, USAGE, LOST = 0, 1, 2, 3  # as the program `quaver` has them
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def size(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMG]?)(?:i?B)?", text, re.IGNORECASE)
    if not match or float(match[1]) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; wanted bytes, such as 256M")
    return max(int(float(match[1]) * _UNITS[match[2].upper()]), 1)


def positive(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r}: wanted a positive whole number")
    return int(text)


def natural(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r}: wanted a whole number")
    return int(text)


def seconds(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r}: wanted seconds")
    return value


def _parser(command: str) -> argparse.ArgumentParser:
    if command == "verify":
        parser = argparse.ArgumentParser(
            "quaver-tokenize verify", description="Checks the files, hashes and counts of a folder of tokens, and encodes "
            "some of its clips again to compare them."
        )  # fmt: skip
        parser.add_argument("tokens", help="folder that quaver-tokenize made")
        parser.add_argument("--again", type=natural, default=8, metavar="N", help="clips to encode again (default 8)")
        return parser
    if command == "decode":
        parser = argparse.ArgumentParser("quaver-tokenize decode", description="Rows of tokens to WAV files.")
        parser.add_argument("tokens", help="folder that quaver-tokenize made")
        parser.add_argument("sound", help="folder for the WAV files")
        parser.add_argument("--id", action="append", metavar="ID", help="clips to decode; may be repeated (default: all)")
        parser.add_argument("--limit", type=positive, metavar="N", help="decode so many clips at most")
        return parser
    parser = argparse.ArgumentParser(
        "quaver-tokenize", description=_about, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit codes: 0 all is well; 1 failed, or --max-errors was passed; 2 wrong usage; 3 done, but clips failed: "
        "errors.parquet says which.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"quaver-tokenize {__version__}")
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="folder, list of clips (.jsonl: Quaver's, NeMo's, Lhotse's cuts), .tar, "
        ".parquet or sound file; a path or URL; NAME=INPUT names its source")  # fmt: skip
    add("out", metavar="OUT", help="folder for the tokens; if a job was killed there, it goes on")
    rate = parser.add_mutually_exclusive_group()
    rate.add_argument("--n-q", type=positive, metavar="N", help="tokens a frame (default: all that the model has)")
    rate.add_argument("--bitrate", type=float, metavar="BPS", help="bits per second instead, as in Model.encode")
    add("--effort", type=natural, default=0, choices=(0, 1, 2), help="with --bitrate: more time for better sound")
    add("--model", metavar="MODEL", help="weights file or name of a model (default: the built-in one)")
    add("--format", choices=FORMATS, default="parquet", help="default: parquet")
    add("--shard-size", type=size, default=256 << 20, metavar="SIZE", help="bytes of a shard, about (default 256M)")
    add("--part-seconds", type=seconds, default=1800.0, metavar="S", help="sound that a task encodes and a kill loses, about "
        "(default 1800)")  # fmt: skip
    add("--workers", type=positive, metavar="N", help="processes (default: one a core, or all of the cluster)")
    add("--runner", choices=("ray", "processes", "here"), help="who does it: Ray, processes of this "
        "machine, or this process alone (default: ray if it is installed, else processes)")  # fmt: skip
    add("--address", metavar="ADDRESS", default=os.environ.get("RAY_ADDRESS") or None,
        help="of a Ray cluster to join (auto: the one of this machine; default: $RAY_ADDRESS, or none)")  # fmt: skip
    add("--max-errors", type=natural, metavar="N", help="stop when more clips than this failed (default: go on)")
    add("--samples", type=natural, default=12, metavar="N", help="clips to listen to on the page (default 12)")
    add("--quiet", action="store_true", help="no progress")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    command = arguments[0] if arguments and arguments[0] in ("verify", "decode") else ""
    parser = _parser(command)
    options = parser.parse_args(arguments[1:] if command else arguments)
    try:
        if command == "verify":
            from . import _verify

            return _verify.run(options.tokens, options.again)
        if command == "decode":
            from . import _verify

            return _verify.decode(options.tokens, options.sound, options.id, options.limit)
        return _tokenize(parser, options)
    except KeyboardInterrupt:
        print("\nquaver-tokenize: stopped; the same command goes on", file=sys.stderr)
        return 130
    except (ValueError, OSError, ImportError, RuntimeError, MemoryError) as failure:
        print(f"quaver-tokenize: {failure or type(failure).__name__}", file=sys.stderr)
        return FAILED


def _tokenize(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from . import _atomic, _inputs, _places
    from ._job import ERRORS, How, TooManyErrors, errors_so_far, run

    if options.effort and options.bitrate is None:
        parser.error("--effort needs --bitrate")
    if _places.is_url(options.out):
        parser.error(f"OUT must be a folder that all workers see, not the URL {options.out}")
    try:
        model = Model(options.model)
    except ModelError as failure:
        parser.error(f"--model: {failure}")
    if options.n_q is not None and options.n_q > model.groups:
        parser.error(f"--n-q {options.n_q}: the model has {model.groups}")
    if options.bitrate is not None:
        try:
            model.tokens_for_bitrate(options.bitrate)
        except ValueError as failure:
            parser.error(f"--bitrate: {failure}")
    n_q = None if options.bitrate is not None else options.n_q or model.groups
    name = os.path.abspath(options.model) if options.model and os.path.exists(options.model) else options.model
    settings = Settings(
        [_inputs.absolute(text) for text in options.inputs], name, model.identity, n_q, options.bitrate, options.effort, options.format,
        options.shard_size, options.part_seconds, __version__,
    )  # fmt: skip
    how = How(
        options.workers, options.runner, options.address, options.max_errors, options.samples, options.quiet
    )
    try:
        manifest = run(options.out, settings, how)
    except TooManyErrors as failure:
        print(f"quaver-tokenize: {failure}", file=sys.stderr)
        for error in errors_so_far(options.out)[:10]:
            print(f"  {error[1]}: {error[0]}: {error[2]}", file=sys.stderr)
        return FAILED
    except _atomic.WriteFailed as failure:
        print(f"quaver-tokenize: {utf8(failure.filename)}: {failure.strerror}; what is done stays in {utf8(options.out)}, and the same "
              "command goes on", file=sys.stderr)  # fmt: skip
        return FAILED
    counts = manifest["counts"]
    print(f"{counts['clips']} clips, {manifest['hours']:.2f} h, {len(manifest['shards'])} files in {utf8(options.out)}")
    if counts["errors"]:
        print(f"quaver-tokenize: {counts['errors']} clip{'s' * (counts['errors'] != 1)} failed: {options.out}/{ERRORS} says why", file=sys.stderr)
        return LOST
    return OK


if __name__ == "__main__":
    sys.exit(main())
