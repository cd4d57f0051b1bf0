"""Reads what the decoding of tokens needs from a weights file (docs/reference/weights.md)."""
import hashlib
import json
import math
import struct


class Weights:
    def __init__(self, raw):
        start = 8 + struct.unpack_from("<Q", raw)[0]
        header, data = json.loads(raw[8:start]), raw[start:]
        metadata = header.pop("__metadata__")
        if metadata.get("format") != "quaver" or metadata.get("format_version") not in ("1", "2", "3"):
            raise ValueError("no weights file of versions 1 to 3")
        self.version = int(metadata["format_version"])
        self.config = json.loads(metadata["config"])
        self._tensors = {name: (tensor["dtype"], tensor["shape"], data[slice(*tensor["data_offsets"])])
                         for name, tensor in sorted(header.items())}
        self.has_network = "entropy.network.hidden" in header
        self.identity = self._digest(metadata["config"])
        if self.identity.hex() != metadata["identity"]:
            raise ValueError("the content of the weights file does not have the identity that it names")

    def tensor(self, name):
        """The values, row by row, and the shape."""
        dtype, shape, data = self._tensors[name]
        return struct.unpack("<%d%s" % (math.prod(shape), {"U16": "H", "I16": "h", "F32": "f"}[dtype]), data), shape

    def _digest(self, config):
        fields = [b"quaver identity 1", config.encode()]
        for name, (dtype, shape, data) in self._tensors.items():
            fields += [name.encode(), dtype.encode(), struct.pack("<%dQ" % len(shape), *shape), data]
        return hashlib.sha256(b"".join(struct.pack("<Q", len(field)) + field for field in fields)).digest()
