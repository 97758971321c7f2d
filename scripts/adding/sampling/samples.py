"""Calls to compare on: random inputs and a user's real rows, with what the original answers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from inference.golden import Call
from inference.inputs import Input
from inference.inputs.images import ImageInput
from inference.signatures import Signature, Tensors
from scripts.adding.examples import read_examples
from scripts.adding.lifting.values import Pools, pool_call, pools_of
from scripts.adding.original import Original
from scripts.adding.sampling.bounds import Bounds, SignatureBounds
from scripts.adding.sampling.encoded_samples import calls_of_examples, calls_of_pictures
from scripts.adding.sampling.random_calls import random_calls
from scripts.adding.sources import SourceError, reason_of

Calls = dict[str, list[Call]]  # by signature; the real rows come first


def sample(original: Original, examples: Path | None, declared: Mapping[str, Input]) -> Calls:
    """Calls of every signature; the rows of the file ``examples`` are for the default one.

    Raises :class:`SourceError` if the original answers none.
    """
    calls: Calls = {}
    for name, signature in original.signatures.items():
        run = partial(original.call, name)
        real = []
        if examples and name == original.default_signature:
            real = [_real_call(examples, signature, declared, run)]
        bounds = original.bounds.get(name, {})
        pools = pools_of(original.preprocessing, signature) if original.preprocessing else {}
        if name == original.default_signature:
            bounds = _with_known(bounds, declared, pools)
        try:
            random = calls_of_examples(signature, run) or random_calls(signature, run, bounds)
            real += pool_call(pools, signature, random[0].inputs, run)
        except SourceError:
            random = calls_of_pictures(signature, run)
            if not real and not random:
                raise
        calls[name] = real + random
    return calls


def _with_known(
    bounds: SignatureBounds, declared: Mapping[str, Input], pools: Pools
) -> SignatureBounds:
    """What is declared to be a picture of 0 to 255 is drawn so, and words are of the vocabulary."""
    known = dict(bounds)
    for name, given in declared.items():
        if isinstance(given, ImageInput) and given.scale in ("0..255", "caffe"):
            known[name] = replace(known.get(name, Bounds()), pixels=True)
    for name, values in pools.items():
        known[name] = replace(known.get(name, Bounds()), pool=tuple(values))
    return known


def _real_call(
    examples: Path,
    signature: Signature,
    declared: Mapping[str, Input],
    run: Callable[[Tensors], Tensors],
) -> Call:
    inputs = read_examples(examples, signature, declared)
    try:
        return Call(inputs, run(inputs))
    except Exception as error:
        raise SourceError(
            f"the model cannot compute with the rows of {examples.name}: {reason_of(error)}"
        ) from error
