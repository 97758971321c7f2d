import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions import endpoints


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules lie in ``functions/endpoints`` as well."""
    monkeypatch.setattr(endpoints, "__path__", [*endpoints.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("functions.endpoints."):
            del sys.modules[name]
