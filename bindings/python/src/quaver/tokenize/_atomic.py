"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import uuid
from typing import IO, Any, Iterator

TEMPORARY = ".tmp"


class WriteFailed(OSError):
    """With the file that was to be written, which the failures of a full disk do not name."""


@contextlib.contextmanager
def written(path: str) -> Iterator[IO[bytes]]:
    """A file to write; at the end of the block it gets the name `path`, after an exception it is removed.

    Raises WriteFailed.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}{TEMPORARY}")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as failure:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        if isinstance(failure, OSError) and failure.filename in (None, temporary):
            raise WriteFailed(failure.errno, failure.strerror or str(failure), path) from failure
        raise


def write_json(path: str, value: Any) -> None:
    """As UTF-8; with \\udce9 for paths that hold other bytes, which read_json() gives back."""
    try:
        content = json.dumps(value, indent=1, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        content = json.dumps(value, indent=1).encode()
    with written(path) as file:
        file.write(content + b"\n")


def read_json(path: str) -> Any:
    with open(path, "rb") as file:
        return json.loads(file.read())
