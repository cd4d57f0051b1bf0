"""Files and folders to read: local paths, and URLs (s3://, gs://, https:// ...) through fsspec."""

from __future__ import annotations

import os
from typing import IO, Any, List, NamedTuple

SOUND = (
    ".wav .wave .flac .ogg .oga .opus .mp3 .mp2 .mp1 .aiff .aif .aifc .au .snd .caf .w64 .rf64 .sph .nist .voc .avr .paf "
    ".svx .pvf .m4a .m4b .aac .wma .webm .weba .mka .amr .awb .spx .ac3 .eac3 .dts .ape .wv .tta .mpc .3ga"
).split()  # the extensions that the program takes for sound


class Found(NamedTuple):
    """A file below a folder: `name` relative to it, with "/"; `path` to open it; `size` in bytes."""

    name: str
    path: str
    size: int


def extension(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def is_sound(path: str) -> bool:
    return extension(path) in SOUND


def is_url(path: str) -> bool:
    return "://" in path


def _filesystem(url: str) -> Any:
    try:
        import fsspec
    except ImportError as missing:
        raise ImportError(f"{url}: reading URLs needs fsspec: pip install 'quaver[tokenize]'") from missing
    return fsspec.core.url_to_fs(url)


def opened(path: str) -> IO[bytes]:
    """The file for reading; OSError if there is none."""
    if not is_url(path):
        return open(path, "rb")
    filesystem, inner = _filesystem(path)
    return filesystem.open(inner, "rb")


def exists(path: str) -> bool:
    if not is_url(path):
        return os.path.exists(path)
    filesystem, inner = _filesystem(path)
    return bool(filesystem.exists(inner))


def is_folder(path: str) -> bool:
    if not is_url(path):
        return os.path.isdir(path)
    filesystem, inner = _filesystem(path)
    return bool(filesystem.isdir(inner))


def size_of(path: str) -> int:
    if not is_url(path):
        return os.path.getsize(path)
    filesystem, inner = _filesystem(path)
    return int(filesystem.size(inner) or 0)


def beside(path: str, name: str) -> str:
    """`name` as a list at `path` means it: a URL, an absolute path, or relative to the list's folder."""
    if is_url(name) or os.path.isabs(name):
        return name
    folder = path.rsplit("/", 1)[0] if "/" in path else "."
    return f"{folder}/{name}" if is_url(path) else os.path.normpath(os.path.join(folder, name))


def files_of(folder: str) -> List[Found]:
    """All files below a folder, sorted by name. Links to folders are followed, each folder is entered once."""
    if is_url(folder):
        filesystem, inner = _filesystem(folder)
        inner = inner.rstrip("/")
        found = filesystem.find(inner, detail=True)
        return sorted(
            Found(path[len(inner) :].lstrip("/"), filesystem.unstrip_protocol(path), int(facts.get("size") or 0))
            for path, facts in found.items()
        )
    files: List[Found] = []
    met = set()

    def failed(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, followlinks=True, onerror=failed):
        identity = os.stat(place)
        if (identity.st_dev, identity.st_ino) in met:
            folders.clear()
            continue
        met.add((identity.st_dev, identity.st_ino))
        folders.sort()
        for name in names:
            path = os.path.join(place, name)
            dangling = os.path.islink(path) and not os.path.exists(path)  # an error when it is read, and told then
            if dangling or os.path.isfile(path):
                size = 0 if dangling else os.path.getsize(path)
                files.append(Found(os.path.relpath(path, folder).replace(os.sep, "/"), path, size))
    return sorted(files)
