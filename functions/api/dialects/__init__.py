"""The dialects: each decodes a request to tensors and encodes tensors as an answer.

This module holds what they share: which model is meant, how JSON is read and written, and that
clients of TensorFlow Serving and of the Open Inference Protocol get 400 where the project's own
routes answer 422.
"""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Literal

import pydantic_core
from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from inference.errors import InvalidInputError, ModelNotFoundError
from inference.models import Metadata, ModelFolder


class DialectRoute(APIRoute):
    """A route that answers an invalid request with 400."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def handle_with_400(request: Request) -> Response:
            try:
                return await handle(request)
            except InvalidInputError as error:
                raise HTTPException(HTTPStatus.BAD_REQUEST, str(error)) from error
            except RequestValidationError as error:
                first = error.errors()[0]
                place = ".".join(map(str, first["loc"]))
                message = f"{place}: {first['msg']}"
                raise HTTPException(HTTPStatus.BAD_REQUEST, message) from error

        return handle_with_400


def find_model(models: ModelFolder, name: str, version: str | None = None) -> Metadata:
    """The metadata of a model that can be asked.

    Raises :class:`ModelNotFoundError` in TensorFlow Serving's words, also for another version, and
    :class:`inference.errors.BrokenModelError`.
    """
    try:
        metadata = models.describe(name)
    except ModelNotFoundError:
        metadata = None
    if metadata is None or version not in (None, str(metadata.version)):
        servable = f"Latest({name})" if version is None else f"Specific({name}, {version})"
        raise ModelNotFoundError(f"Servable not found for request: {servable}")
    return metadata


def read_object(body: bytes | memoryview) -> dict[str, Any]:
    """A JSON object. NaN and Infinity are numbers. Raises :class:`InvalidInputError`."""
    try:
        parsed = pydantic_core.from_json(bytes(body), allow_inf_nan=True)
    except ValueError as error:
        raise InvalidInputError(f"JSON Parse error: {error}") from error
    if not isinstance(parsed, dict):
        raise InvalidInputError("JSON Parse error: the body must be an object")
    return parsed


def json_bytes(value: object, nan: Literal["null", "tokens"] = "null") -> bytes:
    """JSON in UTF-8. NaN and infinity become ``null``, or the bare words ``NaN`` and so on."""
    return pydantic_core.to_json(value, inf_nan_mode="constants" if nan == "tokens" else "null")


def json_response(value: object, nan: Literal["null", "tokens"] = "null") -> Response:
    """A successful answer."""
    return Response(json_bytes(value, nan), media_type="application/json")
