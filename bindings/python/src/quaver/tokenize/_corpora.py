"""Corpora that are recognised by their paths, as `quaver data` does: speakers, texts, and what is left aside.

LibriSpeech and LibriTTS  PART/SPEAKER/CHAPTER/SPEAKER-CHAPTER-*.flac; speakers are "LibriSpeech/19", texts are in
                          SPEAKER-CHAPTER.trans.txt, or beside each clip in *.normalized.txt.
VCTK                      wav48/p225/p225_*.wav, wav48_silence_trimmed/p225/p225_*_mic1.flac (the second microphone is
                          left aside); speakers are "VCTK/p225", texts are in txt/p225/p225_001.txt.
Common Voice              clips/ beside train.tsv, dev.tsv and test.tsv; clips that none of them names are left aside;
                          speakers are "CommonVoice/" and the client_id, texts are the column "sentence".
"""

from __future__ import annotations

import csv
import io
import os
import posixpath
import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from . import _places

_LIBRISPEECH = re.compile(r"(?:^|/)(?:train|dev|test)-[^/]*/(\d+)/(\d+)/\1[-_]\2[-_][^/]*$")
_VCTK = re.compile(r"(?:^|/)(wav48|wav48_silence_trimmed)/([ps]\d+)/\2_[^/]*$")
_CLIPS = re.compile(r"^(?:(.*)/)?clips/([^/]+)$")
_TABLES = ("train.tsv", "dev.tsv", "test.tsv")


class Known(NamedTuple):
    """What a corpus says of a clip. Not `use`: leave it aside."""

    use: bool = True
    speaker: Optional[str] = None
    text: Optional[str] = None


class Corpora:
    """Recognises the clips of one folder.

    Args:
        folder: the path or URL of the folder; what stands above it counts too (part of a corpus may be given).
        files: all files below it.
    """

    def __init__(self, folder: str, files: List[_places.Found]) -> None:
        self._above = folder.rstrip("/") if _places.is_url(folder) else os.path.abspath(folder).replace(os.sep, "/")
        self._paths = {found.name: found.path for found in files}
        self._transcripts: Dict[str, Dict[str, str]] = {}
        self._tables: Dict[str, Optional[Dict[str, Tuple[str, str]]]] = {}
        self._wrong: List[Tuple[str, str]] = []
        self._seen: Dict[str, set] = {}

    def recognise(self, name: str) -> Known:
        """`name` as in Found."""
        whole = f"{self._above}/{name}"
        match = _LIBRISPEECH.search(whole)
        if match:
            return Known(speaker=f"LibriSpeech/{match[1]}", text=self._librispeech_text(name, match[1], match[2]))
        match = _VCTK.search(whole)
        if match:
            stem = posixpath.splitext(posixpath.basename(name))[0]
            return Known(not stem.endswith("_mic2"), f"VCTK/{match[2]}", self._vctk_text(whole, match, stem))
        match = _CLIPS.search(whole)
        table = self._table(match[1] or "") if match else None
        if match is None or table is None:
            return Known()
        self._seen[match[1] or ""].add(match[2])
        if match[2] not in table:
            return Known(use=False)
        return Known(True, *(value or None for value in table[match[2]]))

    def missing(self) -> List[Tuple[str, str]]:
        """Names of clips that a table of Common Voice lists and the folder lacks, and why they are expected; and lines of
        tables that name none."""
        return self._wrong + [
            (f"{self._relative(folder)}clips/{clip}", "a table of Common Voice names it, but it is not there")
            for folder, table in sorted(self._tables.items())
            for clip in sorted(set(table or ()) - self._seen[folder])
        ]

    def _relative(self, folder: str) -> str:
        inner = folder[len(self._above) :].lstrip("/")
        return inner + "/" if inner else ""

    def _text_file(self, name: str) -> Optional[str]:
        path = self._paths.get(name)
        if path is None:
            return None
        with _places.opened(path) as file:
            return file.read().decode("utf-8", "replace")

    def _librispeech_text(self, name: str, speaker: str, chapter: str) -> Optional[str]:
        folder, file = posixpath.split(name)
        stem = file.rsplit(".", 1)[0]
        lines = posixpath.join(folder, f"{speaker}-{chapter}.trans.txt")
        if lines not in self._transcripts:
            text = self._text_file(lines) or ""
            pairs = (line.split(" ", 1) for line in text.splitlines() if " " in line)
            self._transcripts[lines] = {key: value.strip() for key, value in pairs}
        known = self._transcripts[lines].get(stem)
        if known is None:
            known = self._text_file(posixpath.join(folder, stem + ".normalized.txt"))
        return known.strip() if known else None

    def _vctk_text(self, whole: str, match: re.Match, stem: str) -> Optional[str]:
        path = whole[: match.start(1)] + f"txt/{match[2]}/{re.sub('_mic[0-9]$', '', stem)}.txt"
        if not path.startswith(self._above + "/"):  # given wav48/ alone: the texts are beside it
            if _places.is_url(path) or not os.path.isfile(path):
                return None
            with open(path, "rb") as file:
                return file.read().decode("utf-8", "replace").strip() or None
        return (self._text_file(path[len(self._above) + 1 :]) or "").strip() or None

    def _table(self, folder: str) -> Optional[Dict[str, Tuple[str, str]]]:
        """Clips that the tables in `folder` name: file -> speaker, text. None: it is no Common Voice."""
        if folder not in self._tables:
            self._seen[folder] = set()
            self._tables[folder] = self._read_tables(folder) if _places.exists(f"{folder}/train.tsv") else None
        return self._tables[folder]

    def _read_tables(self, folder: str) -> Dict[str, Tuple[str, str]]:
        clips: Dict[str, Tuple[str, str]] = {}
        for name in _TABLES:
            path = f"{folder}/{name}"
            if not _places.exists(path):
                continue
            with _places.opened(path) as file:
                text = io.TextIOWrapper(file, "utf-8", "replace", newline="")
                rows = csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
                if not {"client_id", "path"} <= set(rows.fieldnames or ()):
                    raise ValueError(f'{path}: line 1: no columns "client_id" and "path"')
                for row in rows:
                    if not row["path"]:
                        line = f"line {rows.line_num}"
                        why = f"{path}: {line}: fewer columns than the first line"
                        self._wrong.append((f"{self._relative(folder)}{name}, {line}", why))
                        continue
                    clip = row["path"] if _places.is_sound(row["path"]) else row["path"] + ".mp3"
                    speaker = f"CommonVoice/{row['client_id']}" if row["client_id"] else ""
                    clips[clip] = (speaker, (row.get("sentence") or "").strip())
        return clips
