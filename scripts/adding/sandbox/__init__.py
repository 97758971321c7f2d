"""A process of its own for work on a file that nobody trusts: no network, few files, bounded.

========== ================================================================
module     what it does
========== ================================================================
process    starts the process, watches it, says why it ended
confine    gives up, inside the process, what the work does not need
landlock   Linux' access rules for files
seccomp    Linux' filter of system calls: no sockets, no programs
namespaces a network without interfaces
limits     memory, size of files, time
========== ================================================================

``docs/decisions/sandbox.md`` says why. What each system lacks is said on the terminal.
"""
