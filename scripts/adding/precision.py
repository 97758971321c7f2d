"""A Keras model that computes in another precision, with the same weights.

In float32, for LiteRT, which does not compute in half precision. In float64, to find which of two
answers is right.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf
import tf_keras

from scripts.adding.keras_models import NamedModel, name_tensors

_HALF = {"float16", "bfloat16"}
_POLICY = re.compile(r"(mixed_)?b?float\d+")


def computes_in_half(model: Any) -> bool:
    """Whether a layer computes in float16 or bfloat16, as with ``mixed_float16``."""
    return any(layer.compute_dtype in _HALF for layer in model._flatten_layers())  # noqa: SLF001


@contextmanager
def computing_in(dtype: str, named: NamedModel) -> Iterator[NamedModel]:
    """The model with all of its layers in ``dtype``; it is as it was after the block."""
    if isinstance(named.model, tf_keras.Model):
        yield _rebuilt(named, dtype)
        return
    layers = [
        layer
        for layer in named.model._flatten_layers()  # noqa: SLF001 - there is no public way
        if _POLICY.fullmatch(layer.dtype_policy.name) and layer.autocast
    ]
    variables = {id(variable): variable for layer in layers for variable in layer.variables}
    with ExitStack() as stack:
        for layer in layers:
            policy = _policy(dtype, layer.variable_dtype)
            stack.enter_context(_setting(layer, "_dtype_policy", value=policy))
        for variable in variables.values():
            stack.enter_context(_setting(variable, "_autocast", value=True))
        yield named


def _policy(dtype: str, variable_dtype: str) -> keras.DTypePolicy:
    """Variables keep their dtype, and Keras casts them where a layer computes."""
    policy = keras.DTypePolicy(dtype)
    policy._variable_dtype = variable_dtype  # noqa: SLF001 - no name stands for such a policy
    return policy


@contextmanager
def _setting(owner: Any, name: str, *, value: Any) -> Iterator[None]:
    own = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, own)


def _rebuilt(named: NamedModel, dtype: str) -> NamedModel:
    """Legacy Keras makes its variables in the precision that they are computed in."""
    model = named.model
    config = _with_dtype(model.get_config(), dtype)
    rebuilt = type(model).from_config(config)
    rebuilt.set_weights(model.get_weights())
    renamed = name_tensors(rebuilt)
    if renamed is None:
        raise ValueError(f"{model.name} does not know its inputs")
    call = renamed.call

    def cast_and_call(values: dict[str, Any]) -> dict[str, Any]:
        return call(
            {name: _cast(value, renamed.inputs[name].dtype) for name, value in values.items()}
        )

    return replace(renamed, inputs=named.inputs, call=cast_and_call)


def _cast(value: Any, dtype: tf.DType) -> Any:
    return tf.cast(value, dtype) if dtype.is_floating else value


def _with_dtype(config: Any, dtype: str) -> Any:
    """The configuration with this precision wherever it names one."""
    if isinstance(config, list | tuple):
        return type(config)(_with_dtype(value, dtype) for value in config)
    if not isinstance(config, dict):
        return config
    return {
        key: dtype if key == "dtype" and _is_float(value) else _with_dtype(value, dtype)
        for key, value in config.items()
    }


def _is_float(policy: Any) -> bool:
    """A name, or the configuration of a policy."""
    name = policy.get("config", {}).get("name") if isinstance(policy, dict) else policy
    return isinstance(name, str) and bool(_POLICY.fullmatch(name))
