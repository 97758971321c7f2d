"""The features of ``tf.Example`` records: from JSON, and to the arrays that a model takes."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.errors import MOST_PLACES, InvalidInputError, Place
from inference.signatures import FeatureSpec, Tensors, TensorSpec
from inference.tensors import Json, from_json
from inference.tf_examples import Feature, Kind, decode


def features_of_json(
    values: Mapping[str, Json], features: Mapping[str, FeatureSpec]
) -> dict[str, Feature]:
    """The features of one example, from values and lists of values by name.

    Where the model's features are known, a number becomes what the model takes. Where they are
    not, ``features`` is empty, and whole numbers are integers, as for TensorFlow Serving.

    Raises :class:`InvalidInputError` naming the feature.
    """
    if features:
        if unknown := sorted(values.keys() - features.keys()):
            raise InvalidInputError(
                f"unknown features {unknown[:MOST_PLACES]}; the model has {sorted(features)}"
            )
        required = {name for name, spec in features.items() if spec.required}
        if missing := sorted(required - values.keys()):
            raise InvalidInputError(f"lacks the features {missing}, which have no default")
    return {name: _of_json(name, value, features.get(name)) for name, value in values.items()}


def _of_json(name: str, value: Json, spec: FeatureSpec | None) -> Feature:
    """Lists in lists are read in row-major order."""
    values = value if isinstance(value, list) else [value]
    kind = spec.dtype if spec else _kind_of(name, values)
    if kind == "int64":
        values = [int(value) if isinstance(value, bool) else value for value in values]
    array = from_json(values, TensorSpec(dtype=kind, shape=(-1,)), name)
    if spec and array.size != spec.size:
        raise InvalidInputError(
            f"feature '{name}' has {array.size} values, expected {spec.size} (shape "
            f"{list(spec.shape)})"
        )
    return kind, array.ravel().tolist()


def _kind_of(name: str, values: list[Json]) -> Kind:
    types = set(map(type, values))
    if types <= {int, bool}:
        return "int64"
    if types <= {float}:
        return "float32"
    if types <= {str, dict}:
        return "string"
    raise InvalidInputError(f"feature '{name}' mixes types of values, or has null or lists")


def parse(serialized: NDArray[Any], features: Mapping[str, FeatureSpec], name: str) -> Tensors:
    """Arrays ``(batch, …)`` of these features, as ``tf.io.parse_example`` makes them.

    ``name`` is the input's. Raises :class:`InvalidInputError` with the first wrong places.
    """
    rows: list[list[list[Any]]] = []
    wrong: list[Place] = []
    for row, content in enumerate(serialized.tolist()):
        try:
            rows.append([_dense(key, spec, decode(content)) for key, spec in features.items()])
        except InvalidInputError as error:
            wrong.append(Place(f"{name}.{row}", str(error), "invalid_example"))
    if wrong:
        raise InvalidInputError(
            f"'{name}' has examples that do not fit: {wrong[0].message}",
            list(islice(wrong, MOST_PLACES)),
        )
    columns = zip(*rows, strict=True) if rows else ([] for _ in features)
    return {
        key: np.array(list(column), spec.dtype).reshape(-1, *spec.shape)
        if spec.size
        else np.zeros((len(rows), *spec.shape), spec.dtype)
        for (key, spec), column in zip(features.items(), columns, strict=True)
    }


def _dense(name: str, spec: FeatureSpec, features: Mapping[str, Feature]) -> list[Any]:
    if name not in features:
        if spec.required:
            raise InvalidInputError(f"feature '{name}' is missing, and the model has no default")
        return spec.default
    kind, values = features[name]
    if kind != spec.dtype:
        raise InvalidInputError(f"feature '{name}' has {kind} values, expected {spec.dtype}")
    if len(values) != spec.size:
        raise InvalidInputError(
            f"feature '{name}' has {len(values)} values, expected {spec.size} (shape "
            f"{list(spec.shape)})"
        )
    return values
