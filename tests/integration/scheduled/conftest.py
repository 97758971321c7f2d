from collections.abc import Iterator
from typing import Any

import pytest

from functions.scheduled import handler
from inference.models import ModelFolder
from tests.aws import emulated
from tests.buckets import bucket
from tests.processes import MODELS


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a bucket that nobody else uses."""
    log = tmp_path_factory.mktemp("s3") / "log"
    with emulated(log) as patch, bucket() as client:
        patch.setattr(handler, "_models", ModelFolder(MODELS))
        yield client
