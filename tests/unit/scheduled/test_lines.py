"""Lines of bounded length, read from streams of any length."""

import io
import tracemalloc

import pytest

from functions.lines import read_lines


class _Endless(io.RawIOBase):
    """``size`` bytes of one line, then a short line."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._end = io.BytesIO(b"\nend\n")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self._left)
        if not count:
            return self._end.readinto(buffer)
        buffer[:count] = b"x" * count
        self._left -= count
        return count


def test_a_line_of_any_length_takes_little_memory() -> None:
    tracemalloc.start()
    assert list(read_lines(io.BufferedReader(_Endless(50_000_000)), 1000)) == [None, b"end"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"12345\n12345", [b"12345", b"12345"]),
        (b"123456\n1", [None, b"1"]),
        (b"123456", [None]),
        (b"1\r\n2\r\n", [b"1\r", b"2\r"]),
        (b"123456789012345\n\n", [None, b""]),
    ],
)
def test_no_line_is_lost(content: bytes, lines: list[bytes | None]) -> None:
    assert list(read_lines(io.BytesIO(content), 5)) == lines
