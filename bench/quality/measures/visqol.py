"""ViSQOL 3 in its speech mode (Chinen et al. 2020), in PyPI's port visqol-python, whose lattice needs ai-edge-litert."""

from .base import RATE, Column, Measure, Unavailable, number


class Visqol(Measure):
    name = "visqol"
    columns = (Column("visqol", "ViSQOL", 2),)

    def __init__(self, options):
        import importlib.util

        from visqol import VisqolApi
        if not importlib.util.find_spec("ai_edge_litert"):  # without the lattice, scores of speech are 1 to 2 too high
            raise Unavailable("ai-edge-litert is not installed")
        self.api = VisqolApi()
        self.api.create(mode="speech", use_lattice_model=True)

    def score(self, pair):
        try:
            return {"visqol": number(self.api.measure_from_arrays(*pair.aligned, sample_rate=RATE).moslqo)}
        except (ValueError, RuntimeError):  # such as a clip without a patch that is loud enough
            return {"visqol": None}
