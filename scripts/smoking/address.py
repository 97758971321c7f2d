"""The address that is asked: checked before anything is sent."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


class UsageError(Exception):
    """The command cannot be run as it was given. The text says what to do."""


@dataclass(frozen=True)
class Address:
    """A base address; ``path`` is empty, or that of a stage such as ``/prod``."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host, and the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def is_loopback(self) -> bool:
        """Whether nothing that is sent leaves this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")

    def __str__(self) -> str:
        """The address as it is asked."""
        return self.origin + self.path


def parse(text: str) -> Address:
    """Read an address. Raises :class:`UsageError`."""
    example = "expected such as URL=https://abc.execute-api.eu-central-1.amazonaws.com"
    if not text:
        raise UsageError(f"URL is missing: {example}, or URL=http://127.0.0.1:8000")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"URL cannot be read: {error}; {example}") from error
    if parts.scheme not in _PORTS:
        raise UsageError(f"URL must begin with http:// or https://, found '{text:.80}'; {example}")
    if not parts.hostname:
        raise UsageError(f"URL has no host: found '{text:.80}'; {example}")
    if parts.username is not None or parts.password is not None:
        raise UsageError("URL holds a user or a password; see --help for the ways to pass a key")
    if parts.query or parts.fragment:
        raise UsageError("URL has a query or a fragment; give the address without them")
    if not text.isascii() or any(sign.isspace() or not sign.isprintable() for sign in text):
        raise UsageError("URL has a space or a sign that is no ASCII; write the host as punycode")
    return Address(
        parts.scheme, parts.hostname, port or _PORTS[parts.scheme], parts.path.rstrip("/")
    )
