"""Makes the declarations for cffi (ABI mode) out of the public C headers.

    declarations.py OUT.py HEADER...

cffi reads C without a preprocessor, so what only compilers and C++ need is taken out: comments, conditions, includes and
QUAVER_API. The one macro with a value that callers need, QUAVER_ABI, stays.
"""

from __future__ import annotations

import pathlib
import re
import sys

CPLUSPLUS = re.compile(r"^#ifdef __cplusplus$.*?^#endif$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
DIRECTIVE = re.compile(r"^#(?!define QUAVER_ABI \d+$).*$", re.MULTILINE)


def declarations_of(text: str) -> str:
    """The declarations of one header, as cffi reads them."""
    text = CPLUSPLUS.sub("", COMMENT.sub("", text))
    text = DIRECTIVE.sub("", re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE))
    return re.sub(r"\n{2,}", "\n", text.replace("QUAVER_API ", ""))


def main() -> None:
    from cffi import FFI

    out, *headers = map(pathlib.Path, sys.argv[1:])
    ffi = FFI()
    ffi.set_source("quaver._declarations", None)
    for header in headers:
        ffi.cdef(declarations_of(header.read_text(encoding="utf-8")))
    ffi.emit_python_code(str(out))


if __name__ == "__main__":
    main()
