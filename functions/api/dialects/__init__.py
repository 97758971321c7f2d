"""The dialects: each decodes a request to tensors and encodes tensors as an answer.

This module holds what they share: which model is meant, and that clients of TensorFlow Serving and
of the Open Inference Protocol get 400 where the project's own routes answer 422. ``json_text``
reads JSON, ``answers`` writes it.
"""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.convertors import StringConvertor, register_url_convertor

from inference.errors import InvalidInputError, ModelNotFoundError
from inference.models import Metadata, ModelFolder


class _ModelName(StringConvertor):
    """A part of a path without a colon: what follows one is TensorFlow Serving's verb."""

    regex = "[^/:]+"


register_url_convertor("model", _ModelName())


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
        shown = name[:_LONGEST_NAME]
        servable = f"Latest({shown})" if version is None else f"Specific({shown}, {version:.20})"
        raise ModelNotFoundError(f"Servable not found for request: {servable}")
    return metadata


_LONGEST_NAME = 64  # of a model; what is longer is not repeated whole
