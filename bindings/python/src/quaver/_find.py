"""Where models are looked for besides where the library looks: folders that belong to the Python installation."""

from __future__ import annotations

import os
import pathlib
import sys
from typing import Any, List, Optional

from ._library import ffi, lib, opened
from .errors import ModelError

_EXTENSION = ".safetensors"


def folders() -> List[pathlib.Path]:
    """models/ in this package, share/quaver/models of the environment, and of the user ($XDG_DATA_HOME)."""
    user = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    found = [pathlib.Path(__file__).resolve().parent / "models"]
    for prefix in (pathlib.Path(sys.prefix, "share"), pathlib.Path(user)):
        found.append(prefix / "quaver" / "models")
    return found


def _open(path: pathlib.Path) -> Any:
    name = os.fsencode(path)
    return opened(lambda text, size: lib.quaver_model_open(name, text, size), lib.quaver_model_close, ModelError)


def is_path(name: str) -> bool:
    """No name that is looked for, but a file."""
    return os.sep in name or name.endswith(_EXTENSION) or os.path.isfile(name)


def by_name(name: str) -> Any:
    """The handle of a model by path or name: first as the library finds it, then in folders()."""
    try:
        encoded = os.fsencode(name)
        if b"\0" in encoded:
            raise ModelError(f"no model {name!r}: the name holds a zero byte")
        return opened(lambda text, size: lib.quaver_model_find(encoded, text, size), lib.quaver_model_close, ModelError)
    except ModelError as failure:
        if is_path(name):
            raise
        places = [folder / (name + _EXTENSION) for folder in folders()]
        for place in places:
            if place.is_file():
                return _open(place)
        raise ModelError("\n  ".join([str(failure), *map(str, places)])) from None


def by_identity(identity: bytes) -> Any:
    """The handle of the model with this SHA-256."""
    try:
        return opened(
            lambda text, size: lib.quaver_model_find_identity(identity, text, size), lib.quaver_model_close, ModelError
        )
    except ModelError as failure:
        for folder in folders():
            for path in sorted(folder.glob("*" + _EXTENSION)):
                handle = _with_identity(path, identity)
                if handle is not None:
                    return handle
        raise ModelError("\n  ".join([str(failure), "and none in", *map(str, folders())])) from None


def _with_identity(path: pathlib.Path, identity: bytes) -> Optional[Any]:
    try:
        handle = _open(path)
    except ModelError:
        return None  # a damaged copy: a later folder may have a good one
    found = ffi.new("uint8_t[32]")
    lib.quaver_model_identity(handle, found)
    return handle if bytes(ffi.buffer(found)) == identity else None
