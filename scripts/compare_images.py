"""Print what differs between two images: layers, and in them paths, content, modes and times.

Example: ``python -m scripts.compare_images apifunction:latest another:latest``.
Exit status 0 if all layers are the same, 1 if not.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from itertools import zip_longest
from pathlib import Path
from typing import Any

Entry = tuple[str, ...]  # what of a path in a layer may differ
_SHOWN = 20  # paths of a layer


def entries(layer: Path) -> dict[str, Entry]:
    """Each path of a layer, with its content's digest, mode, owner, time and target."""
    found: dict[str, Entry] = {}
    with tarfile.open(layer) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            found[member.name] = (
                f"content {hashlib.sha256(file.read()).hexdigest()[:12] if file else '-'}",
                f"mode {member.mode:o}",
                f"owner {member.uid}:{member.gid}",
                f"time {member.mtime}",
                f"target {member.linkname or '-'}",
            )
    return found


def differences(one: dict[str, Entry], other: dict[str, Entry]) -> list[str]:
    """A line for each path that is not the same in both layers."""
    lines = []
    for path in sorted(one.keys() | other.keys()):
        pairs = zip_longest(one.get(path, ()), other.get(path, ()), fillvalue="missing")
        changed = [f"{left} / {right}" for left, right in pairs if left != right]
        if changed:
            lines.append(f"{path}: {', '.join(changed)}")
    return lines


def unpack(image: str, folder: Path) -> tuple[dict[str, Any], list[Path]]:
    """The image's configuration, and its layers from the lowest up."""
    archive = folder / "image.tar"
    subprocess.run(["docker", "save", "--output", archive, image], check=True)  # noqa: S607
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    archive.unlink()
    (manifest,) = json.loads((folder / "manifest.json").read_text())
    config: dict[str, Any] = json.loads((folder / manifest["Config"]).read_text())
    return config, [folder / layer for layer in manifest["Layers"]]


def compare(one: str, other: str) -> bool:
    """Print the differences of two images. True if their layers are the same."""
    with tempfile.TemporaryDirectory() as left, tempfile.TemporaryDirectory() as right:
        config, layers = unpack(one, Path(left))
        other_config, other_layers = unpack(other, Path(right))
        for name in sorted(config.keys() | other_config.keys()):
            if name != "rootfs" and config.get(name) != other_config.get(name):
                print(f"configuration: {name} differs")
        same: bool = config["rootfs"]["diff_ids"] == other_config["rootfs"]["diff_ids"]
        for number, (layer, another) in enumerate(zip_longest(layers, other_layers), start=1):
            found = differences(
                entries(layer) if layer else {}, entries(another) if another else {}
            )
            print(f"layer {number}: {len(found) or 'no'} paths differ")
            for line in found[:_SHOWN]:
                print(f"  {line}")
        print("the layers are the same" if same else "the layers differ")
    return same


def main() -> None:
    """Compare the two images that are named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("one", help="an image of the Docker engine, by name or id")
    parser.add_argument("other")
    options = parser.parse_args()
    sys.exit(0 if compare(options.one, options.other) else 1)


if __name__ == "__main__":
    main()
