"""The FastAPI application, built once at import; ``uvicorn functions.api.app:app`` serves it."""

from fastapi import FastAPI

from functions.api import health, pages
from functions.api.bodies import BodyLimit, Decompression, FormIsJson
from functions.api.dialects import open_inference, tensorflow_serving, typed
from functions.api.errors import ERROR_RESPONSES, install_error_handlers
from functions.api.limits import Predictor
from functions.api.settings import Settings, settings
from functions.endpoints import discover
from inference import __version__
from inference.golden import preload
from inference.models import ModelFolder
from inference.settings import settings as inference_settings
from inference.telemetry import logger


def create_app(models: ModelFolder, settings: Settings = settings) -> FastAPI:
    """An application that serves these models, in every route."""
    app = FastAPI(
        title="Keras models behind HTTPS",
        summary="Each model in its own typed route, and in the dialects of other servers",
        version=__version__,
        docs_url=None,  # `pages` serves it from packaged files
        redoc_url=None,
        responses=ERROR_RESPONSES,
        strict_content_type=False,  # a body without a type is JSON as well
    )
    endpoints = [endpoint for endpoint in discover() if endpoint.can_serve(models)]
    app.state.models = models
    app.state.settings = settings
    app.state.predictor = Predictor(models, settings.max_body_bytes)
    app.state.links = [endpoint.link for endpoint in endpoints if endpoint.link] + pages.LINKS
    app.add_middleware(FormIsJson)
    app.add_middleware(Decompression, limit=settings.max_body_bytes)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    install_error_handlers(app)
    for endpoint in endpoints:
        if endpoint.router:
            app.include_router(endpoint.router)
    app.include_router(typed.router_for(models))
    app.include_router(tensorflow_serving.router)
    app.include_router(open_inference.router)
    app.include_router(health.router)
    app.include_router(pages.router)
    pages.mount_assets(app)
    return app


def _start() -> FastAPI:
    models = ModelFolder(inference_settings.models_dir)
    preload(models, inference_settings.preload_models)
    for name, reason in models.broken.items():
        logger.error("this model is not served", model=name, reason=reason)
    return create_app(models)


app = _start()
