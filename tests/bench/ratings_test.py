"""Means and intervals of a listening test."""

import json
import math
import pathlib
import tempfile
import unittest

import ratings
from ratings import HIDDEN


def listener(*clips):
    return {f"clip {i}": {HIDDEN: 100, **ratings} for i, ratings in enumerate(clips)}


class Interval(unittest.TestCase):
    def test_is_students(self):
        # Gosset 1908, table of the hours of sleep that hyoscyamine (1) and hyoscine (2) gave: the differences of ten patients.
        hours = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
        mean, half = ratings.interval(hours)
        self.assertAlmostEqual(mean, 1.58)
        self.assertAlmostEqual(half, 2.262157 * 1.229995 / math.sqrt(10), places=5)

    def test_of_one_value_has_no_end(self):
        self.assertEqual(ratings.interval([50]), (50, math.inf))


class Table(unittest.TestCase):
    def test_a_listener_counts_once_however_many_clips(self):
        many, few = listener({"a": 80}, {"a": 80}, {"a": 80}), listener({"a": 20})
        self.assertEqual(dict((codec, mean) for codec, mean, _ in ratings.table([many, few]))["a"], 50)

    def test_a_single_listener_gives_an_interval_over_clips(self):
        (_, _, half), = [row for row in ratings.table([listener({"a": 40}, {"a": 60})]) if row[0] == "a"]
        self.assertTrue(math.isfinite(half) and half > 0)

    def test_differences_are_paired(self):
        # Listeners differ by far more than the codecs do: the means' intervals overlap, that of the difference is narrow.
        listeners = [listener({"a": base + 10, "b": base}) for base in (10, 50, 80)]
        (_, _, apart), = [row for row in ratings.table(listeners) if row[0] == "a"]
        (_, difference, half), = [row for row in ratings.table(listeners, "b") if row[0] == "a"]
        self.assertEqual(difference, 10)
        self.assertAlmostEqual(half, 0)
        self.assertGreater(apart, 50)

    def test_the_best_comes_first(self):
        self.assertEqual([row[0] for row in ratings.table([listener({"a": 20, "b": 60})])], [HIDDEN, "b", "a"])

    def test_unknown_codec_to_compare_with(self):
        with self.assertRaises(ratings.Failed):
            ratings.table([listener({"a": 20})], "c")


class Screening(unittest.TestCase):
    def test_who_misses_the_hidden_reference_in_more_than_15_percent_is_out(self):
        clips = lambda missed: {i: {HIDDEN: 60 if i < missed else 95} for i in range(20)}  # noqa: E731
        self.assertTrue(ratings.hears_the_reference(clips(3)))
        self.assertFalse(ratings.hears_the_reference(clips(4)))


class File(unittest.TestCase):
    def written(self, value):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "ratings.json"
            path.write_text(value if isinstance(value, str) else json.dumps(value))
            return ratings.read(path)

    def saved(self, rating):
        return {"format": "listening-test", "version": 1, "test": "t", "clips": [{"clip": "c", "ratings": {"a": rating}}]}

    def test_reads_what_the_page_saves(self):
        self.assertEqual(self.written(self.saved(55)), ("t", {"c": {"a": 55}}))

    def test_refuses_what_is_no_rating(self):
        for bad in (None, -1, 101, "50", True, math.nan):
            with self.assertRaises(ratings.Failed, msg=bad):
                self.written(self.saved(bad))

    def test_refuses_other_files(self):
        for bad in ("", "[]", "{}", {"format": "listening-test", "version": 2, "test": "t", "clips": []}):
            with self.assertRaises(ratings.Failed, msg=bad):
                self.written(bad)


if __name__ == "__main__":
    unittest.main()
