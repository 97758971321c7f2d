"""A network without interfaces, where the system lets every user have one."""

import os
from contextlib import suppress
from pathlib import Path

from scripts.adding.sandbox import kernel

_NEW_USER, _NEW_NETWORK, _NEW_IPC = 0x10000000, 0x40000000, 0x08000000


def leave_network() -> None:
    """Move this process into new namespaces of users, network and shared memory.

    It must have one thread. Root's rights over the system end here as well. Raises
    :class:`OSError`.
    """
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(_NEW_USER | _NEW_NETWORK | _NEW_IPC)
    # Without these, files seem to belong to nobody; nothing depends on it.
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
