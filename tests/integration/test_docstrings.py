"""The examples of docstrings are run."""

import doctest
import importlib

import pytest

from tests.processes import EXAMPLE_IS_HERE, REPOSITORY

_ROOTS = {"functions": "functions", "scripts": "scripts", "layers/inference": "inference"}
if EXAMPLE_IS_HERE:
    _ROOTS["model/pet_names"] = "model.pet_names"


def _modules_with_examples() -> list[str]:
    modules = []
    for folder, package in _ROOTS.items():
        for file in sorted((REPOSITORY / folder).rglob("*.py")):
            if ">>> " in file.read_text(encoding="utf-8"):
                parts = file.relative_to(REPOSITORY / folder).with_suffix("").parts
                modules.append(".".join([package, *parts]).removesuffix(".__init__"))
    return modules


@pytest.mark.parametrize("module", _modules_with_examples())
def test_its_examples_are_true(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted > 0
    assert results.failed == 0
