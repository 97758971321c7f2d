"""Calls of the operating system that Python's library does not have."""

import ctypes
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_CAPABILITIES_VERSION = 0x20080522
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def syscall(number: int, *arguments: object) -> int:
    """A system call by its number. Raises :class:`OSError`."""
    _libc.syscall.restype = ctypes.c_long
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments))


def prctl(option: int, *arguments: int) -> None:
    """Change a property of this process. Raises :class:`OSError`."""
    words = [ctypes.c_ulong(word) for word in (*arguments, 0, 0, 0, 0)[:4]]
    _checked(_libc.prctl(ctypes.c_int(option), *words))


def unshare(flags: int) -> None:
    """Move this process into new namespaces. Raises :class:`OSError`."""
    _checked(_libc.unshare(ctypes.c_int(flags)))


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send the signal to this process when its parent ends."""
    prctl(_PR_SET_PDEATHSIG, signal_number)


def no_new_privileges() -> None:
    """Give up what a set-user-id program would gain; filters need this first."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities(kept: int) -> None:
    """Give up root's rights except those of the mask. Raises :class:`OSError`."""
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES_VERSION, 0))
    held = ctypes.create_string_buffer(24)  # twice: effective, permitted, inheritable
    _checked(_libc.capget(header, held))
    effective, permitted, *_ = struct.unpack("=6I", held.raw[:24])
    rest = struct.pack("=6I", effective & kept, permitted & kept, 0, 0, 0, 0)
    _checked(_libc.capset(header, ctypes.create_string_buffer(rest)))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
