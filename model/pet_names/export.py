"""Compile the trained Keras model to LiteRT, compare both, and write what serving reads.

Nothing is written where the compiled model does not agree with Keras.

Example: python -m model.pet_names.export
"""

import argparse
import gzip
import json
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import asdict

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from inference import golden
from inference.agreement import require_agreement
from inference.errors import DisagreementError
from inference.golden import Call
from inference.models import METADATA, Metadata, Provenance, ServedRecord, SourceRecord
from model.convert import convert, signature_of
from model.folder import pack_arrays, replace_files, sha256
from model.pet_names import FOLDER, vocabulary
from model.pet_names.data import load_licences, share_of_dogs, split_by_date
from model.pet_names.drawing import DRAWING, describe_drawing, drawing_inputs
from model.pet_names.sampler import Sampler, generate_with_keras

KNOWN_NAMES = "known_names.txt.gz"
KERAS_FILE = "model.keras"
LITERT_FILE = "model.tflite"
VERSION = 1
# Limits of one request. The answer to a token is 31 numbers of twelve characters, and an answer has
# 6 MB at most. A token takes 26 µs of one processor, so the largest request takes half a second.
_MAX_BATCH, _MAX_LENGTH, _MAX_VALUES = 1024, 16_384, 16_900
_SHAPES = ((1, 1), (3, 7), (20, 31))  # (batch, steps) of the random inputs
_GOLDEN_SHAPE = _SHAPES[1]
_NAMES_COMPARED = 200
_NAMES_THAT_MAY_DIFFER = 0.01  # rounding may move a draw that is close to a boundary
_GOLDEN_NAMES = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Export ``model/pet_names/model.keras``. Exit with the reason if the models disagree."""
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
    except DisagreementError as error:
        sys.exit(f"the compiled model does not agree with Keras: {error}; nothing was written")
    metadata = Metadata(
        name=FOLDER.name,
        version=VERSION,
        engine="litert",
        file=LITERT_FILE,
        signatures={name: signature_of(function) for name, function in functions.items()},
        default_signature="next_character",
        max_batch=_MAX_BATCH,
        max_length=_MAX_LENGTH,
        max_values=_MAX_VALUES,
        provenance=_provenance(compiled, difference),
    )
    licences = load_licences()
    fitted, _ = split_by_date(licences)
    files = {
        LITERT_FILE: compiled,
        DRAWING: _as_json(asdict(describe_drawing(share_of_dogs(fitted)))),
        KNOWN_NAMES: gzip.compress("\n".join(sorted(set(licences["name"]))).encode(), mtime=0),
        golden.GOLDEN: pack_arrays(golden.pack(calls)),
        METADATA: _as_json(metadata.model_dump(mode="json")),
    }
    replace_files(FOLDER, files)
    print(f"wrote {', '.join(files)} to model/{FOLDER.name}, largest difference {difference:.1e}")


def compare(network: keras.Model, compiled: bytes) -> tuple[dict[str, Call], float]:
    """Golden calls by signature, and the largest difference of the probabilities.

    Raises :class:`DisagreementError` where Keras and the compiled model disagree.
    """
    random = np.random.default_rng(0)
    interpreter = Interpreter(model_content=compiled)
    difference, next_character = _compare_next_character(network, interpreter, random)
    generate = _compare_generate(network, interpreter, random)
    return {"next_character": next_character, "generate": generate}, difference


def _compare_next_character(
    network: keras.Model, interpreter: Interpreter, random: np.random.Generator
) -> tuple[float, Call]:
    runner = interpreter.get_signature_runner("next_character")
    calls: dict[tuple[int, int], Call] = {}
    differences = []
    for shape in _SHAPES:
        inputs = {"characters": random.integers(0, vocabulary.TOKENS, shape, dtype=np.int32)}
        expected = {"probabilities": tf.nn.softmax(network(inputs["characters"])).numpy()}
        differences.append(require_agreement(runner(**inputs), expected))
        calls[shape] = Call(inputs, expected)
    return max(differences), calls[_GOLDEN_SHAPE]


def _compare_generate(
    network: keras.Model, interpreter: Interpreter, random: np.random.Generator
) -> Call:
    """Compare many names. The golden call holds the first few that are the same in both."""
    inputs = drawing_inputs(random, _NAMES_COMPARED)
    expected = generate_with_keras(network, **inputs)
    names = interpreter.get_signature_runner("generate")(**inputs)["characters"]
    same = np.all(names == expected, axis=1)
    differing = 1 - float(same.mean())
    if differing > _NAMES_THAT_MAY_DIFFER:
        raise DisagreementError(f"generate: {differing:.0%} of the names differ")
    rows = np.flatnonzero(same)[:_GOLDEN_NAMES]
    few = {"species": inputs["species"][rows], "noise": inputs["noise"][rows]}
    return Call({**inputs, **few}, {"characters": expected[rows]})


def _provenance(compiled: bytes, difference: float) -> Provenance:
    source = FOLDER / KERAS_FILE
    with zipfile.ZipFile(source) as archive:
        written_by: str = json.loads(archive.read("metadata.json"))["keras_version"]
    content = source.read_bytes()
    return Provenance(
        source=SourceRecord(
            file=KERAS_FILE,
            kind="Keras 3",
            producer={"keras": written_by},
            sha256=sha256(content),
            bytes=len(content),
        ),
        served=ServedRecord(sha256=sha256(compiled), bytes=len(compiled)),
        made_with={"tensorflow": tf.__version__, "keras": keras.__version__},
        parity_error=difference,
    )


def _as_json(value: object) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


if __name__ == "__main__":
    main()
