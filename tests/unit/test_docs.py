"""The documentation says what the template does."""

import json
import re

import pytest

from tests.processes import REPOSITORY
from tests.template import transformed

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / ".venv-sam").exists(), reason="SAM is not installed: make .venv-sam/sam"
)


def test_every_parameter_is_documented_with_its_default() -> None:
    text = (REPOSITORY / "docs/operations.md").read_text()
    section = text.split("## Parameters")[1].split("\n## ")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? *\|", section, re.MULTILINE))
    parameters = json.loads(transformed())["Parameters"]
    assert documented == {name: str(one["Default"]) for name, one in parameters.items()}
