"""libquaver and libquaver-file: found beside this file, loaded once; their error codes become exceptions.

The declarations are made of the public C headers when the package is built (tools/declarations.py).
"""

from __future__ import annotations

import pathlib
from typing import Any, Callable

from . import errors
from ._declarations import ffi

_FOLDER = pathlib.Path(__file__).resolve().parent / "lib"


def _load(name: str) -> Any:
    found = sorted(_FOLDER.glob(name + ".so*"))
    if not found:
        raise ImportError(f"{_FOLDER}: there is no {name}.so; install quaver again")
    return ffi.dlopen(str(found[0]))


lib = _load("libquaver")
file_lib = _load("libquaver-file")  # finds libquaver in its own folder
if lib.quaver_abi() != lib.QUAVER_ABI:
    raise ImportError(
        f"{_FOLDER}: libquaver has the binary interface {lib.quaver_abi()}, this package was built for "
        f"{lib.QUAVER_ABI}; install quaver again"
    )

NO_TOKEN: int = lib.QUAVER_NO_TOKEN
MAX_FRAMES: int = lib.QUAVER_MAX_FRAMES
MAX_GROUPS: int = lib.QUAVER_MAX_GROUPS
MAX_PACKET_BYTES: int = lib.QUAVER_MAX_PACKET_BYTES
VERSION: str = ffi.string(lib.quaver_version()).decode()

_KINDS = {
    lib.QUAVER_ERROR_PACKET: errors.DamagedPacket,
    lib.QUAVER_ERROR_STATE: errors.StateError,
    lib.QUAVER_ERROR_MODEL: errors.StateError,
    lib.QUAVER_ERROR_MEMORY: MemoryError,
    lib.QUAVER_ERROR_ARGUMENT: ValueError,
    lib.QUAVER_ERROR_IO: OSError,
}


def checked(code: int) -> int:
    """The result of a call, or the exception that a negative one stands for."""
    if code >= 0:
        return code
    raise _KINDS.get(code, errors.QuaverError)(ffi.string(lib.quaver_error_text(code)).decode())


def opened(call: Callable[[Any, int], Any], close: Any, error: type[Exception], prefix: str = "") -> Any:
    """The handle that call(text, size) gives, closed when nothing refers to it, or `error` with its text."""
    text = ffi.new("char[]", 4096)
    handle = call(text, len(text))
    if handle == ffi.NULL:
        raise error(prefix + ffi.string(text).decode(errors="replace"))
    return ffi.gc(handle, close)


def created(handle: Any, close: Any) -> Any:
    """A handle of a call that fails only when memory is short."""
    if handle == ffi.NULL:
        raise MemoryError("no memory left for a stream")
    return ffi.gc(handle, close)
