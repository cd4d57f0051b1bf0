"""The file of results: nothing measured is lost, nothing that was not measured is averaged."""

import pathlib
import tempfile
import types
import unittest

import tables
from results import Results

CODEC = types.SimpleNamespace(spec="opus:9", label="Opus --bitrate 9")


class ResultsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def results(self, name, scores):
        results = Results(self.folder / name)
        results.entry(CODEC).update(clips=3, seconds=10.0, kbps=8.5, of_clips=scores)
        results.save()
        return Results(self.folder / name)

    def test_means_are_of_what_was_scored_and_the_table_tells_of_how_many(self):
        results = self.results("a.json", {"x": {"visqol": 2.0, "estoi": 0.5}, "y": {"visqol": None, "estoi": 0.7}, "z": {"estoi": 0.9}})
        entry, = results.entries
        self.assertEqual((entry["visqol"], entry["scored"]), (2.0, {"visqol": 1}))
        self.assertAlmostEqual(entry["estoi"], 0.7)
        self.assertIn("ViSQOL, marked *: of 1 clips only", tables.measures(results.entries))

    def test_takes_over_what_another_run_has(self):
        mine = self.results("a.json", {"x": {"visqol": 2.0}, "y": {}})
        mine.take(self.results("b.json", {"x": {"visqol": 9.0, "plcmos": 3.0}, "y": {"visqol": 4.0}}))
        mine.save()
        entry, = Results(self.folder / "a.json").entries
        self.assertEqual(entry["of_clips"], {"x": {"visqol": 2.0, "plcmos": 3.0}, "y": {"visqol": 4.0}})
        self.assertEqual(entry["visqol"], 3.0)

    def test_a_loss_table_needs_the_codec_without_loss(self):
        row = lambda spec, estoi: {"spec": spec, "label": "Opus, x lost", "kbps": 12.0, "estoi": estoi, "clips": 1}  # noqa: E731
        self.assertEqual(tables.losses([row("opus:12~10%", 0.8)]), "")
        self.assertIn("0.800 (-0.100)", tables.losses([row("opus:12~0%", 0.9), row("opus:12~10%", 0.8)]))


if __name__ == "__main__":
    unittest.main()
