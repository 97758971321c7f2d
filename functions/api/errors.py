"""One error shape for the whole API, and the one place where errors become HTTP.

The shape is ``{"error": "what", "details": [{"field", "message", "type"}]}``. TensorFlow Serving
and the Open Inference Protocol answer ``error`` alone, so their clients read this shape too. What
a client sent is never repeated, because it may hold secrets or NaN.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from functions.api.turns import BusyError, ClientGoneError
from inference.errors import (
    MOST_PLACES,
    BrokenModelError,
    InvalidInputError,
    ModelNotFoundError,
    TooLargeError,
)
from inference.telemetry import logger


class ErrorDetail(BaseModel):
    """One thing that was wrong with the request."""

    field: str
    message: str
    type: str


class ErrorResponse(BaseModel):
    """The body of every answer that is not a success."""

    error: str
    details: list[ErrorDetail] = []


def declare(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What FastAPI's ``responses`` takes: these statuses answer with the one shape."""
    return {
        status: {"model": ErrorResponse, "description": HTTPStatus(status).phrase}
        for status in statuses
    }


# Of every route that takes a body, beside the statuses of its own.
BODY_STATUSES = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_CLIENT_GONE = 499  # not in the standard; nobody reads it but the access log
_RETRY_SECONDS = {"Retry-After": "1"}


def error_response(
    status: int,
    message: str,
    details: list[ErrorDetail] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The one way to answer with an error."""
    body = ErrorResponse(error=message, details=details or [])
    return JSONResponse(body.model_dump(), status_code=status, headers=headers)


def install_error_handlers(app: FastAPI) -> None:
    """Map every error to the one shape."""

    @app.exception_handler(RequestValidationError)
    async def invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
        details = [
            ErrorDetail(
                field=".".join(map(str, problem["loc"])),
                message=problem["msg"],
                type=problem["type"],
            )
            for problem in error.errors()[:MOST_PLACES]
        ]
        summary = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        return error_response(HTTPStatus.UNPROCESSABLE_ENTITY, summary, details)

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> JSONResponse:
        return error_response(error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(ModelNotFoundError)
    async def model_not_found(_request: Request, error: ModelNotFoundError) -> JSONResponse:
        return error_response(HTTPStatus.NOT_FOUND, str(error))

    @app.exception_handler(InvalidInputError)
    async def invalid_input(_request: Request, error: InvalidInputError) -> JSONResponse:
        details = [ErrorDetail(**place._asdict()) for place in error.places]
        return error_response(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), details)

    @app.exception_handler(BusyError)
    async def busy(_request: Request, error: BusyError) -> JSONResponse:
        return error_response(HTTPStatus.SERVICE_UNAVAILABLE, str(error), headers=_RETRY_SECONDS)

    @app.exception_handler(ClientGoneError)
    @app.exception_handler(ClientDisconnect)
    async def client_gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=_CLIENT_GONE)

    @app.exception_handler(TooLargeError)
    async def too_large(_request: Request, error: TooLargeError) -> JSONResponse:
        return error_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))

    @app.exception_handler(BrokenModelError)
    async def broken_model(_request: Request, error: BrokenModelError) -> JSONResponse:
        logger.error("model cannot be loaded", exc_info=error)
        return error_response(HTTPStatus.SERVICE_UNAVAILABLE, "this model cannot be loaded")

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, error: Exception) -> JSONResponse:
        logger.error("unexpected error", exc_info=error)
        return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error")
