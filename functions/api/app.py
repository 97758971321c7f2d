"""The FastAPI application, built once at import; ``functions.api.server`` serves it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from functions.api import health, openapi, pages
from functions.api.bodies import BodyLimit
from functions.api.dialects import open_inference, tensorflow_examples, tensorflow_serving, typed
from functions.api.errors import declare, install_error_handlers
from functions.api.packing import Decompression, FormIsJson
from functions.api.settings import Settings, settings
from functions.api.turns import Turns
from functions.endpoints import codecs_of, discover
from inference import __version__
from inference.golden import preload
from inference.models import ModelFolder
from inference.settings import settings as inference_settings
from inference.telemetry import tracing


def create_app(models: ModelFolder, settings: Settings = settings) -> FastAPI:
    """An application that serves these models, in every route."""
    app = FastAPI(
        title="Keras models behind HTTPS",
        summary="Each model in its own typed route, and in the dialects of other servers",
        version=__version__,
        docs_url=None,  # `pages` serves it from packaged files
        redoc_url=None,
        responses=declare(HTTPStatus.INTERNAL_SERVER_ERROR),
        strict_content_type=False,  # a body without a type is JSON as well
        lifespan=_sending_traces,
        # One span for a request and one for its model tell enough; `telemetry` says where they go.
        telemetry={"operation_spans": False, "auto_configure": False},
    )
    endpoints = [endpoint for endpoint in discover() if endpoint.can_serve(models)]
    app.state.models = models
    app.state.settings = settings
    app.state.turns = Turns(settings.max_waiting, settings.wait_seconds)
    app.state.codecs = codecs_of(endpoints)
    app.state.links = [endpoint.link for endpoint in endpoints if endpoint.link] + pages.LINKS
    app.add_middleware(FormIsJson)
    app.add_middleware(Decompression, limit=settings.max_body_bytes)
    app.add_middleware(BodyLimit, settings=settings)
    install_error_handlers(app)
    for endpoint in endpoints:
        if endpoint.router:
            app.include_router(endpoint.router)
    app.include_router(typed.router)
    app.include_router(tensorflow_examples.router)
    app.include_router(tensorflow_serving.router)
    app.include_router(open_inference.router)
    app.include_router(health.router)
    app.include_router(pages.router)
    pages.mount_assets(app)
    app.openapi = partial(openapi.document, app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _sending_traces(_app: FastAPI) -> AsyncIterator[None]:
    """A server that is told to stop ends before OpenTelemetry's own time to send is over."""
    yield
    if tracing:
        await run_in_threadpool(tracing.send)


def _start() -> FastAPI:
    models = ModelFolder(inference_settings.models_dir)
    preload(models, inference_settings.preload_models)
    return create_app(models)


app = _start()
