"""Word errors: what a Whisper model hears in the decoded clip against what the same model hears in the recording (greedy, one
temperature). Characters count instead of words in Japanese, Chinese and Korean.

The language is the second field of the clip's name where that is a code of two letters (css10_de_...), else Whisper finds it
in the recording. A clip whose language Whisper does not know, or is less than half sure of, has no score: its transcripts
are guesses. The path is a folder in CTranslate2's format, as faster-whisper takes."""

import json
import pathlib
import re
import unicodedata

import numpy

from .base import Column, Measure, Unavailable

CHARACTERS = ("ja", "zh", "ko")
SURE = 0.5


def tokens(text, language):
    """Words in lower case without punctuation, or characters."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"(?<=\w)['’](?=\w)", "", text)
    text = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return [c for c in text if not c.isspace()] if language in CHARACTERS else text.split()


def errors(heard, meant):
    """Levenshtein's distance of two lists."""
    row = list(range(len(meant) + 1))
    for i, a in enumerate(heard, 1):
        above, row = row, [i]
        for j, b in enumerate(meant, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]


class Words(Measure):
    name = "words"
    columns = (Column("word_errors", "word errors %", 1, -1, 100, note="word errors: of Whisper against its own transcript of the "
                      "recording, all errors by all words"),)

    def __init__(self, options):
        from faster_whisper import WhisperModel
        if not options.whisper:
            raise Unavailable("name a Whisper model in CTranslate2's format by --whisper")
        if not (pathlib.Path(options.whisper) / "model.bin").is_file():
            raise Unavailable(f"{options.whisper}: no model.bin in it")
        self.model = WhisperModel(str(options.whisper), device="cpu", compute_type="float32", cpu_threads=1)
        self.cache = options.transcripts  # of the recordings, from run to run: {clip: [text, language, how sure of it]}
        self.cached = json.loads(self.cache.read_text()) if self.cache and self.cache.is_file() else {}

    def transcript(self, samples, language):
        segments, info = self.model.transcribe(samples.astype(numpy.float32), language=language, beam_size=1, temperature=0.0,
                                               condition_on_previous_text=False, without_timestamps=True)
        return " ".join(segment.text.strip() for segment in segments), info

    def original(self, reference):
        """(words, language), or None"""
        field = (reference.name.split("_") + [""])[1]
        named = field if re.fullmatch("[a-z]{2}", field) else None
        if named and named not in self.model.supported_languages:
            return None
        if reference.name not in self.cached:
            text, info = self.transcript(reference.samples, named)
            self.cached[reference.name] = [text, info.language, info.language_probability]
            if self.cache:
                self.cache.write_text(json.dumps(self.cached, ensure_ascii=False, indent=0))
        text, language, sure = self.cached[reference.name]
        if not named and sure < SURE:
            return None
        return tokens(text, language), language

    def score(self, pair):
        original = pair.reference.once("words", lambda: self.original(pair.reference))
        if not original or not original[0]:
            return {"word_errors": None, "words": None}
        meant, language = original
        if numpy.array_equal(pair.decoded, pair.reference.samples):
            return {"word_errors": 0, "words": len(meant)}
        heard = tokens(self.transcript(pair.decoded, language)[0], language)
        return {"word_errors": errors(heard, meant), "words": len(meant)}

    @classmethod
    def summary(cls, rows):
        rows = [row for row in rows if row.get("words")]
        if not rows:
            return {}
        return {"word_errors": (sum(row["word_errors"] for row in rows) / sum(row["words"] for row in rows), len(rows))}
