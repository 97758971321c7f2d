"""HDF5 files: only what Keras writes, a tree of groups with arrays that lie in the file itself."""

from collections.abc import Iterator

import h5py

from scripts.adding.safety.expansion import refuse_expansion
from scripts.adding.sources import SourceError

# Filters that the HDF5 library holds itself. Others are code, loaded from a folder of plug-ins.
_FILTERS = {
    h5py.h5z.FILTER_DEFLATE,
    h5py.h5z.FILTER_FLETCHER32,
    h5py.h5z.FILTER_LZF,
    h5py.h5z.FILTER_SHUFFLE,
    h5py.h5z.FILTER_SZIP,
}


def refuse_bad_hdf5(file: h5py.File, name: str, stored: int) -> None:
    """Raise :class:`SourceError` for links, foreign data, and what would fill the memory.

    ``stored`` is the size of the file in bytes.
    """
    expanded = 0
    try:
        for dataset in _datasets(file, name):
            _refuse_foreign(dataset, name)
            expanded += dataset.nbytes
            refuse_expansion(name, expanded, stored)
    except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise SourceError(f"{name} is a damaged or truncated HDF5 file") from error


def _datasets(file: h5py.File, name: str) -> Iterator[h5py.Dataset]:
    """Each dataset once. A second link to an object could be a cycle, which Keras never writes."""
    waiting = [file["/"]]
    seen = {h5py.h5o.get_info(waiting[0].id).addr}
    while waiting:
        group = waiting.pop()
        for key in group:
            link = group.get(key, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise SourceError(f"{name} points into another file: refused")
            if not isinstance(link, h5py.HardLink):
                raise SourceError(f"{name} holds a symbolic link, {key:.80}: refused")
            member = group[key]
            address = h5py.h5o.get_info(member.id).addr
            if address in seen:
                raise SourceError(f"{name} holds one object under two names, {key:.80}: refused")
            seen.add(address)
            if isinstance(member, h5py.Group):
                waiting.append(member)
            elif isinstance(member, h5py.Dataset):
                yield member
            else:
                raise SourceError(f"{name} holds {key:.80}, which is no group or array: refused")


def _refuse_foreign(dataset: h5py.Dataset, name: str) -> None:
    if dataset.external or dataset.is_virtual:
        raise SourceError(f"{name} keeps data in another file: refused")
    properties = dataset.id.get_create_plist()
    filters = {properties.get_filter(place)[0] for place in range(properties.get_nfilters())}
    if filters - _FILTERS:
        raise SourceError(f"{name} needs a plug-in of HDF5, {min(filters - _FILTERS)}: refused")
    if h5py.check_ref_dtype(dataset.dtype) is not None:
        raise SourceError(f"{name} holds references to objects: refused")
