"""Landlock: this process gives up every file but some, and keeps that for ever.

It needs Linux 5.19 (version 2 of its interface), and no privilege. Version 1 forbids each move
between two folders, which writing a SavedModel needs. Newer versions forbid more.

https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from scripts.adding.sandbox import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every processor
_ASK_VERSION = 1
_PATH_BENEATH = 1
_LEAST_VERSION = 2

# Rights on files.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = (1 << place for place in range(4))
_CHANGE_FOLDERS = sum(1 << place for place in (4, 5, 7, 8))  # remove and make files and folders
_MAKE_SPECIAL = sum(1 << place for place in (6, 9, 10, 11, 12))  # devices, sockets, FIFOs, links
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
# Rights on TCP ports, and on processes outside.
_TCP = 0b11  # bind, connect
_SCOPES = 0b11  # abstract sockets, signals

_TRUNCATE_SINCE, _TCP_SINCE, _IOCTL_SINCE, _SCOPES_SINCE = 3, 4, 5, 6


def version() -> int:
    """The version of the interface that this kernel offers; 0 if it is of no use here."""
    try:
        found = kernel.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    except OSError:
        return 0
    return found if found >= _LEAST_VERSION else 0


def restrict(
    readable: Iterable[Path], writable: Iterable[Path], listable: Iterable[Path], *, offered: int
) -> None:
    """Keep access to what lies under these paths only. No program can be started.

    ``listable`` folders show the names below them, and no content. ``offered`` is
    :func:`version`. A path that does not exist is left out. Raises :class:`OSError`.
    """
    handled = _EXECUTE | _WRITE_FILE | _READ_FILE | _READ_DIR
    handled |= _CHANGE_FOLDERS | _MAKE_SPECIAL | _REFER
    handled |= _TRUNCATE if offered >= _TRUNCATE_SINCE else 0
    handled |= _IOCTL_DEVICE if offered >= _IOCTL_SINCE else 0
    attributes = struct.pack("=Q", handled)
    if offered >= _TCP_SINCE:
        attributes += struct.pack("=Q", _TCP)
    if offered >= _SCOPES_SINCE:
        attributes += struct.pack("=Q", _SCOPES)
    ruleset = kernel.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    read = _READ_FILE | _READ_DIR
    write = read | _WRITE_FILE | _CHANGE_FOLDERS | _REFER | _TRUNCATE
    try:
        for paths, rights in ((readable, read), (writable, write), (listable, _READ_DIR)):
            for path in paths:
                with suppress(FileNotFoundError):
                    _allow(ruleset, path, rights & handled)
        kernel.syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    # The descriptor stays open and gives no access by itself. It keeps the file's identity, for
    # `/proc` may otherwise give the file another one, which no rule names.
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= _OF_A_FILE
    rule = struct.pack("=Qi", rights, descriptor)
    kernel.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
