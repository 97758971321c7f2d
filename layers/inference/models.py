"""A folder of models: each is described by its ``metadata.json`` and run by its engine.

``models/iris/metadata.json`` describes the model ``iris``; the file that it names lies beside it,
and so does ``golden.npz``, by which the model is checked.
"""

import stat
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from inference import trial
from inference.calls import Call, read_calls
from inference.engines import Engine
from inference.errors import BrokenModelError, InvalidInputError, ModelNotFoundError
from inference.files import shown
from inference.loading import load_described, require_digests
from inference.metadata import (
    METADATA,
    Metadata,
    PreprocessingRecord,
    Provenance,
    ServedRecord,
    SourceRecord,
    read_metadata,
)
from inference.settings import Verify, settings
from inference.signatures import Tensors
from inference.telemetry import logger
from inference.verification import reason_of, replay

__all__ = [
    "METADATA",
    "Metadata",
    "Model",
    "ModelFolder",
    "PreprocessingRecord",
    "Provenance",
    "ServedRecord",
    "SourceRecord",
    "load_model",
    "read_metadata",
]

_LOGGED = 2000  # characters of the error behind the reason


class Model:
    """A model in memory."""

    def __init__(self, metadata: Metadata, engine: Engine) -> None:
        self.metadata = metadata
        self.name = metadata.name
        self._engine = engine

    def predict(self, inputs: Tensors, signature: str | None = None) -> Tensors:
        """Outputs by name. Raises :class:`InvalidInputError` if the inputs do not fit."""
        name = signature or self.metadata.default_signature
        described = self.metadata.signatures.get(name)
        if described is None:
            raise InvalidInputError(
                f"model '{self.name}' has no signature '{name}', "
                f"only {sorted(self.metadata.signatures)}"
            )
        described.check(inputs)
        if described.rows(inputs) == 0:
            return described.empty_outputs()
        return self._engine.run(name, inputs)


def load_model(folder: Path) -> Model:
    """Load one model folder. Raises :class:`BrokenModelError`."""
    return _load_described(folder, read_metadata(folder))


def _load_described(folder: Path, metadata: Metadata, *, check_digest: bool = True) -> Model:
    return Model(metadata, load_described(folder, metadata, check_digest=check_digest))


def _described(folder: Path) -> tuple[Metadata, dict[str, Call]]:
    """Metadata and golden calls of one version, though ``add-model`` may replace the folder now."""
    metadata = read_metadata(folder)
    try:
        return metadata, read_calls(folder, metadata)
    except BrokenModelError:
        replaced = read_metadata(folder)
        if replaced == metadata:
            raise
        return replaced, read_calls(folder, replaced)


def _log_broken(folder: Path, error: Exception) -> str:
    reason = reason_of(folder, error)
    expected = isinstance(error, BrokenModelError)
    logger.error(
        "this model is not served",
        model=shown(folder),
        reason=reason,
        cause=repr(error.__cause__)[:_LOGGED] if error.__cause__ else None,
        exc_info=None if expected else error,
    )
    return reason


class ModelFolder:
    """The models under one directory: described at start, loaded on first use, then kept.

    ``served`` holds the metadata of each model that can be asked, ``broken`` the reason why
    another cannot. A name is in one of the two. A model that fails to load moves to ``broken``,
    and is not tried again.
    """

    def __init__(self, directory: Path, verify: Verify = settings.verify_models) -> None:
        self.directory = directory
        self.verify = verify
        self._calls: dict[str, dict[str, Call]] = {}
        self._loaded: dict[str, Model] = {}
        self._tried: set[str] = set()
        served: dict[str, Metadata] = {}
        broken: dict[str, str] = {}
        for folder in self._folders(broken):
            try:
                served[folder.name], self._calls[folder.name] = _described(folder)
            # One folder must not stop the others, whatever is in its files.
            except Exception as error:  # noqa: BLE001
                broken[shown(folder)] = _log_broken(folder, error)
        self._state = (served, broken)  # replaced whole, because other threads may be reading it
        self._locks = {name: threading.Lock() for name in served}
        self._changing = threading.Lock()
        self._warn_if_not_ready()

    @property
    def served(self) -> Mapping[str, Metadata]:
        """The metadata of each model that can be asked, by name."""
        return self._state[0]

    @property
    def broken(self) -> Mapping[str, str]:
        """Why a model cannot be asked, by name."""
        return self._state[1]

    @property
    def state(self) -> tuple[Mapping[str, Metadata], Mapping[str, str]]:
        """``served`` and ``broken`` of one moment: a model may move between two readings."""
        return self._state

    @property
    def ready(self) -> bool:
        """False where there are models, and all of them are broken."""
        served, broken = self._state
        return bool(served) or not broken

    @property
    def replays(self) -> bool:
        """Whether :meth:`get` has each model answer its golden file."""
        return self.verify in ("trial", "replay")

    def describe(self, name: str) -> Metadata:
        """A model's metadata, without loading the model.

        Raises :class:`ModelNotFoundError`, or :class:`BrokenModelError` with the reason.
        """
        served, broken = self._state
        if name in broken:
            raise BrokenModelError(broken[name])
        if name not in served:
            raise ModelNotFoundError(f"no model named '{name}'")
        return served[name]

    def golden(self, name: str) -> Mapping[str, Call]:
        """The golden calls of a model, by signature. Raises what :meth:`describe` raises."""
        self.describe(name)
        return self._calls[name]

    def get(self, name: str) -> Model:
        """A model, loaded and checked on first use. Raises what :meth:`describe` raises."""
        self.describe(name)
        model = self._loaded.get(name)
        if model:
            return model
        with self._locks[name]:  # of this model: nobody waits for the first load of another one
            self.describe(name)
            if name not in self._loaded:
                try:
                    self._loaded[name] = self._load(name)
                # An engine raises errors of any kind for a damaged file.
                except Exception as error:
                    reason = self._break(name, error)
                    raise BrokenModelError(reason) from error
            return self._loaded[name]

    def try_models(self) -> None:
        """Load and ask models in a process of their own, as far as ``verify`` says.

        Those that do not pass are broken.
        """
        names = [name for name, metadata in self.served.items() if self._is_for_trial(metadata)]
        broken = trial.find_broken(self.directory, names) if names else {}
        self._tried.update(names)  # also where no process could be started: it is tried no more
        for name, reason in broken.items():
            self._break(name, BrokenModelError(reason))

    def check_digest(self, name: str) -> None:
        """Compare the digest of a model that is not loaded. Another one makes it broken."""
        metadata = self.describe(name)
        if self.verify == "none" or name in self._loaded:
            return
        try:
            require_digests(self.directory / name, metadata)
        except (BrokenModelError, OSError) as error:
            self._break(name, BrokenModelError(f"{name}: {error}"))

    def _load(self, name: str) -> Model:
        metadata = self.describe(name)
        if self.replays and metadata.served_sha256 is None and name not in self._tried:
            reason = trial.find_broken(self.directory, [name]).get(name)
            if reason:
                raise BrokenModelError(reason)
        try:
            return self._load_checked(name)
        except BrokenModelError:
            if not self._describe_again(name):
                raise
            return self._load_checked(name)

    def _load_checked(self, name: str) -> Model:
        check_digest = self.verify != "none"
        folder = self.directory / name
        model = _load_described(folder, self.describe(name), check_digest=check_digest)
        if self.replays:
            replay(model, self._calls[name])
        return model

    def _describe_again(self, name: str) -> bool:
        """Whether ``add-model`` has put another version in place; it is then the one to load."""
        metadata, calls = _described(self.directory / name)
        if metadata == self.describe(name):
            return False
        self._calls[name] = calls
        with self._changing:
            served, broken = self._state
            self._state = ({**served, name: metadata}, broken)
        return True

    def _is_for_trial(self, metadata: Metadata) -> bool:
        unknown = metadata.served_sha256 is None
        return self.verify == "trial" or (self.verify == "replay" and unknown)

    def _break(self, name: str, error: Exception) -> str:
        reason = _log_broken(self.directory / name, error)
        with self._changing:
            served, broken = self._state
            rest = {key: served[key] for key in served if key != name}
            self._state = (rest, dict(broken) | {name: reason})
        self._warn_if_not_ready()
        return reason

    def _warn_if_not_ready(self) -> None:
        if not self.ready:
            logger.error("no model can be served", models=sorted(self.broken))

    def _folders(self, broken: dict[str, str]) -> Iterator[Path]:
        """Folders of models. What cannot even be looked at is added to ``broken``."""
        try:
            entries = sorted(self.directory.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            broken[shown(self.directory)] = f"the folder of models: {error.strerror}"
            return
        for entry in entries:
            if entry.name.startswith((".", "_")):
                continue
            try:
                # Not `is_dir`, which since Python 3.13 is False where nobody may look.
                if stat.S_ISDIR(entry.stat().st_mode):
                    yield entry
            except FileNotFoundError:
                if entry.is_symlink():
                    broken[shown(entry)] = f"{shown(entry)}: is a link to nothing"
            except OSError as error:
                broken[shown(entry)] = f"{shown(entry)}: {error.strerror}"
