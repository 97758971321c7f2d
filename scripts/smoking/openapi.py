"""Requests made of an OpenAPI document: each operation with its documented example."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

Document = Mapping[str, Any]
# Others may change or delete what is there, and an address may serve people.
_METHODS = ("get", "head", "post")


@dataclass(frozen=True)
class Operation:
    """One documented operation. ``skipped`` says why it cannot be asked."""

    method: str
    template: str  # the path as documented, which names the operation in reports
    path: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    responses: Mapping[str, Any] = field(default_factory=dict)
    skipped: str = ""

    @property
    def name(self) -> str:
        """As a report names it."""
        return f"{self.method} {self.template}"

    def documented(self, status: int) -> Mapping[str, Any] | None:
        """What the document says of a status; None where it says nothing."""
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in self.responses:
                found = self.responses[key]
                return found if isinstance(found, Mapping) else {}
        return None


def operations(document: Document, values: Mapping[str, str]) -> Iterator[Operation]:
    """Every operation; ``values`` stand in for path parameters without an example.

    Raises ``AttributeError``, ``KeyError`` or ``TypeError`` if it is no OpenAPI document.
    """
    for template, item in document["paths"].items():
        shared = item.get("parameters", [])
        for method, operation in item.items():
            if method in ("parameters", "summary", "description", "servers", "$ref"):
                continue
            if method not in _METHODS:
                yield Operation(method.upper(), template, skipped="may change what is there")
                continue
            yield _operation(document, method.upper(), template, operation, shared, values)


def _operation(
    document: Document,
    method: str,
    template: str,
    operation: Document,
    shared: list[Any],
    values: Mapping[str, str],
) -> Operation:
    try:
        parameters = [*shared, *operation.get("parameters", [])]
        path, headers = _with_parameters(document, template, parameters, values)
        body = _body(document, operation)
    except _NoExampleError as error:
        return Operation(method, template, skipped=str(error))
    if body:
        headers["content-type"] = "application/json"
    return Operation(method, template, path, body, headers, operation.get("responses", {}))


class _NoExampleError(Exception):
    """Something that must be sent is not shown by an example."""


def _with_parameters(
    document: Document, template: str, parameters: list[Document], values: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """The path with its query, and the headers."""
    path, query, headers = template, {}, {}
    for each in parameters:
        parameter = _resolved(document, each)
        name, place = parameter["name"], parameter["in"]
        value = _example(document, parameter)
        if value is None and place == "path":
            value = values.get(name)
        if value is None:
            if parameter.get("required"):
                raise _NoExampleError(f"the parameter '{name}' has no example")
        elif place == "path":
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        elif place == "query":
            query[name] = value
        elif place == "header":
            headers[name] = str(value)
    return path + (f"?{urlencode(query, doseq=True)}" if query else ""), headers


def _body(document: Document, operation: Document) -> bytes:
    described = _resolved(document, operation.get("requestBody", {}))
    media = described.get("content", {}).get("application/json")
    example = _example(document, media) if media else None
    if example is None:
        if described.get("required"):
            raise _NoExampleError("the body has no example")
        return b""
    return json.dumps(example).encode()


def _resolved(document: Document, value: Document) -> Document:
    """What a ``$ref`` into the document stands for."""
    reference = value.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return value
    found: Any = document
    for part in reference[2:].split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return _resolved(document, found)


def _example(document: Document, described: Document) -> Any:  # noqa: ANN401 - any JSON
    """The example of a parameter or of a body, or of its schema."""
    if "example" in described:
        return described["example"]
    for each in described.get("examples", {}).values():
        return _resolved(document, each).get("value")
    schema = _resolved(document, described.get("schema", {}))
    if "example" in schema:
        return schema["example"]
    return next(iter(schema.get("examples", [])), None)
