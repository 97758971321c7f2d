"""The FastAPI application, built once at import; ``uvicorn functions.api.app:app`` serves it."""

from fastapi import FastAPI

from functions.api import (
    batches,
    front_page,
    health,
    models_page,
    names,
    open_inference,
    pages,
    predict,
    tensorflow_serving,
)
from functions.api.bodies import BodyLimit, Decompression, FormIsJson
from functions.api.errors import ERROR_RESPONSES, install_error_handlers
from functions.pet_names import MODEL
from functions.storage import Bucket
from inference import __version__
from inference.golden import preload
from inference.models import ModelFolder, served_models
from inference.settings import settings
from inference.telemetry import logger


def create_app(models: ModelFolder) -> FastAPI:
    """An application that serves these models."""
    app = FastAPI(
        title="Pet names",
        summary="A Keras model behind HTTPS",
        version=__version__,
        docs_url=None,  # `pages` serves it from packaged files
        redoc_url=None,
        responses=ERROR_RESPONSES,
        strict_content_type=False,  # a body without a type is JSON as well
    )

    async def these_models() -> ModelFolder:  # a plain function would cost a thread's start
        return models

    app.dependency_overrides[served_models] = these_models
    app.add_middleware(FormIsJson)
    app.add_middleware(Decompression, limit=settings.max_body_bytes)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    install_error_handlers(app)
    if MODEL in models.described:
        app.include_router(names.router)
        app.include_router(front_page.router)
        if settings.batches_bucket:
            app.include_router(batches.router_for(Bucket(settings.batches_bucket)))
    else:
        app.add_api_route("/", pages.to_models, include_in_schema=False)
    app.include_router(predict.router_for(models))
    app.include_router(tensorflow_serving.router)
    app.include_router(open_inference.router)
    app.include_router(health.router)
    app.include_router(models_page.router)
    app.include_router(pages.router)
    pages.mount_assets(app)
    return app


preload(served_models(), settings.preload_models)
for name, reason in served_models().broken.items():
    logger.error("this model is not served", model=name, reason=reason)
app = create_app(served_models())
