"""Text that can be written as UTF-8, whatever the name of a file or a member of a tar file is.

Python has the bytes of a name that are not UTF-8 as surrogates ("surrogateescape"), which no Parquet file, page or
terminal takes. Paths keep them, so that files can be opened; ids, sources, speakers and texts have them as %E9.
"""

from __future__ import annotations

from typing import Optional, TypeVar

_Text = TypeVar("_Text", str, Optional[str])


def utf8(text: _Text) -> _Text:
    """`text`, with %E9 for the byte 0xE9 that is not UTF-8, and U+FFFD for other surrogates."""
    if text is None or text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(map(_character, text))
    return text


def _character(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"%{code - 0xDC00:02X}"
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else character
