"""What the dialects share: which model is meant, how bodies are read, how errors answer.

Clients of TensorFlow Serving and of the Open Inference Protocol expect 400 where the project's
own routes answer 422.
"""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any, Literal

import pydantic_core
from fastapi import Depends, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from inference.errors import BrokenModelError, InvalidInputError, ModelNotFoundError
from inference.models import Metadata, ModelFolder, served_models

Models = Annotated[ModelFolder, Depends(served_models)]
NonFinite = Annotated[
    Literal["null", "tokens"],
    Query(description="How NaN and infinity are written; `tokens` are not valid JSON."),
]


class DialectRoute(APIRoute):
    """Invalid requests are 400."""

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
    """What is served under a name. Raises :class:`ModelNotFoundError` in TensorFlow's words."""
    metadata = models.described.get(name)
    if metadata is None and name in models.broken:
        raise BrokenModelError(models.broken[name])
    if metadata is None or version not in (None, str(metadata.version)):
        wanted = f"Latest({name})" if version is None else f"Specific({name}, {version})"
        raise ModelNotFoundError(f"Servable not found for request: {wanted}")
    return metadata


def read_object(body: bytes | memoryview) -> dict[str, Any]:
    """A JSON object; NaN and Infinity are taken as numbers. Raises :class:`InvalidInputError`."""
    try:
        parsed = pydantic_core.from_json(bytes(body), allow_inf_nan=True)
    except ValueError as error:
        raise InvalidInputError(f"JSON Parse error: {error}") from error
    if not isinstance(parsed, dict):
        raise InvalidInputError("JSON Parse error: the body must be an object")
    return parsed


def json_bytes(value: object, nan: Literal["null", "tokens"] = "null") -> bytes:
    """JSON in UTF-8; a number that is none becomes ``null``, or a bare token."""
    return pydantic_core.to_json(value, inf_nan_mode="constants" if nan == "tokens" else "null")


def json_response(value: object, nan: Literal["null", "tokens"] = "null") -> Response:
    """A successful answer."""
    return Response(json_bytes(value, nan), media_type="application/json")
