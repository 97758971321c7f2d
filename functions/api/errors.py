"""One error shape for the whole API, and the one place where errors become HTTP.

The shape is ``{"error": "what", "details": [{"field", "message", "type"}]}``. TensorFlow Serving
and the Open Inference Protocol answer ``error`` alone, so their clients read this shape too. What
a client sent is never repeated, because it may hold secrets or NaN.
"""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from inference.errors import (
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


_MOST_DETAILS = 10  # a client that sends a thousand wrong values made one mistake

ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorResponse, "description": HTTPStatus(status).phrase}
    for status in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.INTERNAL_SERVER_ERROR)
}


def error_response(
    status: int, message: str, details: list[ErrorDetail] | None = None
) -> JSONResponse:
    """The one way to answer with an error."""
    body = ErrorResponse(error=message, details=details or [])
    return JSONResponse(body.model_dump(), status_code=status)


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
            for problem in error.errors()[:_MOST_DETAILS]
        ]
        summary = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        return error_response(HTTPStatus.UNPROCESSABLE_ENTITY, summary, details)

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> JSONResponse:
        response = error_response(error.status_code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(ModelNotFoundError)
    async def model_not_found(_request: Request, error: ModelNotFoundError) -> JSONResponse:
        return error_response(HTTPStatus.NOT_FOUND, str(error))

    @app.exception_handler(InvalidInputError)
    async def invalid_input(_request: Request, error: InvalidInputError) -> JSONResponse:
        return error_response(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))

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
