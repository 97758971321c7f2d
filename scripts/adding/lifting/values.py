"""Values that a lifted preprocessing must be compared on: known words, unknown ones, any script.

Random words would nearly all be out of the vocabulary, and would be looked up alike.
"""

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.golden import Call
from inference.preprocessing import Preprocessing, Step
from inference.signatures import Signature, Tensors

Pools = dict[str, list[Any]]  # values by the name of an input

_RESHAPING = ("Reshape", "Flatten", "Squeeze", "ExpandDims", "Concatenate", "Cast")
_MOST_WORDS = 24  # of a vocabulary that are tried alone, and in sentences
_LONG_TEXT = 300  # words
_UNKNOWN = ("zyzzyva", "qwertz", "Unbekannt", "x")
_UNICODE = (
    "Übergrößenträger ÉCOLE café cafe\u0301",
    "İstanbul ΟΔΟΣ ǅ ﬁne ßẞ",
    "東京 タワー 서울 Привет мир",
    "emoji 😀 👍🏽 🏳️\u200d🌈",
    "no\u00a0break\u2003em\u3000wide\u200bzero\u2028line",
    "«quoted» “curly” – dash … ¿qué?",
)
_PUNCTUATED = (
    '{}, {}! ({}) "{}"; {}-{}',
    "#{} @{} {}'s {}_{} <b>{}</b>",
    "{}\n{}\t{}  {}\r\n {}.{}",
)
_STRINGS = ("red", "Blue", "", " ", "0", "-1", "naïve", "東京", "😀", "two words", "a" * 200)
_INTEGERS = (0, 1, -1, 7, 100, -12_345, 2**31 - 1)


def pools_of(preprocessing: Preprocessing, signature: Signature) -> Pools:
    """Values for each input that a step takes; the first one is an ordinary value."""
    pools: Pools = {}
    for name, spec in signature.inputs.items():
        steps = sorted(_steps_of(preprocessing, name), key=_strictness)
        values = list(_values(steps[0], is_text=spec.dtype == "string")) if steps else []
        if spec.numpy_dtype.kind in "iu":
            bounds = np.iinfo(spec.numpy_dtype)
            values = [value for value in values if bounds.min <= value <= bounds.max]
        if values:
            pools[name] = values
    return pools


def draw(pool: list[Any], shape: tuple[int, ...], random: np.random.Generator) -> NDArray[Any]:
    """Values of a pool in this shape; text as an array of ``bytes`` objects."""
    return _array(pool)[random.integers(0, len(pool), shape)]


def pool_call(
    pools: Pools, signature: Signature, small: Tensors, run: Callable[[Tensors], Tensors]
) -> list[Call]:
    """One call with every value of every pool, if the model takes rows. ``small`` is a valid call.

    The values of several inputs are met in changing pairs.
    """
    if not pools or not signature.takes_rows:
        return []
    rows = max(map(len, pools.values()))
    inputs: dict[str, NDArray[Any]] = {}
    for shift, (name, array) in enumerate(small.items()):
        shape = (rows, *array.shape[1:])
        if name in pools:
            turned = islice(cycle(pools[name]), shift, shift + int(np.prod(shape)))
            inputs[name] = _array(list(turned)).reshape(shape).astype(array.dtype)
        else:
            inputs[name] = np.take(array, np.arange(rows) % len(array), axis=0)
    try:
        return [Call(inputs, run(inputs))]
    except Exception:  # noqa: BLE001 - TensorFlow raises errors of many classes
        return []  # the other calls are compared all the same


def _array(values: list[Any]) -> NDArray[Any]:
    if not isinstance(values[0], bytes):
        return np.array(values)
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _steps_of(preprocessing: Preprocessing, name: str) -> Iterator[Step]:
    """The steps that take the input, also in another shape."""
    same = {name}
    for step in preprocessing.steps:
        if not same.isdisjoint(step.inputs):
            if step.layer in _RESHAPING:
                same.add(step.output)
            else:
                yield step


def _strictness(step: Step) -> int:
    """The order in which layers refuse values: a small number refuses most."""
    if step.layer == "CategoryEncoding":
        return 0
    if step.layer in ("StringLookup", "IntegerLookup"):
        return 2 if step.num_oov_indices else 1
    return 3 if step.layer == "TextVectorization" else 4


def _values(step: Step, *, is_text: bool) -> Iterator[Any]:
    match step.layer:
        case "TextVectorization":
            yield from (text.encode() for text in _texts(step.vocabulary))
        case "StringLookup":
            texts = [*_known(step.vocabulary), *(_STRINGS if step.num_oov_indices else ())]
            yield from (text.encode() for text in texts)
        case "IntegerLookup":
            yield from _known(step.vocabulary)
            yield from _INTEGERS if step.num_oov_indices else ()
        case "CategoryEncoding":
            yield from range(min(step.num_tokens, _MOST_WORDS))
        case "Discretization":
            for boundary in _known(step.bin_boundaries):
                yield from (boundary - 1, boundary, boundary + 0.001)
            yield from (-1e6, 1e6)
        case "Hashing" | "HashedCrossing":
            yield from (text.encode() for text in _STRINGS) if is_text else _INTEGERS


def _known(vocabulary: list[Any]) -> list[Any]:
    """Words from the whole of a vocabulary, the frequent and the rare."""
    return vocabulary[:: max(1, len(vocabulary) // _MOST_WORDS)][-_MOST_WORDS:]


def _texts(vocabulary: list[str]) -> Iterator[str]:
    known = [word for word in _known(vocabulary) if word and not word.startswith("[")] or ["word"]
    words = cycle(known)

    def some(count: int) -> list[str]:
        return list(islice(words, count))

    yield " ".join(some(6))
    yield " ".join(some(5)).upper()
    yield " ".join(some(4)).title() + "!!!"
    for pattern in _PUNCTUATED:
        yield pattern.format(*some(6))
    for unknown in _UNKNOWN:
        yield f"{unknown} {some(1)[0]} {unknown}"
    yield from _UNICODE
    yield from (f"{text} {some(1)[0]}" for text in _UNICODE)
    yield from ("", "   ", "\t\n", "?", "1 22 333")
    yield " ".join(some(_LONG_TEXT))
    yield from known
