"""Quaver: a streaming neural speech codec. Speech becomes integers, 50 frames a second, and comes back.

    import quaver
    model = quaver.Model()                                 # or Model("speech-16k-vp"), Model("my.safetensors")
    tokens = model.encode(wav, 16000, n_q=8)               # float32 or int16 [T] -> uint16 [frames, 8]
    wav = model.decode(tokens)                             # -> float32 [T] at 16 kHz, aligned with the input

    tokens, lengths = model.encode(batch, 16000, n_q=8)    # [B, T] or a list of [T] -> uint16 [B, frames, 8], int64 [B]
    sounds = model.decode(tokens, lengths=lengths)         # [B, T]; a list of [T] if they differ in length
    tokens = model.encode(wav, 16000, bitrate=1500, effort=1)   # bits where they are heard most; rows end in NO_TOKEN

    quaver.save("talk.qvr", tokens, model)                 # what `quaver decode` reads
    tokens, info = quaver.load("talk.qvr")                 # or quaver.DamagedStream, with what was saved

    with model.encoder(n_q=8) as enc, model.decoder() as dec:   # streams: any chunk in, whole frames out
        out = dec.push(enc.push(chunk))                    # dec.conceal() for a lost frame; state(), restore()

    packet = model.pack(tokens[:25])                       # 1 to 25 frames as bytes; model.unpack(packet)
    quaver.codes(tokens)                                   # int64 [B, n_q, T] as transformers' codecs have it
    quaver.tokens(codes)                                   # and back

The frames of a clip are rows, the tokens of a frame columns, the most important first: tokens[:, :k] is the same speech
at a lower rate. NO_TOKEN (65535) ends the row of a frame that has fewer tokens, and pads batches.

The tokens of a clip are the same whatever the batch, the chunking, the number of threads and the machine. Calls
release the GIL; a Model may be shared among threads, a stream belongs to one at a time. quaver.hf has a class with the
methods of Hugging Face's codecs, which needs torch; nothing else here does.
"""

from ._library import MAX_FRAMES, NO_TOKEN
from ._library import VERSION as __version__
from ._codes import codes, tokens
from .errors import DamagedPacket, DamagedStream, ModelError, QuaverError, StateError
from .files import StreamInfo, load, save
from .model import Model, PacketFormat
from .streams import Decoder, Encoder

__all__ = [
    "DamagedPacket",
    "DamagedStream",
    "Decoder",
    "Encoder",
    "MAX_FRAMES",
    "Model",
    "ModelError",
    "NO_TOKEN",
    "PacketFormat",
    "QuaverError",
    "StateError",
    "StreamInfo",
    "codes",
    "load",
    "save",
    "tokens",
]
