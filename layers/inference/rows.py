"""Rows to tensors and back: JSON as people write it, arrays as models take them.

A row is an object that has a value for each input, ``{"age": [41], "region": [3]}``. For a model
with one input, a row may also be that input's value alone, ``[5.1, 3.5, 1.4, 0.2]``. The typed
route, TensorFlow Serving's dialect, scheduled scoring and ``add-model`` all read rows here.

>>> from inference.signatures import TensorSpec
>>> flowers = Signature(
...     inputs={"flower": TensorSpec(dtype="float32", shape=(-1, 2))},
...     outputs={"species": TensorSpec(dtype="int32", shape=(-1,))},
... )
>>> from_rows([[5.1, 3.5], [6.7, 3.1]], flowers)["flower"].shape
(2, 2)
>>> to_rows({"species": np.array([0, 1], np.int32)})
[{'species': 0}, {'species': 1}]
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import numpy as np

from inference.errors import MOST_PLACES, InvalidInputError, Place
from inference.limits import Limits
from inference.signatures import Signature, Tensors
from inference.tensors import Index, Json, from_json, to_json


def from_rows(
    rows: object,
    signature: Signature,
    limits: Limits | None = None,
    *,
    root: str = "rows",
    only_named: bool = False,
) -> Tensors:
    """Arrays ``(batch, …)`` by input name.

    ``root`` names the list in an error's places. ``only_named`` refuses values without a name.

    Raises :class:`InvalidInputError` if the rows do not all have the signature's form, and
    :class:`TooLargeError` before anything is decoded if they are more than the limits allow.
    """
    if not isinstance(rows, list) or not rows:
        raise InvalidInputError(f"{root} must be a non-empty list")
    if limits:
        limits.require_rows(len(rows))
    named = sum(isinstance(row, dict) and (only_named or row.keys() != {"b64"}) for row in rows)
    if named == 0 and not only_named:
        name = _only_input(signature)
        return _decode({name: rows}, signature, lambda _, index: _join(root, *index))
    if named < len(rows):
        expected = "objects" if only_named else "all objects or all values"
        others = (number for number, row in enumerate(rows) if not isinstance(row, dict))
        places = [
            Place(_join(root, number), "expected an object", "wrong_type")
            for number in islice(others, MOST_PLACES)
        ]
        raise InvalidInputError(f"{root} must be {expected}", places)
    inputs = signature.inputs.keys()
    if wrong := list(islice(_rows_with_other_keys(rows, signature, root), MOST_PLACES)):
        raise InvalidInputError(f"a row must have exactly the inputs {sorted(inputs)}", wrong)
    columns = {name: [row[name] for row in rows] for name in inputs}
    return _decode(
        columns, signature, lambda name, index: _join(root, *index[:1], name, *index[1:])
    )


def _rows_with_other_keys(
    rows: Sequence[dict[str, Json]], signature: Signature, root: str
) -> Iterator[Place]:
    inputs = signature.inputs.keys()
    for number, row in enumerate(rows):
        if missing := inputs - row.keys():
            yield Place(_join(root, number), f"lacks {sorted(missing)}", "missing")
        elif row.keys() != inputs:
            extra = len(row.keys() - inputs)
            yield Place(_join(root, number), f"has {extra} unknown names", "unknown_name")


def from_columns(columns: Json, signature: Signature, root: str = "inputs") -> Tensors:
    """Arrays from one nested list for each input, by name; or from that of the only input.

    Names that the signature does not have are ignored. Raises :class:`InvalidInputError` if an
    input is missing or does not fit its dtype.
    """
    if not isinstance(columns, dict) or columns.keys() == {"b64"}:
        columns = {_only_input(signature): columns}
        return _decode(columns, signature, lambda _, index: _join(root, *index))
    if missing := signature.inputs.keys() - columns.keys():
        raise InvalidInputError(f"Missing named input(s): {sorted(missing)}")
    return _decode(columns, signature, lambda name, index: _join(root, name, *index))


def _decode(
    columns: dict[str, Json], signature: Signature, field: Callable[[str, Index], str]
) -> Tensors:
    return {
        name: from_json(columns[name], spec, name, partial(field, name))
        for name, spec in signature.inputs.items()
    }


def _join(*parts: str | int) -> str:
    return ".".join(map(str, parts))


def _only_input(signature: Signature) -> str:
    if len(signature.inputs) != 1:
        names = sorted(signature.inputs)
        raise InvalidInputError(f"the model has {len(names)} inputs, {names}; name them")
    return next(iter(signature.inputs))


def to_rows(outputs: Tensors, as_b64: Sequence[str] = ()) -> list[dict[str, Json]]:
    """An object for each row; the outputs named in ``as_b64`` are written as ``{"b64": …}``.

    Raises :class:`InvalidInputError` if the outputs have no common first dimension.
    """
    require_rows(outputs)
    columns = to_columns(outputs, as_b64).values()
    return [dict(zip(outputs, values, strict=True)) for values in zip(*columns, strict=True)]


def names_of_bytes(tensors: Tensors) -> list[str]:
    """The tensors of bytes that are no text in UTF-8: JSON holds them as ``{"b64": …}`` only."""

    def is_text(value: bytes) -> bool:
        try:
            bytes(value).decode()
        except UnicodeDecodeError:
            return False
        return True

    return [
        name
        for name, array in tensors.items()
        if array.dtype.kind in "OS" and not all(map(is_text, array.ravel().tolist()))
    ]


def to_columns(outputs: Tensors, as_b64: Sequence[str] = ()) -> dict[str, Json]:
    """A nested list for each output, by name."""
    return {name: to_json(array, as_b64=name in as_b64) for name, array in outputs.items()}


def require_rows(outputs: Tensors) -> None:
    """Raise :class:`InvalidInputError` unless all outputs have the same first dimension."""
    sizes = {np.shape(array)[:1] for array in outputs.values()}
    if len(sizes) != 1 or () in sizes:
        shapes = {name: list(array.shape) for name, array in outputs.items()}
        raise InvalidInputError(f"the outputs {shapes} are not rows: they share no first dimension")
