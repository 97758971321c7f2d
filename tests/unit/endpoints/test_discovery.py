"""A module that is put into ``functions/endpoints`` is served, if it has a router."""

from pathlib import Path

from starlette.testclient import TestClient

from functions import endpoints
from functions.api.app import create_app
from inference.models import ModelFolder
from tests.processes import MODELS

FLOWERS = """
from fastapi import APIRouter
from functions.api.deps import Models
from functions.api.pages import Link

router = APIRouter(tags=["flowers"])
requires = ("iris",)
link = Link("Flowers", "flowers")


@router.get("/flowers")
async def read_flowers(models: Models) -> list[str]:
    return models.describe("iris").labels
"""


def test_a_module_with_a_router_is_served(folder: Path) -> None:
    (folder / "flowers.py").write_text(FLOWERS)
    client = TestClient(create_app(ModelFolder(MODELS)))
    assert client.get("/flowers").json() == ["setosa", "versicolor", "virginica"]
    assert '<a href="flowers">Flowers</a>' in client.get("/models").text
    assert "/flowers" in client.get("/openapi.json").json()["paths"]


def test_a_package_is_one_endpoint(folder: Path) -> None:
    (folder / "garden").mkdir()
    (folder / "garden/__init__.py").write_text("from functions.endpoints.garden.routes import *\n")
    (folder / "garden/routes.py").write_text(FLOWERS)
    assert "garden" in [endpoint.name for endpoint in endpoints.discover()]
    client = TestClient(create_app(ModelFolder(MODELS)))
    assert client.get("/flowers").status_code == 200


JOB = """
from pydantic import BaseModel
from functions.jobs import Job, Manifest, Run


class Options(BaseModel):
    pass


job = Job(Options, lambda options, run: Manifest())
"""


def test_a_module_with_a_job_alone_runs_on_the_schedule(folder: Path) -> None:
    (folder / "nightly.py").write_text(JOB)
    jobs = {endpoint.name: endpoint.job for endpoint in endpoints.discover()}
    assert jobs["nightly"] is not None
    assert TestClient(create_app(ModelFolder(MODELS))).get("/health").status_code == 200


def test_a_module_without_router_and_job_is_no_endpoint(folder: Path) -> None:
    (folder / "flowers.py").write_text("CENTIMETRES = 2.54\n")
    assert "flowers" not in [endpoint.name for endpoint in endpoints.discover()]


def test_an_endpoint_is_not_served_without_its_models(folder: Path, tmp_path: Path) -> None:
    (folder / "flowers.py").write_text(FLOWERS)
    client = TestClient(create_app(ModelFolder(tmp_path / "nothing")))
    assert client.get("/flowers").status_code == 404
    assert "Flowers" not in client.get("/models").text


def test_an_endpoint_of_a_broken_model_is_503(folder: Path, tmp_path: Path) -> None:
    (folder / "flowers.py").write_text(FLOWERS)
    (tmp_path / "models/iris").mkdir(parents=True)
    client = TestClient(create_app(ModelFolder(tmp_path / "models")))
    assert client.get("/flowers").status_code == 503
