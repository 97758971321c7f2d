"""A network without interfaces, where the system lets this user have one, and no root."""

import os
from contextlib import suppress
from pathlib import Path

from scripts.adding.sandbox import kernel

_OVERRIDE_MODES, _READ_ALL = 1 << 1, 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_NEW_USER, _NEW_NETWORK, _NEW_IPC = 0x10000000, 0x40000000, 0x08000000


def leave_network() -> None:
    """Move this process into new namespaces of network and shared memory.

    It must have one thread. Users other than root need a namespace of users as well. Raises
    :class:`OSError`.
    """
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        kernel.unshare(_NEW_NETWORK | _NEW_IPC)
        return
    kernel.unshare(_NEW_USER | _NEW_NETWORK | _NEW_IPC)
    # Without these, files seem to belong to nobody; nothing depends on it.
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def leave_root() -> None:
    """Give up root's rights over the system. Those over files stay: Landlock bounds them."""
    kernel.drop_capabilities(_OVERRIDE_MODES | _READ_ALL)
