"""What of the measures needs no package but NumPy and SciPy, on the samples."""

import pathlib
import unittest

import numpy
import soundfile
from measures import alignment, base, fidelity, opinion, voice, words

SAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "samples"


def speech():
    samples, _ = soundfile.read(sorted(SAMPLES.glob("*.flac"))[0])
    return samples[:5 * base.RATE]


class Alignment(unittest.TestCase):
    def test_finds_the_delay(self):
        original = speech()
        for lag in (-40, 0, 7, 500):
            late = numpy.pad(original, (lag, 0)) if lag >= 0 else original[-lag:]
            self.assertEqual(alignment.lag_of(original, 0.3 * late), lag)

    def test_both_are_as_long_and_alike(self):
        original = speech()
        for decoded in (original[40:], numpy.pad(original, (300, 50)), original[:-700], original[30:-700]):
            a, b = alignment.aligned(original, decoded)
            numpy.testing.assert_array_equal(a[:len(original) - 1100], b[:len(original) - 1100])
            self.assertEqual(len(a), len(b))


class FrozenNoise(unittest.TestCase):
    def setUp(self):
        self.noise = numpy.random.default_rng(1).normal(size=2 * base.RATE)
        self.unvoiced = numpy.zeros(200, bool)

    def test_of_fresh_noise_is_none(self):
        self.assertLess(abs(voice.frozen(self.noise, self.unvoiced)), 0.03)

    def test_of_noise_that_repeats_is_all(self):
        self.assertGreater(voice.frozen(numpy.resize(self.noise[:voice.FRAME], len(self.noise)), self.unvoiced), 0.95)

    def test_voiced_sound_does_not_count(self):
        self.assertIsNone(voice.frozen(self.noise, ~self.unvoiced))


class Level(unittest.TestCase):
    def test_is_the_gain_whatever_the_pauses_hold(self):
        original = speech()
        self.assertAlmostEqual(fidelity.louder_by(original, 0.5 * original), 20 * numpy.log10(0.5), places=2)
        noisy_pauses = numpy.concatenate([original, 1e-3 * numpy.ones(8000)])
        self.assertAlmostEqual(fidelity.louder_by(numpy.pad(original, (0, 8000)), noisy_pauses), 0, places=6)


class Segments(unittest.TestCase):
    def test_cover_the_clip_and_overlap_by_half(self):
        for seconds in (1, 7.68, 8, 20):
            clip = numpy.arange(1, int(seconds * base.RATE) + 1, dtype=float) / 1e6
            parts = opinion.segments(clip)
            numpy.testing.assert_array_equal(numpy.unique(parts[parts > 0]), clip.astype(numpy.float32))
            begins = parts[:, 0]
            self.assertTrue((numpy.diff(begins) * 1e6 <= opinion.SEGMENT / 2 + 1).all())


class Words(unittest.TestCase):
    def test_errors(self):
        self.assertEqual(words.errors("the cat sat".split(), "the cat sat".split()), 0)
        self.assertEqual(words.errors("a cat sat on".split(), "the cat sat".split()), 2)
        self.assertEqual(words.errors([], "the cat sat".split()), 3)

    def test_punctuation_and_case_are_no_errors(self):
        self.assertEqual(words.tokens("It’s “late”, he said.", "en"), words.tokens("its late he said", "en"))

    def test_characters_where_words_are_not_written_apart(self):
        self.assertEqual(words.tokens("你好 世界。", "zh"), list("你好世界"))

    def test_pooled(self):
        rows = [{"word_errors": 1, "words": 2}, {"word_errors": 0, "words": 8}, {"word_errors": None, "words": None}, {}]
        self.assertEqual(words.Words.summary(rows), {"word_errors": (0.1, 2)})


if __name__ == "__main__":
    unittest.main()
