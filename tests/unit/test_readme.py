"""What README and docs show is what happens."""

import json
import re

from starlette.testclient import TestClient

from tests.processes import REPOSITORY

PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *REPOSITORY.glob("docs/*.md")]


def test_the_request_of_the_first_screen_has_its_answer(client: TestClient) -> None:
    text = PAGES[0].read_text()
    (path,) = re.findall(r"^curl 'http://127\.0\.0\.1:8000(/names\S*)'$", text, re.MULTILINE)
    (answer,) = re.findall(r"```json\n(\[.*\])\n```", text)
    assert client.get(path).json() == json.loads(answer)


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
