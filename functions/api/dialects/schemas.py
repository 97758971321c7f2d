"""Pydantic models made from a model's signature: what its typed route takes and answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, Strict, create_model

from inference.models import Metadata
from inference.signatures import TensorSpec

Example = Callable[[dict[str, Any]], None]


class _Exact(BaseModel):
    """Rejects unknown fields."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


@dataclass(frozen=True)
class RouteTypes:
    """What a typed route takes and answers."""

    request: type[BaseModel]
    response: type[BaseModel]


def types_of(metadata: Metadata, example: Example) -> RouteTypes:
    """The types of a model's route; ``example`` adds a request to the schema.

    The request is ``{"instances": [{input: values, …}, …]}``, an object for each row. The answer is
    ``{"model", "version", "predictions": [{output: values, …}, …]}``.
    """
    name, signature = metadata.name, metadata.signature
    instance = _make(f"{name}_instance", _fields(signature.inputs, exact=True))
    outputs = _fields(signature.outputs, exact=False)
    if metadata.labels:
        outputs |= {"label": (str, ...), "score": (float, ...)}
    prediction = _make(f"{name}_prediction", outputs)
    instances: Any = Annotated[list[instance], Len(min_length=1)]  # type: ignore[valid-type]
    answer: dict[str, Any] = {
        "model": (Literal[name], ...),
        "version": (Literal[metadata.version], ...),
        "predictions": (list[prediction], ...),  # type: ignore[valid-type]
    }
    return RouteTypes(
        _make(f"{name}_request", {"instances": (instances, ...)}, example),
        _make(f"{name}_response", answer),
    )


def _make(name: str, fields: dict[str, Any], example: Example | None = None) -> type[BaseModel]:
    model: type[BaseModel] = create_model(
        name, __base__=_Exact, __cls_kwargs__={"json_schema_extra": example}, **fields
    )
    return model


def _fields(specs: dict[str, TensorSpec], *, exact: bool) -> dict[str, Any]:
    """Numbered fields with the tensors' names as aliases, which need not be Python names."""
    return {
        f"tensor_{number}": (_row_type(spec, exact=exact), Field(alias=name))
        for number, (name, spec) in enumerate(specs.items())
    }


def _row_type(spec: TensorSpec, *, exact: bool) -> Any:  # noqa: ANN401 - a type made at run time
    """Lists in lists for every dimension but the batch, as long as the signature says."""
    row: Any = _value_type(spec.dtype) if exact else _value_type(spec.dtype) | None
    for size in reversed(spec.shape[1:]):
        row = list[row] if size < 0 else Annotated[list[row], Len(size, size)]
    return row


def _value_type(dtype: str) -> Any:  # noqa: ANN401 - a type made at run time
    """One number, truth value or text. Nothing is converted: ``true`` is not taken as 1."""
    if dtype == "string":
        return Annotated[str, Strict()]
    if dtype == "bool":
        return Annotated[bool, Strict()]
    if dtype.startswith("float"):
        return Annotated[float, Strict(), Field(allow_inf_nan=False)]
    bounds = np.iinfo(dtype)
    return Annotated[int, Strict(), Field(ge=int(bounds.min), le=int(bounds.max))]
