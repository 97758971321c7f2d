"""Imports flow one way: each part of the project imports only what stands below it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.processes import REPOSITORY

# From the top down. A part may import the parts that stand after it, and of its own.
FUNCTIONS = [
    "functions.api.handler",
    "functions.api.server",
    "functions.api.app",
    "functions.api.openapi",
    "functions.api.connections",
    "functions.scheduled",
    "functions.endpoints.",  # an endpoint; the dot tells it from the package that holds them
    "functions.endpoints",
    "functions.api.health",
    "functions.api.pages",
    "functions.api.dialects",
    "functions.api.deps",
    "functions.api.packing",
    "functions.api.bodies",
    "functions.api.errors",
    "functions.api.limits",
    "functions.api.codecs",
    "functions.api.turns",
    "functions.api.settings",
    "functions.pre_traffic",
    "functions.authorizer",
    "functions.jobs",
    "functions.storage",
    "functions",
    "inference",
]
# What each top-level package may import of the project's own.
PACKAGES = {
    "inference": {"inference"},
    "functions": {"functions", "inference"},
    "model": {"model", "inference"},
    "scripts": {"scripts", "model", "functions", "inference"},
}
FOLDERS = {"inference": "layers/inference"}
TENSORFLOW = {"tensorflow", "keras", "tf_keras"}
MAY_IMPORT_TENSORFLOW = ("inference.engines.tensorflow", "model.", "scripts.")


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        folder = REPOSITORY / FOLDERS.get(package, package)
        for file in folder.rglob("*.py"):
            parts = file.relative_to(folder).with_suffix("").parts
            yield ".".join([package, *parts]).removesuffix(".__init__"), file


def imports(file: Path) -> set[str]:
    """Modules, and the names taken from them: either may be a module of the project."""
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
    return imported


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package.rstrip('.')}.")


def layer_of(module: str) -> int:
    """The first part of the list that the module belongs to."""
    return next(
        place
        for place, part in enumerate(FUNCTIONS)
        if (module.startswith(part) if part.endswith(".") else is_in(module, part))
    )


def test_packages_import_only_what_they_may() -> None:
    for module, file in modules():
        package = module.split(".")[0]
        for imported in imports(file):
            if imported.split(".")[0] in PACKAGES:
                assert any(is_in(imported, part) for part in PACKAGES[package]), (module, imported)


def test_functions_import_downwards() -> None:
    names = {name for name, _ in modules()}
    for module, file in modules():
        if not is_in(module, "functions"):
            continue
        for imported in imports(file):
            if imported.split(".")[0] not in ("functions", "inference"):
                continue
            target = imported if imported in names else imported.rpartition(".")[0]
            assert layer_of(target) >= layer_of(module), f"{module} imports {target}"


def test_endpoints_do_not_import_each_other() -> None:
    for module, file in modules():
        if module.startswith("functions.endpoints."):
            own = ".".join(module.split(".")[:3])
            for imported in imports(file):
                if imported.startswith("functions.endpoints."):
                    assert is_in(imported, own), (module, imported)


def test_only_settings_read_the_environment() -> None:
    for module, file in modules():
        if not is_in(module, "scripts") and not module.endswith("settings"):
            source = file.read_text(encoding="utf-8")
            assert "os.environ" not in source, module
            assert "getenv" not in source, module


def test_only_the_engine_and_what_makes_models_import_tensorflow() -> None:
    for module, file in modules():
        if not module.startswith(MAY_IMPORT_TENSORFLOW):
            heavy = {name.split(".")[0] for name in imports(file)} & TENSORFLOW
            assert not heavy, (module, heavy)


def test_no_product_code_is_built_from_mocks() -> None:
    for module, file in modules():
        assert not [name for name in imports(file) if name.startswith("unittest")], module
