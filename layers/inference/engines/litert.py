"""The LiteRT engine: a compiled flatbuffer, ready in milliseconds."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from inference.digests import require_digest
from inference.digests import sha256 as digest
from inference.errors import BrokenModelError, InvalidInputError
from inference.files import read_file
from inference.signatures import Signature, Tensors, TensorSpec

UNNAMED_SIGNATURE = "serving_default"  # of a file that was written before there were signatures


class LiteRTEngine:
    """Runs the signatures of one ``.tflite`` file. Safe under threads: one run at a time.

    A file compiled for one row at a time is run once per row.

    The file is read and not mapped: a program that overwrites a mapped file in place ends the
    process that runs it (SIGBUS). With ``sha256``, the content that is read must have that digest.
    """

    def __init__(self, file: Path, sha256: str | None = None) -> None:
        content = read_file(file)
        if sha256 is not None:
            require_digest(file.name, digest(content), sha256)
        try:
            # The interpreter keeps the content alive.
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            named = self._interpreter.get_signature_list()
            if not named:
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BrokenModelError(
                f"{file.parent.name}: {file.name} is not a LiteRT model"
            ) from error
        self._lock = threading.Lock()
        self._runners = {name: self._interpreter.get_signature_runner(name) for name in named}
        self.signatures = {
            name: _describe(runner.get_input_details(), runner.get_output_details())
            for name, runner in self._runners.items()
        }
        if not named:
            inputs = _by_name(self._interpreter.get_input_details())
            outputs = _by_name(self._interpreter.get_output_details())
            self._runners = {UNNAMED_SIGNATURE: _UnnamedRunner(self._interpreter, inputs, outputs)}
            self.signatures = {UNNAMED_SIGNATURE: _describe(inputs, outputs)}
        self._one_row = {name for name, fixed in self.signatures.items() if _takes_one_row(fixed)}
        for name in self._one_row:
            self.signatures[name] = _with_free_batch(self.signatures[name])

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        """Outputs as arrays of their own, whatever runs next. Raises :class:`InvalidInputError`."""
        for name, array in inputs.items():
            if not array.size:  # some operations, such as a resize of an image, would crash
                raise InvalidInputError(f"'{name}' is empty, but every length must be at least 1")
        runner = self._runners[signature]
        with self._lock:
            try:
                if signature not in self._one_row:
                    outputs: Tensors = runner(**inputs)
                    return outputs
                rows = len(next(iter(inputs.values())))
                answers = [
                    runner(**{name: array[row : row + 1] for name, array in inputs.items()})
                    for row in range(rows)
                ]
            except (RuntimeError, ValueError) as error:
                raise InvalidInputError("the model cannot compute with these values") from error
        return {name: np.concatenate([row[name] for row in answers]) for name in answers[0]}


class _UnnamedRunner:
    """The whole file as one signature; called as a ``SignatureRunner`` is."""

    def __init__(
        self, interpreter: Interpreter, inputs: dict[str, Any], outputs: dict[str, Any]
    ) -> None:
        self._interpreter = interpreter
        self._inputs = inputs
        self._outputs = outputs

    def __call__(self, **inputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        for name, detail in self._inputs.items():
            self._interpreter.resize_tensor_input(detail["index"], inputs[name].shape)
        self._interpreter.allocate_tensors()
        for name, detail in self._inputs.items():
            self._interpreter.set_tensor(detail["index"], inputs[name])
        self._interpreter.invoke()
        return {
            name: self._interpreter.get_tensor(detail["index"])
            for name, detail in self._outputs.items()
        }


def _by_name(details: list[dict[str, Any]]) -> dict[str, Any]:
    """``serving_default_x:0`` and ``x`` are both called x."""
    named: dict[str, Any] = {}
    for detail in details:
        name = detail["name"].removeprefix("serving_default_").split(":")[0].rsplit("/", 1)[-1]
        named[name if name and name not in named else f"{name}_{len(named)}"] = detail
    return named


def _describe(inputs: dict[str, Any], outputs: dict[str, Any]) -> Signature:
    return Signature(
        inputs={name: _spec(detail) for name, detail in inputs.items()},
        outputs={name: _spec(detail) for name, detail in outputs.items()},
    )


def _spec(detail: dict[str, Any]) -> TensorSpec:
    dtype = np.dtype(detail["dtype"])
    # An old file has no `shape_signature`; its shape is fixed.
    shape = detail["shape_signature"] if len(detail["shape_signature"]) else detail["shape"]
    return TensorSpec.model_validate(
        {
            "dtype": "string" if dtype.kind in "SO" else dtype.name,
            "shape": tuple(map(int, shape)),
        }
    )


def _takes_one_row(signature: Signature) -> bool:
    specs = [*signature.inputs.values(), *signature.outputs.values()]
    return bool(signature.inputs) and all(spec.shape[:1] == (1,) for spec in specs)


def _with_free_batch(signature: Signature) -> Signature:
    def freed(specs: dict[str, TensorSpec]) -> dict[str, TensorSpec]:
        return {
            name: TensorSpec(dtype=spec.dtype, shape=(-1, *spec.shape[1:]))
            for name, spec in specs.items()
        }

    return Signature(inputs=freed(signature.inputs), outputs=freed(signature.outputs))
