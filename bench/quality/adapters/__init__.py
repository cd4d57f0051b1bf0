"""Codecs as adapters behind one small interface: a spec such as `quaver:3k` or `opus:12` becomes a Codec, which turns a
WAV file (16 kHz, mono, 16 bits) into a decoded one by running command lines, and says how many bytes the packets had.

    original             the recording itself: what a measure says of speech that no codec touched
    quaver:RATE[@MODEL]  quaver encode --bitrate RATE (bits per second, 3k), quaver decode
    quaver:RATE^EFFORT   the same with --effort EFFORT
    quaver:vRATE...      the same at a variable rate, if the program has --vbr
    opus:KBPS            opusenc --bitrate KBPS --framesize 20, opusdec (Debian: opus-tools)
    opus-nolace:KBPS     the same packets through Opus 1.5's decoder with NoLACE (npm: @wasm-audio-decoders/opus-ml)
    lyra:KBPS            Lyra v2 at 3.2, 6.0 or 9.2, from its published weights (PyPI: ai-edge-litert)
    speex:QUALITY        speexenc --quality QUALITY, wideband (Debian: speex)
    codec2:MODE          c2enc MODE, c2dec; 8 kHz inside (Debian: codec2)
    CODEC~LOSS           quaver and opus: some packets of 20 ms are lost, as in loss.py; Opus through libopus then (libopus.py)
    cmd:NAME@KBPS=COMMAND   any command; {in} and {out} are the files. With {in_dir} and {out_dir} it runs once for all clips
"""

from . import codec2, command, loss, lyra, opus, original, quaver, speex
from .base import RATE, Codec, Failed, Programs

__all__ = ["RATE", "Codec", "Failed", "Programs", "make"]

KINDS = {"original": original.Original, "quaver": quaver.Quaver, "opus": opus.Opus, "opus-nolace": opus.OpusNolace,
         "lyra": lyra.Lyra, "speex": speex.Speex, "codec2": codec2.Codec2, "cmd": command.Command}
LOSSY = ("quaver", "opus")


def make(spec, programs):
    """The Codec of a spec; `programs` says where to find what it runs."""
    kind, _, rest = spec.partition(":")
    if kind not in KINDS or (not rest) != (kind == "original"):
        raise Failed(f"'{spec}' is no codec: original, quaver:RATE, opus:KBPS, opus-nolace:KBPS, lyra:KBPS, speex:QUALITY, "
                     "codec2:MODE or cmd:NAME@KBPS=COMMAND")
    rest, lossy, lost = rest.partition("~") if kind in LOSSY else (rest, "", "")
    codec = KINDS[kind](spec, rest, programs)
    if lossy:
        try:
            codec.loss = loss.Loss(lost)
        except ValueError as error:
            raise Failed(f"{spec}: {error}") from error
        codec.label += f", {lost} lost"
    return codec
