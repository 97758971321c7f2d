"""The golden file's format: calls of a model, inputs with the outputs that the original gave.

``golden.npz`` holds arrays by ``signature/inputs/name`` and ``signature/outputs/name``. NumPy drops
zeros at the end of a text of bytes. Where there are some, ``inputs-marked`` or ``outputs-marked``
holds each text with one byte more.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import BrokenModelError, InvalidInputError
from inference.files import read_file
from inference.metadata import Metadata
from inference.signatures import Signature, Tensors

GOLDEN = "golden.npz"
_MARKED = "-marked"
_MARK = b"."
_MOST_BYTES = 200_000_000  # packed and unpacked; `add-model` writes a megabyte where it can


@dataclass(frozen=True)
class Call:
    """Inputs of one signature, and the outputs that the original gave."""

    inputs: Tensors
    outputs: Tensors


def pack(calls: dict[str, Call]) -> dict[str, NDArray[Any]]:
    """Arrays by ``signature/inputs/name`` and ``signature/outputs/name``; text as fixed bytes."""
    packed = {}
    for signature, call in calls.items():
        for kind, tensors in (("inputs", call.inputs), ("outputs", call.outputs)):
            for name, array in tensors.items():
                mark = array.dtype == object and any(map(_ends_in_zero, array.ravel()))
                marked = f"{kind}{_MARKED}" if mark else kind
                whole = array + _MARK if mark else array
                packed[f"{signature}/{marked}/{name}"] = (
                    whole.astype(bytes) if array.dtype == object else array
                )
    return packed


def _ends_in_zero(text: bytes) -> bool:
    return text.endswith(b"\0")


def unpack(file: Path) -> dict[str, Call]:
    """The calls of a golden file, by signature. Raises :class:`BrokenModelError`."""
    content = read_file(file, _MOST_BYTES)
    try:
        return _unpack(content)
    except BrokenModelError:
        raise
    # NumPy's and zipfile's readers raise errors of any kind for a file that is damaged.
    except Exception as error:
        raise BrokenModelError(
            f"{file.name} is damaged: expected a .npz file with arrays named "
            "signature/inputs/name and signature/outputs/name"
        ) from error


def _unpack(content: bytes) -> dict[str, Call]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > _MOST_BYTES:
        raise BrokenModelError(
            f"{GOLDEN} holds {unpacked} bytes, {_MOST_BYTES} is the most that is read"
        )
    tensors: dict[str, dict[str, dict[str, NDArray[Any]]]] = {}
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        for key in arrays.files:
            signature, kind, name = key.split("/", 2)
            array = arrays[key]
            array = array.astype(object) if array.dtype.kind == "S" else array
            if kind.endswith(_MARKED):
                kind = kind.removesuffix(_MARKED)
                array = np.vectorize(lambda text: text[:-1], otypes=[object])(array)
            tensors.setdefault(signature, {"inputs": {}, "outputs": {}})[kind][name] = array
    return {signature: Call(**kinds) for signature, kinds in tensors.items()}


def read_calls(folder: Path, metadata: Metadata) -> dict[str, Call]:
    """The golden calls of a model, which fit its signatures. Raises :class:`BrokenModelError`."""
    try:
        calls = unpack(folder / GOLDEN)
    except BrokenModelError as error:
        raise BrokenModelError(
            f"{folder.name}: {error}; without this file the model cannot be checked: "
            "put it back, or add the model again with `make add-model`"
        ) from error
    for name in sorted(calls.keys() ^ metadata.signatures.keys()):
        problem = "has no call of" if name in metadata.signatures else "has a call of no"
        raise BrokenModelError(f"{folder.name}: {GOLDEN} {problem} signature {name!a}")
    for name, call in calls.items():
        try:
            _require_fitting(call, metadata.signatures[name])
        except InvalidInputError as error:
            raise BrokenModelError(f"{folder.name}: {GOLDEN}, {name}: {error}") from error
    return calls


def first_rows(call: Call, signature: Signature, rows: int) -> Call:
    """The call with no more rows than this, where every output has rows."""
    if any(spec.shape[:1] != (-1,) for spec in signature.outputs.values()):
        return call

    def cut(tensors: Tensors, fixed: set[str]) -> Tensors:
        return {name: array if name in fixed else array[:rows] for name, array in tensors.items()}

    fixed = {name for name, spec in signature.inputs.items() if spec.shape[:1] != (-1,)}
    return Call(cut(call.inputs, fixed), cut(call.outputs, set()))


def _require_fitting(call: Call, signature: Signature) -> None:
    signature.check(call.inputs)
    if signature.rows(call.inputs) == 0:
        raise InvalidInputError("the call has no rows, so that the model would not be run")
    if call.outputs.keys() != signature.outputs.keys():
        raise InvalidInputError(
            f"outputs are {sorted(call.outputs)}, the signature has {sorted(signature.outputs)}"
        )
    for name, spec in signature.outputs.items():
        array = call.outputs[name]
        if array.dtype != spec.numpy_dtype or not spec.accepts(array.shape):
            raise InvalidInputError(
                f"output '{name}' is {array.dtype}{list(array.shape)}, "
                f"the signature has {spec.dtype}{list(spec.shape)} (-1: any size)"
            )
