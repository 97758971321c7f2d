"""The lines of a file in pieces that fit into memory."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Line(NamedTuple):
    """A line of a source. It counts from 1; None stands for content that is too long to read."""

    number: int
    content: bytes | None


def chunks(lines: Iterable[Line], most_lines: int, most_bytes: int) -> Iterator[list[Line]]:
    """The lines in order. No chunk is empty, and only a line by itself has more bytes.

    >>> source = [Line(1, b"[1]"), Line(2, b"[22]"), Line(4, b"[333333]"), Line(5, None)]
    >>> [[line.number for line in chunk] for chunk in chunks(source, 2, 8)]
    [[1, 2], [4, 5]]
    """
    chunk: list[Line] = []
    size = 0
    for line in lines:
        more = len(line.content or b"")
        if chunk and (len(chunk) == most_lines or size + more > most_bytes):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += more
    if chunk:
        yield chunk
