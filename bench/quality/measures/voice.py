"""Pitch, voicing and frozen noise, with Praat's pitch tracker (Boersma 1993; PyPI's praat-parselmouth).

Frozen noise: a decoder that learnt one phase for all noise writes the same noise in every frame of 20 ms, which turns a
fricative into a comb of 50 Hz lines. The autocorrelation of unvoiced sound at 20 ms shows it: 0 in natural speech, within
about .02; from .1 on it buzzes."""

import numpy

from .base import RATE, Column, Measure, number

STEP = 0.01  # seconds between two pitches
FLOOR, CEILING = 60, 500  # Hz
FRAME = 320  # samples: 20 ms
BANDS = ((2000, 4000), (4000, 6000))  # Hz
QUIET = 1e-3  # of the loudest frame's power: below it there is no noise to hear
FEWEST = 5  # frames of noise


def frozen(samples, voiced):
    """Mean autocorrelation at 20 ms of the unvoiced frames; None if there are not enough. voiced: bool a step of 10 ms"""
    import scipy.signal
    found = []
    for low, high in BANDS:
        band = scipy.signal.butter(6, [2 * low / RATE, 2 * high / RATE], "band", output="sos")
        filtered = scipy.signal.sosfiltfilt(band, samples)
        starts = range(0, len(filtered) - 2 * FRAME, FRAME)
        powers = [numpy.mean(filtered[at:at + 2 * FRAME] ** 2) for at in starts]
        for at, power in zip(starts, powers):
            step = int((at + FRAME) / (STEP * RATE))
            if power < QUIET * max(powers) or voiced[max(0, step - 4):step + 2].any():
                continue
            this, following = filtered[at:at + FRAME], filtered[at + FRAME:at + 2 * FRAME]
            energy = numpy.sqrt(numpy.dot(this, this) * numpy.dot(following, following))
            found.append(numpy.dot(this, following) / (energy + 1e-12))
    return number(numpy.mean(found)) if len(found) >= FEWEST else None


class Voice(Measure):
    name = "voice"
    columns = (
        Column("frozen", "frozen noise", 2, 0, note="frozen noise: autocorrelation at 20 ms of unvoiced sound, 2 to 6 kHz; "
               "0 in natural speech"),
        Column("pitch_cents", "pitch, cents", 1, -1, note="pitch: median distance where both are voiced, mean over the clips"),
        Column("voicing_error", "voicing %", 1, -1, 100, note="voicing: frames of 10 ms that are voiced in only one of the two"))

    def __init__(self, options):
        import parselmouth
        self.sound = parselmouth.Sound

    def pitch(self, samples):
        """Hz a step of 10 ms, 0 where unvoiced"""
        track = self.sound(samples, RATE).to_pitch_ac(time_step=STEP, pitch_floor=FLOOR, pitch_ceiling=CEILING)
        return track.selected_array["frequency"]

    def score(self, pair):
        reference, decoded = pair.aligned
        begins = reference[:RATE].tobytes()  # the same cut of the recording has the same pitch
        pitches = [pair.reference.once(("pitch", len(reference), begins), lambda: self.pitch(reference)), self.pitch(decoded)]
        count = min(map(len, pitches))
        first, second = (pitch[:count] for pitch in pitches)
        both = (first > 0) & (second > 0)
        cents = numpy.median(numpy.abs(1200 * numpy.log2(second[both] / first[both]))) if both.any() else numpy.nan
        return {"frozen": frozen(decoded, first > 0), "pitch_cents": number(cents),
                "voicing_error": float(numpy.mean((first > 0) != (second > 0)))}
