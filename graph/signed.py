################################################################
# A mail inside its signature (S/MIME, opaque): what was signed, out of the bytes that sign it
################################################################
#
# Rule 1: only what is signed is read; the signature itself is the receiving server's business, and stays an annex.
# Rule 2: forward only, each byte once; what is encrypted or compressed gives nothing, nor does what is broken.
#
# Source: RFC 5652, 5.1 and 5.2 (SignedData); X.690 (BER, with lengths that are left open, as Outlook writes them)

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_SEQUENCE, _SET, _WHOLE_NUMBER, _EXPLICIT, _OCTETS, _OCTETS_IN_PIECES = 0x30, 0x31, 0x02, 0xA0, 0x04, 0x24
_MOST_PIECES = 200_000


def signed_content(raw: bytes) -> bytes | None:
    """Return the bytes that a SignedData holds: a whole MIME entity. None for anything else."""
    try:
        at, _ = _enter(raw, 0, _SEQUENCE)
        at = _expect(raw, at, _SIGNED_DATA)
        at, _ = _enter(raw, at, _EXPLICIT)
        at, _ = _enter(raw, at, _SEQUENCE)
        at = _skip(raw, at, _WHOLE_NUMBER)
        at = _skip(raw, at, _SET)
        at, _ = _enter(raw, at, _SEQUENCE)
        at = _expect(raw, at, _DATA)
        at, _ = _enter(raw, at, _EXPLICIT)
        return _octets(raw, at)
    except (ValueError, IndexError):
        return None


def _head(raw: bytes, at: int) -> tuple[int, int, int | None]:
    """A value's tag, where its content begins, and how long it is: None where its end is marked instead."""
    tag, length = raw[at], raw[at + 1]
    at += 2
    if length == 0x80:
        return tag, at, None
    if length > 0x80:
        size = length & 0x7F
        if size > 4:
            raise ValueError("a length beyond any mail")
        length = int.from_bytes(raw[at : at + size], "big")
        at += size
    if at + length > len(raw):
        raise ValueError("cut off")
    return tag, at, length


def _enter(raw: bytes, at: int, tag: int) -> tuple[int, int | None]:
    found, at, length = _head(raw, at)
    if found != tag:
        raise ValueError("something else")
    return at, length


def _skip(raw: bytes, at: int, tag: int) -> int:
    at, length = _enter(raw, at, tag)
    if length is None:
        raise ValueError("open where none is written so")
    return at + length


def _expect(raw: bytes, at: int, said: bytes) -> int:
    if not raw.startswith(said, at):
        raise ValueError("something else")
    return at + len(said)


def _octets(raw: bytes, at: int) -> bytes:
    tag, at, length = _head(raw, at)
    if tag == _OCTETS and length is not None:
        return raw[at : at + length]
    if tag != _OCTETS_IN_PIECES:
        raise ValueError("something else")
    end = len(raw) if length is None else at + length
    pieces: list[bytes] = []
    while at < end and not (length is None and raw.startswith(b"\0\0", at)):
        piece, size = _enter(raw, at, _OCTETS)
        if size is None or len(pieces) == _MOST_PIECES:
            raise ValueError("pieces without an end")
        pieces.append(raw[piece : piece + size])
        at = piece + size
    return b"".join(pieces)
