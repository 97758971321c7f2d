"""HDF5 files, alone and in archives: links out and in circles, foreign data, bombs."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from tests import originals

Change = Callable[[h5py.Group], object]


def hdf5_bomb(group: h5py.Group) -> None:
    group.create_dataset("zeros", (10**6, 10**6), "f4", chunks=(100, 100))


def many_small_bombs(group: h5py.Group) -> None:
    """Each below the size from which a single one is refused; together 4.4 GB."""
    for place in range(44):
        group.create_dataset(f"zeros_{place}", (25_000_000,), "f4", chunks=(10**6,))


def external_link(group: h5py.Group) -> None:
    group["stolen"] = h5py.ExternalLink("/etc/passwd", "/")


def external_storage(group: h5py.Group) -> None:
    group.create_dataset("stolen", (100,), "u1", external=[("/etc/passwd", 0, 100)])


def virtual_dataset(group: h5py.Group) -> None:
    layout = h5py.VirtualLayout((100,), "f4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "weights", (100,))
    group.create_virtual_dataset("stolen", layout)


def soft_link_cycle(group: h5py.Group) -> None:
    group.create_group("inner")["outer"] = h5py.SoftLink(group.name)


def hard_link_cycle(group: h5py.Group) -> None:
    group.create_group("inner")["outer"] = group


def hard_link_tree(group: h5py.Group) -> None:
    """Two links on each level: two million paths to one array."""
    last = group
    for level in range(21):
        following = last.create_group(f"a{level}")
        last[f"b{level}"] = following
        last = following
    last["zeros"] = np.zeros(3)


def many_names_of_one_array(group: h5py.Group) -> None:
    first = group.create_dataset("zeros", (25_000_000,), "f4", chunks=(10**6,))
    for place in range(44):
        group[f"again_{place}"] = first


def plug_in(group: h5py.Group) -> None:
    """A filter that the HDF5 library loads as code from a folder of plug-ins."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((10,))
    properties.set_filter(32_015, h5py.h5z.FLAG_OPTIONAL, ())
    space = h5py.h5s.create_simple((10,))
    h5py.h5d.create(group.id, b"packed", h5py.h5t.NATIVE_FLOAT, space, properties)


def references(group: h5py.Group) -> None:
    group.create_dataset("pointers", (2,), h5py.ref_dtype)[0] = group.ref


def named_type(group: h5py.Group) -> None:
    group["type"] = np.dtype("f8")


def deep(group: h5py.Group) -> None:
    """Deep enough to end a recursive walk, then a link out."""
    for _ in range(2_000):
        group = group.create_group("g")
    external_link(group)


CHANGES: list[tuple[Change, str]] = [
    (hdf5_bomb, "would unpack to 4000.0 GB: refused"),
    (many_small_bombs, "GB: refused"),
    (external_link, "points into another file: refused"),
    (external_storage, "keeps data in another file: refused"),
    (virtual_dataset, "keeps data in another file: refused"),
    (soft_link_cycle, "a symbolic link, outer: refused"),
    (hard_link_cycle, "one object under two names, outer: refused"),
    (hard_link_tree, "one object under two names"),
    (many_names_of_one_array, "one object under two names"),
    (plug_in, "needs a plug-in of HDF5, 32015: refused"),
    (references, "references to objects: refused"),
    (named_type, "type, which is no group or array: refused"),
    (deep, "points into another file: refused"),
]


def in_hdf5(change: Change) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path, _ = originals.r_network(folder)
        with h5py.File(path, "a") as file:
            change(file["model_weights"])
        return path

    return write


def in_archive(change: Change) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path, _ = originals.keras_archive(folder)
        changed = folder / "changed.keras"
        weights = folder / "weights"
        with zipfile.ZipFile(path) as before, zipfile.ZipFile(changed, "w") as after:
            for name in before.namelist():
                content = before.read(name)
                if name == "model.weights.h5":
                    weights.write_bytes(content)
                    with h5py.File(weights, "a") as file:
                        change(file.create_group("more"))
                    content = weights.read_bytes()
                after.writestr(name, content)
        return changed

    return write


CASES = {
    f"{change.__name__} {place.__name__}": (place(change), message)
    for place in (in_hdf5, in_archive)
    for change, message in CHANGES
}
