"""libopus (Debian: libopus0) through ctypes: packets one by one, so that some can be lost, which opusenc and opusdec do not
allow. 16 kHz, mono, frames of 20 ms, no forward error correction; a lost packet is concealed by the decoder."""

import ctypes
import ctypes.util

import numpy

RATE, FRAME = 16000, 320
VOIP = 2048
SET_BITRATE, SET_COMPLEXITY, SET_FEC, SET_SIGNAL, LOOKAHEAD = 4002, 4010, 4012, 4024, 4027
VOICE = 3001


class OpusError(Exception):
    pass


def library():
    name = ctypes.util.find_library("opus")
    if not name:
        raise OpusError("libopus is not installed")
    opus = ctypes.CDLL(name)
    opus.opus_encoder_create.restype = opus.opus_decoder_create.restype = ctypes.c_void_p
    opus.opus_strerror.restype = opus.opus_get_version_string.restype = ctypes.c_char_p
    return opus


def check(opus, result):
    if result < 0:
        raise OpusError(opus.opus_strerror(result).decode())
    return result


def pointer(array, of):
    return array.ctypes.data_as(ctypes.POINTER(of))


def encode(samples, bitrate):
    """samples: int16 [n] -> (packets, look-ahead in samples)."""
    opus, error = library(), ctypes.c_int()
    encoder = ctypes.c_void_p(opus.opus_encoder_create(RATE, 1, VOIP, ctypes.byref(error)))
    check(opus, error.value)
    for request, value in ((SET_BITRATE, bitrate), (SET_COMPLEXITY, 10), (SET_FEC, 0), (SET_SIGNAL, VOICE)):
        check(opus, opus.opus_encoder_ctl(encoder, request, ctypes.c_int(value)))
    ahead = ctypes.c_int()
    check(opus, opus.opus_encoder_ctl(encoder, LOOKAHEAD, ctypes.byref(ahead)))
    frames = -(-(len(samples) + ahead.value) // FRAME)
    padded = numpy.zeros(frames * FRAME, numpy.int16)
    padded[:len(samples)] = samples
    packets, out = [], ctypes.create_string_buffer(4000)
    for at in range(0, len(padded), FRAME):
        chunk = numpy.ascontiguousarray(padded[at:at + FRAME])
        size = check(opus, opus.opus_encode(encoder, pointer(chunk, ctypes.c_int16), FRAME, out, len(out)))
        packets.append(out.raw[:size])
    opus.opus_encoder_destroy(encoder)
    return packets, ahead.value


def decode(packets, lost):
    """int16 samples; a packet that is lost is concealed."""
    opus, error = library(), ctypes.c_int()
    decoder = ctypes.c_void_p(opus.opus_decoder_create(RATE, 1, ctypes.byref(error)))
    check(opus, error.value)
    out = numpy.zeros(len(packets) * FRAME, numpy.int16)
    for i, packet in enumerate(packets):
        chunk = numpy.zeros(FRAME, numpy.int16)
        data, size = (None, 0) if lost[i] else (packet, len(packet))
        check(opus, opus.opus_decode(decoder, data, size, pointer(chunk, ctypes.c_int16), FRAME, 0))
        out[i * FRAME:(i + 1) * FRAME] = chunk
    opus.opus_decoder_destroy(decoder)
    return out
