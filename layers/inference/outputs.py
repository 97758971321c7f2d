"""What a model's numbers mean: classes with their scores, or a number with its unit.

The first output that has classes is the model's prediction. Without one it is the only output, or
an object with every output by name. ``predictions`` gives the meaning alone, a value for each row:

================================  ================================================================
classes                           ``{"label": "tabby", "score": 0.93}``
classes, the best ``top``         ``[{"label": "tabby", "score": 0.93}, …]``, the best first
classes with a threshold          the same list, of all classes that reach it; it may be empty
a number                          ``{"value": 21.3, "unit": "EUR"}``, ``unit`` where there is one
another output                    its values as they are
================================  ================================================================

A score is ``null`` in JSON if it is NaN. Such a class comes last.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from inference.errors import InvalidInputError
from inference.rows import require_rows
from inference.scores import best_of, probabilities, reaching, two_classes
from inference.signatures import Signature, Tensors, TensorSpec
from inference.tensors import Json, to_json

Schema = dict[str, Any]
_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"type": "null"}]}


class ClassesOutput(BaseModel):
    """A score for each class: (-1, n) for n labels; (-1, 1) or (-1,) for the second of two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["classes"] = "classes"
    activation: Literal["none", "softmax", "sigmoid"] = "none"  # from logits to probabilities
    threshold: FiniteFloat | None = None  # several labels at once: all with at least this score
    labels: list[str] = []  # where they are not those of the model's metadata

    def check(self, spec: TensorSpec, name: str, labels: Sequence[str] = ()) -> None:
        """Raise ``ValueError`` if the tensor has no score for each class."""
        what = f"output '{name}' is {spec.dtype}{list(spec.shape)}"
        if spec.numpy_dtype.kind not in "iuf" or spec.shape[:1] != (-1,) or len(spec.shape) > 2:  # noqa: PLR2004
            raise ValueError(f"{what}; classes need numbers of the shape [-1, classes]")
        size = spec.shape[1] if len(spec.shape) == 2 else 1  # noqa: PLR2004
        names = self.labels or labels
        if size == 1 and len(names) == 1:
            raise ValueError(f"{what} and has 1 label; a single score is that of the second of two")
        if names and size >= 0 and len(names) != max(size, 2):
            expected = "2 labels" if size == 1 else f"{size} labels"
            raise ValueError(f"{what} and has {len(names)} labels; expected {expected}")
        if size == 1 and self.activation == "softmax":
            raise ValueError(f"{what}; the softmax of one value is always 1, use sigmoid")

    def names(self, labels: Sequence[str] = ()) -> Sequence[str]:
        """The classes' names, in the tensor's order. Empty: they are numbered."""
        return self.labels or labels

    def scores(self, array: NDArray[Any]) -> NDArray[Any]:
        """(rows, classes), probabilities where they are declared."""
        scores = probabilities(array, self.activation)
        is_binary = scores.ndim == 1 or scores.shape[1] == 1
        return two_classes(scores) if is_binary else scores

    def meanings(self, array: NDArray[Any], labels: Sequence[str], top: int | None) -> list[Json]:
        """A value for each row."""
        scores = self.scores(array)
        names = self.names(labels)
        if self.threshold is not None:
            return reaching(scores, names, self.threshold, top)
        best = best_of(scores, names, top or 1)
        if not scores.shape[1]:
            raise InvalidInputError("the model answered with no classes")
        return best if top else [row[0] for row in best]

    def json_schema(self, labels: Sequence[str] = (), *, many: bool = False) -> Schema:
        """JSON Schema of a row's value; ``many``: with ``top``."""
        names = list(self.names(labels))
        label: Schema = {"enum": names} if names else {"type": "string"}
        one = _object({"label": label, "score": _NUMBER})
        return {"type": "array", "items": one} if many or self.threshold is not None else one


class NumberOutput(BaseModel):
    """One number for each row: (-1, 1) or (-1,)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["number"] = "number"
    unit: str = ""

    def check(self, spec: TensorSpec, name: str, labels: Sequence[str] = ()) -> None:  # noqa: ARG002
        """Raise ``ValueError`` if the tensor has no single number in a row."""
        if spec.numpy_dtype.kind not in "iuf" or spec.shape not in ((-1,), (-1, 1)):
            raise ValueError(
                f"output '{name}' is {spec.dtype}{list(spec.shape)}; "
                "a number needs the shape [-1] or [-1, 1]"
            )

    def meanings(self, array: NDArray[Any], labels: Sequence[str], top: int | None) -> list[Json]:  # noqa: ARG002
        """A value for each row."""
        unit = {"unit": self.unit} if self.unit else {}
        return [{"value": value, **unit} for value in to_json(array.reshape(len(array)))]

    def json_schema(self, labels: Sequence[str] = (), *, many: bool = False) -> Schema:  # noqa: ARG002
        """JSON Schema of a row's value."""
        return _object({"value": _NUMBER} | ({"unit": {"const": self.unit}} if self.unit else {}))


Output = Annotated[ClassesOutput | NumberOutput, Field(discriminator="kind")]


def predictions(
    outputs: Tensors,
    declared: Mapping[str, Output],
    labels: Sequence[str] = (),
    top: int | None = None,
) -> list[Json]:
    """What each row means. ``top`` is at least 1; more than there are classes gives all.

    Raises :class:`InvalidInputError` if the outputs have no common first dimension.
    """
    require_rows(outputs)
    meant = with_labels(_row_shapes(outputs), declared, labels)
    name = main_output(list(outputs), meant)
    if name is not None:
        return _meanings(outputs[name], meant.get(name), labels, top)
    columns = [_meanings(outputs[name], meant.get(name), labels, top) for name in outputs]
    return [dict(zip(outputs, values, strict=True)) for values in zip(*columns, strict=True)]


def _meanings(
    array: NDArray[Any], output: Output | None, labels: Sequence[str], top: int | None
) -> list[Json]:
    if output is None:
        values: list[Json] = to_json(array)
        return values
    return output.meanings(array, labels, top)


def beside(
    outputs: Tensors, declared: Mapping[str, Output], labels: Sequence[str] = ()
) -> list[dict[str, Json]]:
    """What each row means, as fields that stand beside its raw outputs. Empty: nothing is known.

    ``label`` and ``score``; ``labels`` where there is a threshold; ``value`` and ``unit``. Nothing
    for several numbers: each is in its output.
    """
    meant = with_labels(_row_shapes(outputs), declared, labels)
    name = main_output(list(outputs), meant)
    if name is None or name not in meant:
        return []
    rows = meant[name].meanings(outputs[name], labels, None)
    return [{"labels": row} if isinstance(row, list) else row for row in rows]


def with_labels(
    shapes: Mapping[str, tuple[int, ...]], declared: Mapping[str, Output], labels: Sequence[str]
) -> dict[str, Output]:
    """The declared outputs; without classes among them, the first that has a value for each label.

    ``shapes`` are those of a row of numbers: a free size of -1 is that of any number of labels.
    """
    meant = dict(declared)
    if labels and not any(isinstance(output, ClassesOutput) for output in declared.values()):
        fitting = (name for name, shape in shapes.items() if shape in ((len(labels),), (-1,)))
        name = next((name for name in fitting if name not in declared), None)
        if name is not None:
            meant[name] = ClassesOutput()
    return meant


def _row_shapes(outputs: Tensors) -> dict[str, tuple[int, ...]]:
    return {name: array.shape[1:] for name, array in outputs.items() if array.dtype.kind != "O"}


def main_output(names: Sequence[str], declared: Mapping[str, Output]) -> str | None:
    """The output that is meant by the prediction: the first with classes, or the only one."""
    classes = (name for name in names if isinstance(declared.get(name), ClassesOutput))
    return next(classes, names[0] if len(names) == 1 else None)


def prediction_schema(
    signature: Signature,
    declared: Mapping[str, Output],
    labels: Sequence[str],
    raw: Mapping[str, Schema],
    *,
    many: bool = False,
) -> Schema:
    """JSON Schema of what ``predictions`` gives for a row. ``many``: with ``top``.

    ``raw`` has the schemas of the outputs' own values.
    """
    meant = meanings_of(signature, declared, labels)
    fields = {
        name: meant[name].json_schema(labels, many=many) if name in meant else raw[name]
        for name in signature.outputs
    }
    name = main_output(list(signature.outputs), meant)
    return _object(fields) if name is None else fields[name]


def beside_schema(
    signature: Signature, declared: Mapping[str, Output], labels: Sequence[str]
) -> dict[str, Schema]:
    """JSON Schema of each field that ``beside`` adds to a row."""
    meant = meanings_of(signature, declared, labels)
    name = main_output(list(signature.outputs), meant)
    if name is None or name not in meant:
        return {}
    schema = meant[name].json_schema(labels)
    fields: dict[str, Schema] = schema.get("properties") or {"labels": schema}
    return fields


def meanings_of(
    signature: Signature, declared: Mapping[str, Output], labels: Sequence[str]
) -> dict[str, Output]:
    """What the outputs of a signature mean, by name."""
    shapes = {
        name: spec.shape[1:] for name, spec in signature.outputs.items() if spec.dtype != "string"
    }
    return with_labels(shapes, declared, labels)


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
