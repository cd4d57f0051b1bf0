"""Progress on the standard error: parts, hours of sound, hours a second, time left."""

from __future__ import annotations

import sys
import time


class Progress:
    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self.start(0)

    def note(self, text: str) -> None:
        if not self._quiet:
            print(f"quaver-tokenize: {text}", file=sys.stderr, flush=True)

    def start(self, total: int, done: int = 0, seconds: float = 0.0, what: str = "parts") -> None:
        """`total` parts, of which `done` with so many seconds of sound are there already."""
        self._what = what
        self._total, self._done, self._before = total, done, done
        self._seconds = self._seconds_before = seconds
        self._began = self._shown = time.monotonic()

    def done(self, seconds: float = 0.0, errors: int = 0, parts: int = 1) -> None:
        """So many more parts, with so many seconds of sound together; errors so far."""
        self._done += parts
        self._seconds += seconds
        now = time.monotonic()
        if self._quiet or (self._done < self._total and now - self._shown < (0.5 if self._terminal else 10)):
            return
        self._shown = now
        took = max(now - self._began, 1e-9)
        left = took / (self._done - self._before) * (self._total - self._done)
        facts = [f"{self._done}/{self._total} {self._what}"]
        if self._seconds:
            rate = (self._seconds - self._seconds_before) / 3600 / took
            facts += [f"{self._seconds / 3600:.2f} h", f"{rate:.4f} h/s"]
        facts.append(f"{clock(left)} left")
        if errors:
            facts.append(f"{errors} failed")
        text = "quaver-tokenize: " + ", ".join(facts)
        print("\r\033[K" + text if self._terminal else text, end="" if self._terminal else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._terminal and not self._quiet and self._done > self._before:
            print(file=sys.stderr)


def clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
