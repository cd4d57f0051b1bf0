""".qvr files, damaged ones too (docs/reference/bitstream.md, ".qvr: packets in Ogg")."""
import struct
from collections import namedtuple

import ogg
from packet import MAX_BYTES, packet_frames

MAX_CONCEALED = 3000
Header = namedtuple("Header", "identity frame_samples model_rate original_rate original_channels pre_skip defaults")


def _parse_header(data):
    if len(data) != 58 or data[8] != 1:
        raise ValueError("no identification header of version 1")
    *values, frames, n_q = struct.unpack_from("<32sIIIBHBB", data, 9)
    header = Header(*values, (frames, n_q))
    if not (32 <= header.frame_samples <= 1920 and 8000 <= header.model_rate <= 48000 and
            1000 <= header.original_rate <= 768000 and header.original_channels > 0 and
            1 <= frames <= 25 and n_q <= 18):
        raise ValueError("a value of the identification header is not allowed")
    return header


def _valid_comments(data):
    try:
        at = 12 + struct.unpack_from("<I", data, 8)[0]
        for _ in range(struct.unpack_from("<I", data, at)[0]):
            at += 4 + struct.unpack_from("<I", data, at + 4)[0]
    except struct.error:
        return False
    return data[:8] == b"QuavTags" and at + 4 <= len(data)


def _single_packet(page):
    """The packet of a page that holds one, whole; otherwise nothing."""
    return page.pieces[0][0] if len(page.pieces) == 1 and page.pieces[0][1] and not page.continued else b""


class QvrFile:
    """Reads the identification header at once; then `events` gives what the stream holds."""

    def __init__(self, data):
        self.damaged = False
        self.samples = None     # length of the sound, known after the last page
        self._pages, self._position, self._size = ogg.pages(data), 0, len(data)
        self._frames = 0        # position in the stream, lost frames included
        self._difference = 0    # by how many frames the granule position of the page before disagreed
        self._partial = None    # beginning of a packet that goes on on the next page
        self._gap_open = False  # frames are missing, but no granule position has said yet how many
        self._held = self._concealed = 0
        self._open()

    def events(self):
        """Yields packets (bytes) and numbers of lost frames (int), in the order of the stream."""
        page = self._read_comments()
        while page and not page.first:
            if page.serial == self._serial and self._seen(page):
                self.damaged = True
            elif page.serial == self._serial:
                yield from self._take(page)
                if page.last:
                    limit = self._position + 2**16
                    while self._position < limit and (page := self._next_page()):
                        self.damaged |= page.first or page.serial == self._serial
                    return
            page = self._next_page()
        self.damaged = True  # the last page is missing

    def _next_page(self):
        page = next(self._pages, None)
        self.damaged |= self._position != (page.begin if page else self._size)
        self._position = page.end if page else self._size
        return page

    def _open(self):
        while (page := self._next_page()) and page.begin < 2**20:
            if page.first and b"".join(data for data, _ in page.pieces)[:8] == b"QuavHead":
                self.header = _parse_header(_single_packet(page))
                self._serial, self._expected = page.serial, page.number + 2  # the next page number
                return
        raise ValueError("not a .qvr file")

    def _read_comments(self):
        """Returns the page after the comment header."""
        while (page := self._next_page()) and (page.serial != self._serial or self._step(page) == -2):
            self.damaged |= page.serial == self._serial  # the first page again
        is_second = page and self._step(page) == -1
        self.damaged |= not is_second or not _valid_comments(_single_packet(page))
        return self._next_page() if is_second else page

    def _granule(self, frames):
        header = self.header
        return max(0, frames * header.frame_samples - header.pre_skip) * header.original_rate // header.model_rate

    def _frames_at(self, granule):
        """The smallest number of frames whose granule position is no less."""
        samples = -(-granule * self.header.model_rate // self.header.original_rate)
        return granule and -(-(samples + self.header.pre_skip) // self.header.frame_samples)

    def _step(self, page):
        return (page.number - self._expected + 2**31) % 2**32 - 2**31

    def _seen(self, page):
        return self._step(page) < 0 and (page.granule is None or self._frames_at(page.granule) <= self._frames)

    def _take(self, page):
        is_gap, self._gap_open = self._step(page) != 0 or self._gap_open, False
        items = self._items(page, is_gap)
        self._expected = page.number + 1
        frames = [packet_frames(self.header.defaults, item) if item else 0 for item in items]
        lost = self._move(page, sum(frames), None in items)
        lost = min(lost, MAX_CONCEALED, MAX_CONCEALED + self._held - self._concealed)
        self._held += sum(frames)
        self._concealed += lost
        yield from (item or lost for item in items if item or lost)
        if page.last and page.granule is not None:
            most = self._held + self._concealed
            self.samples = min(page.granule, self._granule(most + 1) if most else 0)
            self.damaged |= self.samples < page.granule

    def _items(self, page, is_gap):
        """The packets that end on the page, with None in place of the first that is missing."""
        items, pieces = [None] * is_gap, page.pieces
        if self._step(page) != 0:
            self._partial = None
        if page.continued != (self._partial is not None):
            self._partial, items = None, [None]
            pieces = pieces[1:] if page.continued else pieces
        for data, ends in pieces:
            data = (self._partial or b"") + data
            self._partial = None if ends or len(data) > MAX_BYTES else data
            if len(data) > MAX_BYTES and ends and None not in items:
                items.append(None)
            elif ends and 0 < len(data) <= MAX_BYTES:
                items.append(data)
            self._gap_open |= len(data) > MAX_BYTES and not ends
        return items

    def _move(self, page, count, is_gap):
        """Moves the position by a page with `count` frames; returns how many are lost."""
        end = self._frames + count
        self.damaged |= is_gap
        if page.granule is None:
            self.damaged |= count > 0
            self._frames = end
            self._gap_open |= is_gap
            return 0
        told = end if page.granule == self._granule(end) else self._frames_at(page.granule)
        if page.last:
            told = end if told == end + 1 and end and not is_gap else max(told, end)
        if is_gap:
            self._frames, self._difference = max(told, end), 0
            return self._frames - end
        self.damaged |= told != end
        believed = told - end == self._difference
        self._frames, self._difference = (told, 0) if believed else (end, told - end)
        return 0
