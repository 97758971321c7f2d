"""What a hostile model might do. Each function runs in the sandbox and says what happened."""

import ctypes
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.adding.sandbox.process import Tell


def attempts(outside: Path, tell: Tell) -> None:
    """Say of each attempt whether it was stopped."""
    secret = outside / "secret"
    repository = Path(__file__).parents[1]
    every: dict[str, Callable[[], Any]] = {
        "read a file": secret.read_text,
        "read /etc/passwd": Path("/etc/passwd").read_text,
        "read the environment": Path("/proc/self/environ").read_bytes,
        "read another process": Path(f"/proc/{os.getppid()}/cmdline").read_bytes,
        "read the repository": (repository / "Makefile").read_text,
        "list a folder": lambda: list(outside.iterdir()),
        "write a file": lambda: secret.write_text("mine"),
        "truncate a file": lambda: os.truncate(secret, 0),
        "make a file": (outside / "new").touch,
        "make a folder": (outside / "new").mkdir,
        "remove a file": secret.unlink,
        "move a file here": lambda: secret.rename("secret"),
        "link a file here": lambda: os.link(secret, "secret"),
        "link to a file": lambda: Path("link").symlink_to(secret),
        "make a FIFO": lambda: os.mkfifo("fifo"),
        "change a mode": lambda: secret.chmod(0o777),
        "change times": lambda: os.utime(secret, (0, 0)),
        "write bytecode": (repository / "scripts/__pycache__/x.pyc").touch,
        "write to shared memory": Path("/dev/shm/tests-sandboxed").touch,
        "share memory": lambda: os.memfd_create("shared"),
        "use TCP": lambda: socket.create_connection(("127.0.0.1", 1)).close(),
        "use UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close(),
        "use a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "start a program": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        "start a process": _fork,
        "limit another process": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CORE),
        "set the clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
        "send a signal": lambda: os.kill(os.getppid(), 0),
    }
    for name, attempt in every.items():
        try:
            attempt()
        except ConnectionRefusedError:
            tell("note", f"{name}: done")
        except OSError:
            tell("note", f"{name}: stopped")
        else:
            tell("note", f"{name}: done")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def honest(given: Path, tell: Tell) -> None:
    """What a model does need."""
    Path("folder").mkdir()
    Path("folder/file").write_text(given.read_text())
    Path("folder/file").rename("file")
    thread = threading.Thread(target=os.urandom, args=(8,))
    thread.start()
    thread.join()
    tell("note", Path("file").read_text())
    tell("note", " ".join(sorted(os.environ)))
    tell("note", f"standard input: {sys.stdin.read()!r}, {os.read(0, 1)!r}")


def grow(_: object, tell: Tell) -> None:
    """Take memory step by step."""
    kept = []
    while True:
        kept.append(bytearray(b"x") * 10_000_000)


def allocate(_: object, tell: Tell) -> None:
    """Take memory at once, and use none of it."""
    bytearray(50 * 10**9)


def share(_: object, tell: Tell) -> None:
    """Take memory that other processes could share."""
    memory = mmap.mmap(-1, 900_000_000)
    for place in range(0, len(memory), mmap.PAGESIZE):
        memory[place] = 1
    time.sleep(60)


def fill(_: object, tell: Tell) -> None:
    """Write a large file."""
    with Path("large").open("wb") as file:
        while True:
            file.write(bytes(1_000_000))


def wait(_: object, tell: Tell) -> None:
    """Never end, and ignore what can be ignored."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tell("note", "waiting")
    while True:
        time.sleep(1)


def crash(_: object, tell: Tell) -> None:
    """Read where nothing is."""
    ctypes.string_at(0)


def abort(_: object, tell: Tell) -> None:
    """End as C++ ends when it is out of memory."""
    os.abort()


def leave(_: object, tell: Tell) -> None:
    """End without a word."""
    os._exit(0)


def babble(_: object, tell: Tell) -> None:
    """Say what is no message."""
    tell("pickle", "cos\nsystem\n")  # type: ignore[arg-type]


def talk(_: object, tell: Tell) -> None:
    """Say too much."""
    while True:
        tell("note", "x" * 9_000)


def nest(_: object, tell: Tell) -> None:
    """Recur without end."""
    nest(_, tell)


def fail(_: object, tell: Tell) -> None:
    """Raise what nobody expects, over several lines, with a colour."""
    raise KeyError("\x1b[31mred\nand more")
