"""The FastAPI application, built once at import; ``uvicorn functions.api.app:app`` serves it."""

from fastapi import FastAPI

from functions.api import health, names, pages
from functions.api.errors import ERROR_RESPONSES, install_error_handlers
from functions.pet_names import draw_names
from inference import __version__

app = FastAPI(
    title="Pet names",
    summary="A Keras model behind HTTPS",
    version=__version__,
    docs_url=None,  # `pages` serves it from packaged files
    redoc_url=None,
    responses=ERROR_RESPONSES,
)
install_error_handlers(app)
app.include_router(names.router)
app.include_router(health.router)
app.include_router(pages.router)
pages.mount_assets(app)

draw_names(count=20)  # the first run of a model is its slowest: before the snapshot, not after
