"""Compile the trained Keras model to LiteRT, check it against Keras, and write what serving reads.

Example: python -m scripts.export
"""

import argparse
import gzip
import json
import sys
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from inference import golden
from inference.models import METADATA, Metadata
from inference.signatures import Tensors
from model.pet_names import FOLDER, vocabulary
from model.pet_names.data import load_licences, share_of_dogs, split_by_date
from model.pet_names.sampler import Sampler, generate_with_keras
from scripts.compiling.litert import convert, signature_of
from scripts.compiling.package import pack_arrays, replace_files, sha256
from scripts.compiling.parity import ParityError, largest_difference, require_parity

KNOWN_NAMES = "known_names.txt.gz"
KERAS_FILE = "model.keras"
LITERT_FILE = "model.tflite"
VERSION = 1
_SHAPES = ((1, 1), (3, 7), (20, 31))  # (batch, steps) of random inputs
_NAMES_THAT_MAY_DIFFER = 0.01  # a draw within a rounding error of a boundary falls either way


def main(arguments: Sequence[str] | None = None) -> None:
    """Export ``model/pet_names/model.keras``."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args(arguments)
    network = keras.saving.load_model(FOLDER / KERAS_FILE, compile=False)
    print("converting to LiteRT …", flush=True)
    sampler = Sampler(network)
    functions = {"next_character": sampler.next_character, "generate": sampler.generate}
    compiled = convert(sampler, functions)
    print("comparing with Keras …", flush=True)
    try:
        calls, difference = compare(network, compiled)
    except ParityError as error:
        sys.exit(f"{error}; nothing was written")
    metadata = Metadata(
        name="pet_names",
        version=VERSION,
        engine="litert",
        file=LITERT_FILE,
        signatures={name: signature_of(function) for name, function in functions.items()},
        default_signature="next_character",
        provenance=_provenance(compiled, difference),
        extra=_extra(),
    )
    files = {
        LITERT_FILE: compiled,
        KNOWN_NAMES: _known_names(),
        golden.GOLDEN: pack_arrays(golden.pack(calls)),
        METADATA: (json.dumps(metadata.model_dump(mode="json"), indent=1) + "\n").encode(),
    }
    replace_files(FOLDER, files)
    print(f"wrote {', '.join(files)} to model/{FOLDER.name}, parity error {difference:.1e}")


def compare(
    network: keras.Model, compiled: bytes
) -> tuple[dict[str, tuple[Tensors, Tensors]], float]:
    """Golden calls by signature, and the largest difference found on random inputs.

    Raises :class:`ParityError` where Keras and the compiled model disagree.
    """
    random = np.random.default_rng(0)
    interpreter = Interpreter(model_content=compiled)
    next_character = interpreter.get_signature_runner("next_character")
    difference = 0.0
    calls: dict[str, tuple[Tensors, Tensors]] = {}
    for shape in _SHAPES:
        tokens = {"characters": random.integers(0, vocabulary.TOKENS, shape, dtype=np.int32)}
        answer = next_character(**tokens)
        original = tf.nn.softmax(network(tokens["characters"])).numpy()
        found = largest_difference(answer["probabilities"], original)
        difference = max(difference, require_parity("next_character", found))
        if shape == _SHAPES[1]:
            calls["next_character"] = (tokens, answer)
    drawing = _drawing(random, names=200)
    names = interpreter.get_signature_runner("generate")(**drawing)["characters"]
    wrong = float(np.any(names != generate_with_keras(network, **drawing), axis=1).mean())
    if wrong > _NAMES_THAT_MAY_DIFFER:
        raise ParityError(f"generate: {wrong:.0%} of names differ from Keras'")
    few = _drawing(random, names=5)
    calls["generate"] = (few, interpreter.get_signature_runner("generate")(**few))
    return calls, difference


def _drawing(random: np.random.Generator, names: int) -> Tensors:
    species = [vocabulary.start_token(s) for s in random.choice(["dog", "cat"], names)]
    noise = random.integers(0, 2**23, (names, vocabulary.MAX_LENGTH)) / 2**23
    return {
        "species": np.array(species, np.int32),
        "prefix": np.zeros(vocabulary.MAX_LENGTH, np.int32),
        "temperature": np.array(1.0, np.float32),
        "noise": noise.astype(np.float32),
    }


def _known_names() -> bytes:
    """Every name of the data once; the page marks what is not among them as new."""
    names = sorted(set(load_licences()["name"]))
    return gzip.compress("\n".join(names).encode(), mtime=0)


def _provenance(compiled: bytes, difference: float) -> dict[str, Any]:
    return {
        "sha256": {
            KERAS_FILE: sha256((FOLDER / KERAS_FILE).read_bytes()),
            LITERT_FILE: sha256(compiled),
        },
        "made_with": {"tensorflow": tf.__version__, "keras": keras.__version__},
        "parity_error": difference,
    }


def _extra() -> dict[str, Any]:
    fitted, _ = split_by_date(load_licences())
    return {
        "characters": vocabulary.CHARACTERS,
        "max_length": vocabulary.MAX_LENGTH,
        "start_tokens": {name: vocabulary.start_token(name) for name in vocabulary.SPECIES},
        "share_of_dogs": share_of_dogs(fitted),
    }


if __name__ == "__main__":
    main()
