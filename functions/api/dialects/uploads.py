"""Bodies of the typed route that are not JSON: pictures, forms with files, texts, CSV.

======================== ==========================================================
type                     what it is
======================== ==========================================================
``image/*``              one picture, for a model with one image input
``multipart/form-data``  a field for each input; several files of one field are rows
``text/plain``           one text, for a model with one text input
``text/csv``             a header and rows, for a model whose rows are columns
======================== ==========================================================

A picture is known by its first bytes too, because ``curl --data-binary`` calls it a form. The field
of a form may be called ``image`` where the model has one image input, whatever its name is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException, Request
from starlette.datastructures import FormData, UploadFile

from inference.errors import InvalidInputError, Place
from inference.inputs.cells import Cell, known
from inference.inputs.csv_rows import read_csv
from inference.inputs.images import ImageInput
from inference.inputs.rows import names_of
from inference.inputs.texts import TextInput
from inference.metadata import Metadata
from inference.tensors import Json

_IMAGE_FIELD = "image"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")  # no JSON begins so
_MOST_PARTS = 1000  # of a form; each costs time, and may hold nothing
_JSON = ("", "application/json")


@dataclass(frozen=True)
class Upload:
    """What was sent. ``read_rows`` gives an object for each row, for ``inference.inputs.rows``."""

    size: int  # bytes of the body
    is_one_value: bool  # and not a list of rows
    read_rows: Callable[[], list[Json]]


async def read_upload(request: Request, metadata: Metadata) -> Upload | None:
    """What was sent; None where it is JSON.

    Raises ``HTTPException`` 415 for a type that the model does not take, and
    :class:`InvalidInputError` for a form whose fields are not the model's.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_files=_MOST_PARTS, max_fields=_MOST_PARTS) as form:
            return await _from_form(form, metadata)
    body = await request.body()
    if kind.startswith("image/") or (body.startswith(_PICTURES) and metadata.images):
        name = _only(metadata, ImageInput, kind)
        return _one(len(body), {name: body})
    if kind == "text/plain" and _names(metadata, TextInput):
        name = _only(metadata, TextInput, kind)
        return _one(len(body), {name: _text(body)})
    if kind == "text/csv":
        return Upload(
            len(body),
            is_one_value=False,
            read_rows=lambda: _csv_rows(body, content_type, metadata),
        )
    if kind in _JSON or kind.endswith("+json") or not metadata.inputs:
        return None
    raise _unsupported(kind, metadata)


def _csv_rows(body: bytes, content_type: str, metadata: Metadata) -> list[dict[str, Json]]:
    header = Message()
    header["content-type"] = content_type
    charset = header.get_content_charset()
    return read_csv(body, metadata.inputs, metadata.signature, metadata.limits, charset).rows


def _one(size: int, row: dict[str, Json]) -> Upload:
    return Upload(size, is_one_value=True, read_rows=lambda: [row])


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError("the text is not UTF-8: save or send it as UTF-8") from error


def _names(metadata: Metadata, kind: type[Any]) -> list[str]:
    return [name for name, declared in metadata.inputs.items() if isinstance(declared, kind)]


def _only(metadata: Metadata, kind: type[Any], content_type: str) -> str:
    """The only input. Raises 415 where the model has others, which the body does not give."""
    names = _names(metadata, kind)
    if len(names) != 1 or len(metadata.signature.inputs) != 1:
        raise _unsupported(content_type, metadata)
    return names[0]


def _unsupported(kind: str, metadata: Metadata) -> HTTPException:
    taken = ["application/json", *types_of(metadata)]
    return HTTPException(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"the body is {kind[:60]!r}; model '{metadata.name}' takes {', '.join(taken)}",
    )


def types_of(metadata: Metadata) -> list[str]:
    """The types of bodies that the model takes beside JSON."""
    declared = list(metadata.inputs.values())
    if not declared:
        return []
    alone = len(metadata.signature.inputs) == 1
    types = ["multipart/form-data"]
    types += ["image/*"] * (alone and isinstance(declared[0], ImageInput))
    types += ["text/plain"] * (alone and isinstance(declared[0], TextInput))
    types += ["text/csv"] * (not metadata.images)
    return types


async def _from_form(form: FormData, metadata: Metadata) -> Upload:
    """The values of each field, in order. Every field has as many values as there are rows."""
    if not metadata.inputs:
        raise _unsupported("multipart/form-data", metadata)
    images, fields = metadata.images, names_of(metadata)
    columns: dict[str, list[Json]] = {}
    size = 0
    for field, value in form.multi_items():
        name = field
        if field == _IMAGE_FIELD and field not in fields and len(images) == 1:
            (name,) = images
        if name not in fields:
            raise InvalidInputError(
                f"the form has an unknown field; expected {known(fields, field)}",
                [Place("body", "has an unknown field", "unknown_name")],
            )
        content = await value.read() if isinstance(value, UploadFile) else value
        size += len(content)
        columns.setdefault(name, []).append(_field_value(content, name, images))
    counts = {name: len(values) for name, values in columns.items()}
    if not columns:
        raise InvalidInputError(f"the form is empty; expected a field for each of {known(fields)}")
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{count} of '{name}'" for name, count in list(counts.items())[:20])
        raise InvalidInputError(f"the form has {found}: a row needs one of each")
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return Upload(size, is_one_value=len(rows) == 1, read_rows=lambda: rows)


def _field_value(content: str | bytes, name: str, images: list[str]) -> Json:
    if name in images:
        if isinstance(content, str):
            raise InvalidInputError(
                f"the field '{name}' is text, and takes a picture: send a file, "
                f"such as curl --form {name}=@picture.jpg"
            )
        return content
    return Cell(content if isinstance(content, str) else _text(content))
