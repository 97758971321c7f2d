"""The documentation says what there is."""

import re

from tests.processes import EXAMPLE, EXAMPLE_IS_HERE, REPOSITORY

PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *REPOSITORY.glob("docs/**/*.md")]


def test_every_target_that_is_named_exists_and_is_listed() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    listed = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE))
        assert named <= listed, page.name


def test_every_link_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if target.startswith(EXAMPLE) and not EXAMPLE_IS_HERE:
                continue
            assert target.startswith("http") or (page.parent / target).exists(), (page.name, target)
