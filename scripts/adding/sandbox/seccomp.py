"""Seccomp: system calls that computing with a model never needs fail from now on.

No socket, no new program or process, no other process' memory, no new rights of files: Landlock
leaves owners, modes and times of files alone. Threads can start.

https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import errno
import os
import platform
import struct

from scripts.adding.sandbox import kernel

_PR_SET_SECCOMP = 22
_MODE_FILTER = 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
# Instructions of the Berkeley Packet Filter: load a word, compare, return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _PROCESSOR, _FIRST_ARGUMENT = 0, 4, 16  # places in the kernel's `seccomp_data`
_CLONE_THREAD = 0x00010000
_OTHER_INTERFACE = 0x40000000  # x32's numbers on x86_64

# By name: numbers on x86_64 and on aarch64. A call that a processor does not have is None.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    # the network
    "socket": (41, 198),
    "io_uring_setup": (425, 425),
    # programs and processes
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "rt_sigqueueinfo": (129, 138),
    "tkill": (200, 130),
    "rt_tgsigqueueinfo": (297, 240),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    # the system
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # memory that belongs to no process, so that nobody counts it
    "shmget": (29, 194),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # owners, modes, times and attributes of files; `truncate` takes a path
    "truncate": (76, 45),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
_CLONE, _CLONE3 = (56, 220), 435
_SIGNAL_THREAD, _LIMIT_PROCESS = (234, 131), (302, 261)  # `tgkill` and `prlimit64`
_PROCESSORS = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def restrict() -> None:
    """Refuse the calls for ever, in this thread and those it starts. Raises :class:`OSError`."""
    program = _program()
    code = ctypes.create_string_buffer(b"".join(program), 8 * len(program))
    header = struct.pack("=H6xQ", len(program), ctypes.addressof(code))
    buffer = ctypes.create_string_buffer(header, len(header))
    kernel.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(buffer))


def _program() -> list[bytes]:
    machine = platform.machine()
    if machine not in _PROCESSORS:
        raise OSError(errno.ENOSYS, f"no list of system calls for the processor {machine}")
    column, identity = _PROCESSORS[machine]
    denied = [numbers[column] for numbers in _DENIED.values()]
    refuse, unknown = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS
    program = [
        _instruction(_LOAD, _PROCESSOR),
        _instruction(_EQUAL, identity, if_true=1),
        _instruction(_RETURN, refuse),
        _instruction(_LOAD, _NUMBER),
        _instruction(_AT_LEAST, _OTHER_INTERFACE, if_false=1),
        _instruction(_RETURN, refuse),
        # glibc takes `clone` where `clone3`, whose flags a filter cannot see, is unknown.
        _instruction(_EQUAL, _CLONE3, if_false=1),
        _instruction(_RETURN, unknown),
    ]
    for number in denied:
        if number is not None:
            program += [
                _instruction(_EQUAL, number, if_false=1),
                _instruction(_RETURN, refuse),
            ]
    for number, only in ((_SIGNAL_THREAD[column], os.getpid()), (_LIMIT_PROCESS[column], 0)):
        program += [
            _instruction(_EQUAL, number, if_false=4),
            _instruction(_LOAD, _FIRST_ARGUMENT),
            _instruction(_EQUAL, only, if_false=1),
            _instruction(_RETURN, _ALLOW),
            _instruction(_RETURN, refuse),
        ]
    return [
        *program,
        _instruction(_EQUAL, _CLONE[column], if_false=3),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_ANY_BIT, _CLONE_THREAD, if_true=1),
        _instruction(_RETURN, refuse),
        _instruction(_RETURN, _ALLOW),
    ]


def _instruction(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
