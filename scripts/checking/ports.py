"""A port of this machine, for a server that a command starts."""

from __future__ import annotations

import errno
import socket

from scripts.checking import MissingError

_HIGHEST = 65535


def check_port(text: str, host: str = "127.0.0.1") -> None:
    """Raise :class:`MissingError` if no server can listen on this port."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _HIGHEST):
        raise MissingError(f"PORT={text} is no port: expected a number from 1 to {_HIGHEST}")
    with socket.socket() as probe:
        # As servers do: connections of one that has just ended do not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(text)))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                found = f"something already listens on port {text} of {host}"
            elif error.errno == errno.EACCES:
                found = f"this user may not listen on port {text}; ports from 1024 up are free"
            else:
                found = f"port {text} of {host} cannot be used ({error.strerror})"
            raise MissingError(f"{found}: choose another with PORT=…") from error
