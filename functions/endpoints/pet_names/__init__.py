"""The example: pet names that a network invents. Delete this folder to serve only your models."""

from fastapi import APIRouter

from functions.api.pages import Link
from functions.endpoints.pet_names import batches, page, routes
from functions.endpoints.pet_names.drawing import MODEL, fits
from functions.jobs import Job

router = APIRouter()
router.include_router(routes.router)
router.include_router(page.router)

__all__ = ["fits", "job", "link", "requires", "router"]

requires = (MODEL,)
link = Link("Names", "./")
job = Job(batches.NamesOptions, batches.write_batch)
