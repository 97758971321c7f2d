r"""Lines of a stream that may be of any length, packed, or damaged, in bounded memory.

>>> import io
>>> list(read_lines(io.BytesIO(b"one\ntwo hundred\nthree"), 5))
[b'one', None, b'three']
"""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from typing import BinaryIO, cast

_GZIP = b"\x1f\x8b"  # its first bytes; no text in UTF-8 begins with them
_PIECE = 64 * 1024  # bytes of a long line that are skipped at a time


class DamagedSourceError(Exception):
    """A source cannot be read to its end. The text says what was found."""


def read_lines(stream: BinaryIO, longest: int) -> Iterator[bytes | None]:
    """Each line without its end; None in place of a line of more than ``longest`` bytes."""
    while line := stream.readline(longest + 1):
        if line.endswith(b"\n"):
            yield line[:-1]
        elif len(line) <= longest:
            yield line  # the last one
        else:
            _skip_line(stream)
            yield None


def _skip_line(stream: BinaryIO) -> None:
    while (piece := stream.readline(_PIECE)) and not piece.endswith(b"\n"):
        pass


def read_plain_lines(stream: BufferedReader, longest: int) -> Iterator[bytes | None]:
    """The lines of text. Raises :class:`DamagedSourceError` where it is gzip."""
    if stream.peek(len(_GZIP)).startswith(_GZIP):
        raise DamagedSourceError("it is gzip; give it a name that ends in .gz")
    return read_lines(stream, longest)


def read_packed_lines(stream: BufferedReader, longest: int) -> Iterator[bytes | None]:
    """The lines of gzip, of one member or several.

    Raises :class:`DamagedSourceError` where it is not gzip, is damaged or ends early.
    """
    try:
        yield from read_lines(cast("BinaryIO", gzip.GzipFile(fileobj=stream)), longest)
    except gzip.BadGzipFile as error:
        raise DamagedSourceError(f"it is not gzip throughout ({error}); write it again") from error
    except EOFError as error:
        raise DamagedSourceError("it is gzip that ends early; write it again, whole") from error
    except zlib.error as error:
        raise DamagedSourceError(f"it is damaged gzip ({error}); write it again") from error
