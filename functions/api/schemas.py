"""Pydantic models made from a model's signature: what its typed route takes and answers."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, Strict, create_model

from inference.models import Metadata
from inference.signatures import Signature, TensorSpec

Example = Callable[[dict[str, Any]], None]


class _Exact(BaseModel):
    """No field more than the signature has."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


def request_type(metadata: Metadata, signature: Signature, example: Example) -> type[BaseModel]:
    """``{"instances": [{input: values, …}, …]}``, a row each; ``example`` adds one to the docs."""
    instance = _make(f"{metadata.name}_instance", _fields(signature.inputs, exact=True))
    instances: Any = Annotated[list[instance], Len(min_length=1)]  # type: ignore[valid-type]
    return _make(f"{metadata.name}_request", {"instances": (instances, ...)}, example)


def response_type(metadata: Metadata, signature: Signature) -> type[BaseModel]:
    """``{"model", "version", "predictions": [{output: values, …}, …]}``, a row each."""
    fields = _fields(signature.outputs, exact=False)
    if metadata.labels:
        fields |= {"label": (str, ...), "score": (float, ...)}
    prediction = _make(f"{metadata.name}_prediction", fields)
    return _make(
        f"{metadata.name}_response",
        {
            "model": (Literal[metadata.name], ...),
            "version": (Literal[metadata.version], ...),
            "predictions": (list[prediction], ...),  # type: ignore[valid-type]
        },
    )


def _make(name: str, fields: dict[str, Any], example: Example | None = None) -> type[BaseModel]:
    made: type[BaseModel] = create_model(
        name, __base__=_Exact, __cls_kwargs__={"json_schema_extra": example}, **fields
    )
    return made


def _fields(specs: dict[str, TensorSpec], *, exact: bool) -> dict[str, Any]:
    """Fields by number, the tensors' names as aliases: those need not be Python names."""
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
    """One number, truth value or text; nothing is converted (``true`` is no number)."""
    if dtype == "string":
        return Annotated[str, Strict()]
    if dtype == "bool":
        return Annotated[bool, Strict()]
    if dtype.startswith("float"):
        return Annotated[float, Strict(), Field(allow_inf_nan=False)]
    bounds = np.iinfo(dtype)
    return Annotated[int, Strict(), Field(ge=int(bounds.min), le=int(bounds.max))]
