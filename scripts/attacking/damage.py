"""Damage to the files of a model's folder: at random, and of every kind that was ever fatal."""

import json
import os
import pickle  # nosec B403
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from inference.golden import GOLDEN
from inference.models import METADATA

Damage = Callable[[Path], None]

_LONGEST_RUN = 64  # bytes that are overwritten at once
_DEPTH = 100_000
_HUGE = 10**12


def known_damages() -> dict[str, Damage]:
    """Damages by what they are; each changes the folder that it is given."""
    return {
        "max_batch of 1": lambda folder: _edit(folder, max_batch=1),
        "limits of 0": lambda folder: _edit(folder, max_batch=0, max_length=0, max_values=0),
        "another name": lambda folder: _edit(folder, name="other"),
        "a file elsewhere": lambda folder: _edit(folder, file="../../../../etc/passwd"),
        "another engine": lambda folder: _edit(folder, engine="tensorflow"),
        "no signatures": lambda folder: _edit(folder, signatures={}),
        "metadata nested deep": lambda folder: _write(folder, METADATA, b"[" * _DEPTH),
        "metadata of text": lambda folder: _write(folder, METADATA, b"hello"),
        "no metadata": lambda folder: (folder / METADATA).unlink(),
        "no model": lambda folder: _served(folder).unlink(),
        "an empty model": lambda folder: _write(folder, _served(folder).name, b""),
        "no golden file": lambda folder: (folder / GOLDEN).unlink(),
        "an empty golden file": lambda folder: _write(folder, GOLDEN, b""),
        "a golden file of text": lambda folder: _write(folder, GOLDEN, b"hello"),
        # Written, never loaded.
        "a pickled golden file": lambda folder: _write(folder, GOLDEN, pickle.dumps({"a": 1})),
        "a golden file of huge shape": _claim_shape,
        "a golden file that is a pipe": lambda folder: _pipe(folder / GOLDEN),
        "a model that is a pipe": lambda folder: _pipe(_served(folder)),
        "metadata that is a pipe": lambda folder: _pipe(folder / METADATA),
        "a golden file that is a folder": lambda folder: _folder(folder / GOLDEN),
        "a link to itself": lambda folder: _loop(folder / GOLDEN),
    }


def random_damages(seed: int, count: int) -> Iterator[tuple[str, Damage]]:
    """Damages that are the same for the same seed, with a name that tells their number."""
    for number in range(count):
        choose = random.Random(f"{seed}/{number}")  # noqa: S311 - no secret
        kind = choose.choices(tuple(_RANDOM), weights=(12, 4, 2, 2))[0]
        yield f"{kind} (seed {seed}, number {number})", _bind(_RANDOM[kind], choose)


def _bind(damage: Callable[[Path, random.Random], None], choose: random.Random) -> Damage:
    return lambda folder: damage(folder, choose)


def damage_bytes(content: bytes, choose: random.Random) -> bytes:
    """One to eight changes: bits turned, runs of bytes overwritten, left out, or the end cut."""
    changed = bytearray(content)
    for _ in range(choose.randint(1, 8)):
        place = choose.randrange(max(1, len(changed)))
        length = choose.randint(1, _LONGEST_RUN)
        match choose.randrange(5):
            case 0 | 1:
                changed[place : place + 1] = bytes([choose.randrange(256)])
            case 2:
                changed[place : place + length] = choose.randbytes(length)
            case 3:
                changed[place : place + length] = choose.choice((b"\0", b"\xff")) * length
            case _:
                del changed[place : place + length if choose.random() < 0.8 else None]  # noqa: PLR2004
    return bytes(changed)


def _random_model(folder: Path, choose: random.Random) -> None:
    file = _served(folder)
    _write(folder, file.name, damage_bytes(file.read_bytes(), choose))


def _random_unknown_model(folder: Path, choose: random.Random) -> None:
    """Damage that no digest tells."""
    _random_model(folder, choose)
    _edit(folder, provenance=None)


def _random_golden(folder: Path, choose: random.Random) -> None:
    _write(folder, GOLDEN, damage_bytes((folder / GOLDEN).read_bytes(), choose))


def _random_metadata(folder: Path, choose: random.Random) -> None:
    content = (folder / METADATA).read_bytes()
    if choose.random() < 0.5:  # noqa: PLR2004 - half of them are JSON still
        _write(folder, METADATA, damage_bytes(content, choose))
        return
    described = json.loads(content)
    place: Any = described
    while isinstance(place, dict | list) and place:
        key = choose.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if not isinstance(place[key], dict | list) or choose.random() < 0.3:  # noqa: PLR2004
            place[key] = choose.choice([None, -1, 0, 2**70, 1.5, "", "\0", [], {}, True, [[[]]]])
            break
        place = place[key]
    _write(folder, METADATA, json.dumps(described).encode())


_RANDOM: dict[str, Callable[[Path, random.Random], None]] = {
    "a damaged model": _random_model,
    "a damaged model of unknown digest": _random_unknown_model,
    "a damaged golden file": _random_golden,
    "damaged metadata": _random_metadata,
}


def _served(folder: Path) -> Path:
    file: str = json.loads((folder / METADATA).read_bytes())["file"]
    return folder / file


def _edit(folder: Path, **changes: object) -> None:
    described = json.loads((folder / METADATA).read_bytes()) | changes
    _write(folder, METADATA, json.dumps(described).encode())


def _write(folder: Path, name: str, content: bytes) -> None:
    """A new file in place of the old one, which may be linked from elsewhere."""
    (folder / name).unlink()
    (folder / name).write_bytes(content)


def _claim_shape(folder: Path) -> None:
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({_HUGE},), }}".encode()
    array = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head
    with zipfile.ZipFile(folder / GOLDEN) as golden:
        names = golden.namelist()
    (folder / GOLDEN).unlink()
    with zipfile.ZipFile(folder / GOLDEN, "w") as golden:
        for name in names:
            golden.writestr(name, array)


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)
