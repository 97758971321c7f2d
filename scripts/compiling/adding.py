"""The steps of adding a model, in order; each says what it does and raises ``SourceError``."""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
import tf_keras

from inference import golden
from inference.models import METADATA, Metadata
from inference.signatures import Tensors
from inference.tensors import to_json
from scripts.compiling.engines import LITERT_FILE, SAVED_MODEL_FOLDER, Calls, Choice, choose_engine
from scripts.compiling.keras_models import import_objects
from scripts.compiling.original import Original, open_original
from scripts.compiling.package import copy, digest_of, new_folder, pack_arrays, size_of
from scripts.compiling.safety import refuse_code, refuse_hostile
from scripts.compiling.samples import random_calls, read_examples, read_labels
from scripts.compiling.sources import Source, SourceError, identify

_LARGEST_GOLDEN = 1_000_000  # bytes


@dataclass
class AddedModel:
    """A model on its way into the folder of models."""

    source: Source
    work: Path
    original: Original = field(init=False)
    calls: Calls = field(init=False)
    labels: list[str] = field(init=False)
    choice: Choice = field(init=False)

    @classmethod
    def read(cls, path: Path, work: Path) -> "AddedModel":
        """Look at the file without loading it."""
        source = identify(path.expanduser())
        refuse_hostile(source)
        return cls(source, work)

    def load(self, custom_objects: list[str], *, allow_code: bool) -> None:
        """Load the original, unless it brings code that nobody allowed."""
        print(f"[2/6] it is {self.source}; loading it …", flush=True)
        objects = import_objects(custom_objects)
        if not allow_code:
            refuse_code(self.source, allowed=set(objects))
        self.original = open_original(self.source, self.work, objects, allow_code=allow_code)
        for name, reason in self.original.skipped.items():
            print(f"      signature {name} is left out: {reason}")

    def sample(self, examples: Path | None, labels: Path | None) -> None:
        """Inputs to compare on, with what the original answers; real rows first."""
        print("[3/6] asking it for answers to compare with …", flush=True)
        default = self.original.default_signature
        self.calls = {}
        for name, signature in self.original.signatures.items():
            real: list[tuple[Tensors, Tensors]] = []
            if examples and name == default:
                rows = read_examples(examples.expanduser(), signature)
                real = [(rows, self.original.call(name, rows))]
            try:
                random = random_calls(signature, partial(self.original.call, name))
            except SourceError:
                if not real:
                    raise
                random = []
            self.calls[name] = real + random
        self.labels = read_labels(labels.expanduser()) if labels else []
        classes = {array.shape[-1] for array in self.calls[default][0][1].values() if array.ndim}
        if self.labels and len(self.labels) not in classes:
            raise SourceError(f"{len(self.labels)} labels for a model of {max(classes)} classes")

    def compile(self, engine: str) -> None:
        """Choose the engine by compiling and comparing."""
        print("[4/6] compiling it to LiteRT and comparing …", flush=True)
        if self.source.kind == "LiteRT":
            copy(self.source.path, self.work / LITERT_FILE)
        self.choice = choose_engine(self.original, self.calls, engine, self.work)

    def describe(self, **chosen: Any) -> Metadata:  # name, version, max_batch
        """``metadata.json``."""
        print("[5/6] describing it …", flush=True)
        source, served = self.source.path, self.choice.path
        return Metadata(
            engine=self.choice.engine,
            engine_reason=self.choice.reason,
            file=LITERT_FILE if self.choice.engine == "litert" else SAVED_MODEL_FOLDER,
            signatures=self.original.signatures,
            default_signature=self.original.default_signature,
            labels=self.labels,
            provenance={
                "source": {
                    "file": source.name,
                    "kind": self.source.kind,
                    "producer": self.source.producer,
                    "sha256": digest_of(source),
                    "bytes": size_of(source),
                },
                "served": {"sha256": digest_of(served), "bytes": size_of(served)},
                "made_with": {
                    "tensorflow": tf.__version__,
                    "keras": keras.__version__,
                    "tf_keras": tf_keras.__version__,
                },
                "parity_error": self.choice.parity_error,
            },
            **chosen,
        )

    def write(self, folder: Path, metadata: Metadata, card: str) -> None:
        """Everything, or nothing."""
        print(f"[6/6] writing {folder} …", flush=True)
        kept = {name: _to_keep(both) for name, both in self.calls.items()}
        inputs, _ = kept[metadata.default_signature]
        with new_folder(folder) as new:
            copy(self.choice.path, new / metadata.file)
            if digest_of(self.choice.path) != digest_of(self.source.path):
                copy(self.source.path, new / "original" / self.source.path.name)
            (new / golden.GOLDEN).write_bytes(pack_arrays(golden.pack(kept)))
            (new / "example.json").write_text(_request(inputs, metadata))
            (new / "card.md").write_text(card)
            text = json.dumps(metadata.model_dump(mode="json"), indent=1)
            (new / METADATA).write_text(text + "\n")


def _to_keep(calls: list[tuple[Tensors, Tensors]]) -> tuple[Tensors, Tensors]:
    """The real rows, or a few random ones; the smallest call, where rows are large."""

    def size(call: tuple[Tensors, Tensors]) -> int:
        return sum(array.nbytes for tensors in call for array in tensors.values())

    return calls[0] if size(calls[0]) <= _LARGEST_GOLDEN else min(calls, key=size)


def _request(inputs: Tensors, metadata: Metadata) -> str:
    """A body that ``:predict`` takes: the first row, or everything where there are no rows."""
    if metadata.signatures[metadata.default_signature].takes_rows:
        row = {name: to_json(array[:1])[0] for name, array in inputs.items()}
        return json.dumps({"instances": [row]})
    return json.dumps({"inputs": {name: to_json(array) for name, array in inputs.items()}})
