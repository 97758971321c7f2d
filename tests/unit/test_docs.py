"""The documentation says what there is."""

import json
import re

import pytest

from tests.processes import REPOSITORY
from tests.template import transformed

PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *REPOSITORY.glob("docs/*.md")]


@pytest.mark.skipif(
    not (REPOSITORY / ".venv-sam").exists(), reason="SAM is not installed: make .venv-sam/sam"
)
def test_every_parameter_is_documented_with_its_default() -> None:
    text = (REPOSITORY / "docs/operations.md").read_text()
    section = text.split("## Parameters")[1].split("\n## ")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? *\|", section, re.MULTILINE))
    parameters = json.loads(transformed())["Parameters"]
    assert documented == {name: str(one["Default"]) for name, one in parameters.items()}


def test_every_target_that_is_named_exists_and_is_listed() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    listed = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE))
        assert named <= listed, page.name


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert target.startswith("http") or (page.parent / target).exists(), (page.name, target)


def test_there_are_no_more_than_four_pages() -> None:
    assert len(list(REPOSITORY.glob("docs/*.md"))) <= 4
