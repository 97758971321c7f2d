"""The limits of one request to one model, and how inputs are counted against them.

They stand in the model's ``metadata.json``. ``add-model`` derives them from a measured cost, so
that a request within them takes seconds at most. A file is scored in runs within the same limits.
"""

import math
from dataclasses import dataclass

from inference.errors import TooLargeError
from inference.signatures import Signature, Tensors, TensorSpec


@dataclass(frozen=True)
class Limits:
    """``max_batch``, ``max_length`` and ``max_values`` of a model."""

    rows: int
    length: int  # the largest size of a free dimension other than the rows
    values: int  # of all inputs together

    def require_rows(self, rows: int) -> None:
        """Raise :class:`TooLargeError` for more rows than one request may send."""
        _require(rows, "rows", self.rows, "max_batch")

    def require_values(self, values: int) -> None:
        """Raise :class:`TooLargeError` for more values than one request may send."""
        _require(values, "values", self.values, "max_values")

    def require(self, inputs: Tensors, signature: Signature) -> None:
        """Raise :class:`TooLargeError` unless inputs that fit the signature keep every limit."""
        self.require_rows(signature.rows(inputs))
        for name, spec in signature.inputs.items():
            for size, actual in zip(spec.shape[1:], inputs[name].shape[1:], strict=True):
                if size < 0:
                    _require(actual, f"values in a row of '{name}'", self.length, "max_length")
        self.require_values(sum(array.size for array in inputs.values()))

    def most_values(self, signature: Signature) -> int:
        """How many values the inputs of one request can hold."""
        total = 0
        for spec in signature.inputs.values():
            if min(spec.shape[1:], default=0) < 0:
                return self.values
            fixed = [self.rows if size < 0 else size for size in spec.shape]
            total += math.prod(fixed)
        return min(total, self.values)

    def most_lists(self, signature: Signature) -> int:
        """How many lists the inputs of one request can hold, written as rows or as columns."""
        return sum(self._most_lists(spec) for spec in signature.inputs.values())

    def _most_lists(self, spec: TensorSpec) -> int:
        sizes = [self.length if size < 0 else size for size in spec.shape[1:]]
        levels = [math.prod(sizes[:level]) for level in range(len(sizes))]
        return 1 + min(self.rows * sum(levels), self.values * len(levels))


def _require(found: int, what: str, limit: int, setting: str) -> None:
    if found > limit:
        raise TooLargeError(
            f"{found} {what}; {limit} may be sent at once ({setting} in the model's metadata.json)"
        )
