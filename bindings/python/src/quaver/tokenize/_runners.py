"""Calls spread over processes of this machine, or over a Ray cluster, or in this process. All give each result as it comes, in any order.

A call may run twice: it is repeated when the process or the machine that ran it is gone. Calls here write files that
appear whole, with the same contents each time.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

_DEATHS = 5  # of pools one after the other without a result between them


class WorkersDied(RuntimeError):
    """Worker processes died again and again."""


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    call: Callable[..., Any], tasks: Sequence[Tuple[Any, ...]], workers: Optional[int], runner: str, address: Optional[str]
) -> Iterator[Any]:
    """Results of call(*task) for all tasks. `runner` is "ray", "processes" or "here"."""
    if not tasks:
        return iter(())
    if runner == "ray":
        return _ray(call, tasks, workers, address)
    if runner == "here":
        return (call(*task) for task in tasks)
    return _processes(call, tasks, workers or cores())


def _end_with(parent: int) -> None:
    """In a worker: ends the process when the driver is gone, which a killed one cannot say. Ctrl-C is the driver's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _processes(call: Callable[..., Any], tasks: Sequence[Tuple[Any, ...]], workers: int) -> Iterator[Any]:
    left = dict(enumerate(tasks))
    deaths = 0
    while left:
        try:
            for key, result in _pool(call, left, workers):
                del left[key]
                deaths = 0
                yield result
        except BrokenProcessPool:
            deaths += 1
            if deaths == _DEATHS:
                raise WorkersDied(
                    f"worker processes died {deaths} times one after the other; is there enough memory for {workers} of "
                    f"them? They were at these tasks, or the ones after them: {[task[1:2] for task in left.values()][:workers]}"
                ) from None


def _pool(call: Callable[..., Any], left: Dict[int, Any], workers: int) -> Iterator[Tuple[int, Any]]:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(left)), context, _end_with, (os.getpid(),))
    try:
        waiting = iter(list(left.items()))
        running: Dict[Future, int] = {}
        while True:
            while len(running) < 2 * workers:
                entry = next(waiting, None)
                if entry is None:
                    break
                running[pool.submit(call, *entry[1])] = entry[0]
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    finally:
        for process in list((pool._processes or {}).values()):  # what runs now is lost, as after a kill
            with contextlib.suppress(Exception):
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def _ray(
    call: Callable[..., Any], tasks: Sequence[Tuple[Any, ...]], workers: Optional[int], address: Optional[str]
) -> Iterator[Any]:
    """A Ray Data set of tasks, one a block; Ray repeats blocks whose process or machine died."""
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray gives its workers less of a busy machine (15) than the driver has, and a job is what its workers do.
    os.environ.setdefault("RAY_worker_niceness", "0")
    import ray

    started = not ray.is_initialized()
    if started:
        options: Dict[str, Any] = {"address": address or "local"}  # "local": never that of a cluster of this machine
        if not address:
            options.update(num_cpus=workers or cores(), include_dashboard=False, object_store_memory=128 << 20)
        ray.init(log_to_driver=False, logging_level="warning", **options)
    try:
        logging.getLogger("ray.data").setLevel(logging.WARNING)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        rows: List[Dict[str, Any]] = [{"task": _packed(task)} for task in tasks]
        blocks = min(len(rows), 20000)
        name = (call.__module__, call.__qualname__)
        pool: Dict[str, Any] = {"compute": ray.data.TaskPoolStrategy(size=workers)} if workers else {}
        data = ray.data.from_items(rows, override_num_blocks=blocks).map(_Call(name), num_cpus=1, **pool)
        for row in data.iter_rows():
            yield _unpacked(row["result"])
    finally:
        if started:
            ray.shutdown()


def _packed(value: Any) -> str:
    import json

    return json.dumps(value)


def _unpacked(text: str) -> Any:
    import json

    return json.loads(text)


class _Call:
    """Calls a function of this package, which workers have installed, by its name."""

    def __init__(self, name: Tuple[str, str]) -> None:
        self.__name__ = name[1]
        self._name = name

    def __call__(self, row: Dict[str, Any]) -> Dict[str, Any]:
        import importlib

        call = getattr(importlib.import_module(self._name[0]), self._name[1])
        return {"result": _packed(call(*_unpacked(row["task"])))}
