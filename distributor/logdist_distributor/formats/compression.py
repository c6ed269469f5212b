"""`Content-Encoding`: bodies as they were before, and never more of them than is allowed: a small bomb stays small."""

import sys
import zlib
from collections.abc import Callable
from typing import Any, Final

import cramjam

from logdist_distributor.errors import BodyTooLarge, MalformedBody, UnsupportedMediaType

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_WBITS: Final = zlib.MAX_WBITS | 16
RAW_WBITS: Final = -zlib.MAX_WBITS
ZSTD_WINDOW_LOG_MAX: Final = 24  # 16 MiB, as much as a body may be: a frame may not ask for more memory than that
SNAPPY_FRAMED: Final = b"\xff\x06\x00\x00sNaPpY"


def decompress(body: bytes, encoding: str, *, limit_bytes: int) -> bytes:
    """The plain body; an empty encoding is none.

    Raises UnsupportedMediaType for an encoding that nobody here reads, MalformedBody for bytes that are not in it, and
    BodyTooLarge when more than `limit_bytes` come out.
    """
    name = encoding.strip().lower()
    if not body or name in {"", "identity"}:
        return body
    read = READERS.get(name)
    if read is None:
        raise UnsupportedMediaType(f"content encoding {encoding} is not understood: send {ENCODINGS} or none")
    try:
        plain = read(body, limit_bytes + 1)
    except (zlib.error, zstd.ZstdError, EOFError, ValueError, cramjam.DecompressionError) as error:
        raise MalformedBody(f"the body is not {name}, as its Content-Encoding says: {error}") from error
    if len(plain) > limit_bytes:
        raise BodyTooLarge(limit_bytes=limit_bytes)
    return plain


def compress(body: bytes) -> bytes:
    """By gzip, quickly: this runs on the core that also takes packets in."""
    return zlib.compress(body, zlib.Z_BEST_SPEED, GZIP_WBITS)


def _gzip(body: bytes, most: int) -> bytes:
    return _members(body, most, lambda: zlib.decompressobj(GZIP_WBITS))


def _zstd(body: bytes, most: int) -> bytes:
    options = {int(zstd.DecompressionParameter.window_log_max): ZSTD_WINDOW_LOG_MAX}
    return _members(body, most, lambda: zstd.ZstdDecompressor(options=options))


def _members(body: bytes, most: int, begin: Callable[[], Any]) -> bytes:
    """All members of a stream, or frames: both formats allow several, one after the other."""
    parts: list[bytes] = []
    while body and most > 0:
        member = begin()
        parts.append(member.decompress(body, most))
        most -= len(parts[-1])
        if most > 0 and not member.eof:
            raise EOFError("it ends early")
        body = member.unused_data
    return b"".join(parts)


def _deflate(body: bytes, most: int) -> bytes:
    """Zlib's format, as RFC 9110 has it, or the bare stream that some senders mean."""
    is_zlib = len(body) >= 2 and body[0] & 0x0F == 8 and not int.from_bytes(body[:2], "big") % 31
    stream = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else RAW_WBITS)
    plain = stream.decompress(body, most)
    if len(plain) < most and not stream.eof:
        raise EOFError("it ends early")
    return plain


def _snappy(body: bytes, most: int) -> bytes:
    """One block, as Prometheus and Loki send it, or the framed stream that others call by the same name."""
    if body.startswith(SNAPPY_FRAMED):
        return _framed_snappy(body, most)
    return _snappy_block(body, most)


def _framed_snappy(body: bytes, most: int) -> bytes:
    """Every chunk says how much comes out of it before that is made."""
    parts: list[bytes] = []
    at = 0
    while at + 4 <= len(body):
        kind, size = body[at], int.from_bytes(body[at + 1 : at + 4], "little")
        chunk = body[at + 8 : at + 4 + size]  # after the checksum, which cramjam's block reader does not look at
        at += 4 + size
        if kind == 0:
            parts.append(_snappy_block(chunk, most))
        elif kind == 1:
            parts.append(chunk)
        elif kind < 0x80:
            raise ValueError(f"unknown chunk {kind}")
        else:
            continue
        most -= len(parts[-1])
        if most <= 0:
            break
    if at != len(body) and most > 0:
        raise EOFError("it ends early")
    return b"".join(parts)


def _snappy_block(chunk: bytes, most: int) -> bytes:
    """What it holds, or as many zeros as are too many: its size is known before it is unpacked."""
    size = cramjam.snappy.decompress_raw_len(chunk)
    return b"\0" * most if size >= most else bytes(cramjam.snappy.decompress_raw(chunk))


READERS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zlib": _deflate,
    "zstd": _zstd,
    "snappy": _snappy,
    "x-snappy-framed": _framed_snappy,
}
ENCODINGS: Final = "gzip, deflate, zstd, snappy"
