"""A table of plain text, its columns aligned."""

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One line for each row. Columns of numbers are aligned to the right.

    >>> print(table(["request", "seconds"], [["a", "0.1"], ["long one", "12.0"]]))
    request   seconds
    a             0.1
    long one     12.0
    """
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    numeric = [all(cell.lstrip("-")[:1].isdigit() for cell in column[1:]) for column in columns]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in [head, *rows]
    )
