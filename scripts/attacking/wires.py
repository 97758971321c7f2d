"""Hostile requests by what surrounds the body: encodings, lengths, headers, paths, methods."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace

from scripts.attacking.attacks import Attack, given
from scripts.attacking.client import request_bytes
from scripts.attacking.target import Subject

_MEGABYTE = 1_000_000


def hostile_wires(subject: Subject, bomb_megabytes: int) -> Iterator[Attack]:
    """Requests that are hostile in anything but their JSON."""
    yield from _encodings(subject, bomb_megabytes)
    yield from _lengths(subject)
    yield from _heads(subject)
    yield from _paths()


def _encodings(subject: Subject, bomb_megabytes: int) -> Iterator[Attack]:
    path, body = subject.path, subject.body
    half = len(body) // 2
    members = gzip.compress(body[:half]) + gzip.compress(body[half:])
    for name, packed, encoding in (
        ("GZIP in capitals", gzip.compress(body), "GZIP"),
        ("two members of gzip", members, "gzip"),
        ("deflate", zlib.compress(body), "deflate"),
    ):
        headers = {"content-encoding": encoding}
        yield Attack(name, path, given(packed), headers, must_be_answered=True)
    for form in ("application/x-www-form-urlencoded; charset=utf-8", "", "application/json; a=b"):
        yield Attack(
            f"content type {form or 'left out'}",
            path,
            given(body),
            {"content-type": form},
            must_be_answered=True,
        )
    yield Attack(
        "another content type",
        path,
        given(body),
        {"content-type": "text/\xff"},
        may_be_answered=True,
    )
    for name, packed, encoding in (
        ("gzip that ends early", gzip.compress(body)[:-9], "gzip"),
        ("no gzip", body, "gzip"),
        ("deflate of noise", b"\x78\x9c" + b"\xff" * 1000, "deflate"),
        ("100,000 members of gzip", gzip.compress(b"") * 100_000, "gzip"),
        ("gzip twice", gzip.compress(gzip.compress(body)), "gzip, gzip"),
        ("an unknown encoding", body, "br"),
    ):
        headers = {"content-encoding": encoding}
        yield Attack(name, path, given(packed), headers)
    tailed = Attack("gzip with a tail", path, given(gzip.compress(body) + b"tail"))
    yield replace(tailed, headers={"content-encoding": "gzip"}, may_be_answered=True)
    yield Attack(
        f"gzip of {bomb_megabytes} MB of nothing",
        path,
        lambda: _bomb(bomb_megabytes),
        {"content-encoding": "gzip"},
    )


def _bomb(megabytes: int) -> bytes:
    packing = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    zeros = bytes(_MEGABYTE)
    return b"".join(packing.compress(zeros) for _ in range(megabytes)) + packing.flush()


def _lengths(subject: Subject) -> Iterator[Attack]:
    path, body = subject.path, subject.body
    for length in ("10000000", "9" * 30, "-1", "1, 2", "0x10", "+5"):
        headers = {"content-length": length}
        yield Attack(f"content length {length[:12]}", path, given(body), headers)
    yield Attack(
        "two content lengths",
        raw=lambda: _head(path, f"content-length: {len(body)}", "content-length: 1") + body,
    )
    yield Attack(
        "a length and chunks",
        raw=lambda: (
            _head(path, f"content-length: {len(body)}", "transfer-encoding: chunked") + b"0\r\n\r\n"
        ),
        may_be_answered=True,
    )
    yield Attack(
        "a chunk of no size", raw=lambda: _head(path, "transfer-encoding: chunked") + b"x\r\n"
    )
    yield Attack(
        "a chunk of endless size",
        raw=lambda: _head(path, "transfer-encoding: chunked") + b"f" * 100_000,
    )
    yield Attack(
        "7 MB in chunks",
        raw=lambda: (
            _head(path, "transfer-encoding: chunked")
            + b"100000\r\n%b\r\n" % bytes(1 << 20) * 7
            + b"0\r\n\r\n"
        ),
    )
    yield Attack(
        "a body that is longer than said",
        path,
        lambda: body * 2,
        {"content-length": str(len(body))},
        may_be_answered=True,
    )


def _head(path: str, *lines: str) -> bytes:
    fields = ["host: 127.0.0.1", "content-type: application/json", *lines]
    return "\r\n".join([f"POST {path} HTTP/1.1", *fields, "", ""]).encode()


def _heads(subject: Subject) -> Iterator[Attack]:
    get = request_bytes("GET", "/health", b"", {"connection": "keep-alive"})
    yield Attack("100 requests at once", raw=lambda: get * 100, may_be_answered=True)
    for count in (100, 10_000):
        headers = {f"x-{number}": "a" for number in range(count)}
        yield Attack(f"{count} headers", method="GET", headers=headers, may_be_answered=True)
    for size in (10_000, _MEGABYTE):
        headers = {"x-long": "a" * size}
        yield Attack(
            f"a header of {size} bytes", method="GET", headers=headers, may_be_answered=True
        )
    for host in ("a'b", "[", "a b", "\xff", "a" * 10_000):
        for path in ("/", "/models", "/v1/models"):
            yield Attack(
                f"host {host[:5]} on {path}",
                path,
                headers={"host": host},
                method="GET",
                may_be_answered=True,
            )
    ranges = {"range": "bytes=" + ",".join(["0-"] * 5000)}
    yield Attack(
        "5000 ranges", "/assets/style.css", headers=ranges, method="GET", may_be_answered=True
    )
    etag = {"if-none-match": '"a",' * 10_000}
    yield Attack("10,000 etags", "/models", headers=etag, method="GET", may_be_answered=True)
    for method in ("HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"):
        yield Attack(f"method {method}", subject.path, method=method)
    yield Attack("no HTTP", raw=lambda: b"\x16\x03\x01\x02\x00" * 100)
    yield Attack("HTTP/9.9", raw=lambda: b"GET / HTTP/9.9\r\nhost: a\r\n\r\n", may_be_answered=True)
    yield Attack(
        "an upgrade",
        method="GET",
        may_be_answered=True,
        headers={
            "connection": "upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "YQ==",
        },
    )  # pragma: allowlist secret


def _paths() -> Iterator[Attack]:
    yield Attack("a path of 16,000 colons", "/v1/models/" + ":" * 16_000, method="GET")
    # Where a pattern of a route ends in `:{verb}`, the slash makes it try every colon.
    yield Attack("16,000 colons and a slash", "/v1/models/" + ":" * 16_000 + "/", method="GET")
    yield Attack("a path of 16,000 slashes", "/v2/models" + "/" * 16_000, method="GET")
    yield Attack("a path of 1 MB", "/" + "a" * _MEGABYTE, method="GET")
    for path in (
        "/assets/%00",
        "/assets/..%2f..%2fapp.py",
        "/assets/swagger/%ff",
        "/assets/" + "a" * 300,
        "/assets/pet_names/%00",
        "/assets/pet_names/..%2fpage.py",
        "/models/%00",
        "/v1/models/%00",
        "/v1/models/%ff:predict",
        "/v2/models/..%2f..",
        "/v2/models/%f0%9f",
        "/%",
    ):
        yield Attack(f"path {path[:40]}", path, method="GET")
    for query in (
        "count=%s" % ("9" * 5000),
        "count=-1",
        "temperature=nan",
        "temperature=inf",
        "seed=%s" % ("9" * 5000),
        "prefix=%00",
        "prefix=%ff",
        "prefix=" + "a" * 10_000,
        "count=1&" * 5000,
        "nan=x",
    ):
        yield Attack(f"/names?{query[:24]}", f"/names?{query}", method="GET", may_be_answered=True)
