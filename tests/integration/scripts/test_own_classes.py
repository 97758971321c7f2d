"""Models with classes of the user's: all of them are named at once, with what admits them."""

from pathlib import Path

import pytest

from scripts.adding import safety
from scripts.adding.custom_objects import import_objects
from scripts.adding.keras_models import load_keras
from scripts.adding.old_forms import in_present_form
from scripts.adding.sources import Source, SourceError, identify
from tests.originals import Scaled
from tests.originals.own_classes import (
    TokenAndPositionEmbedding,
    TransformerBlock,
    text_transformer,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning:keras")


def written(folder: Path) -> Source:
    return in_present_form(identify(text_transformer(folder)))


def test_all_are_named_at_once_with_the_options(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refused:
        safety.refuse_code(written(tmp_path), allowed=set())
    said = str(refused.value)
    options = (
        "--custom-objects MODULE:TokenAndPositionEmbedding --custom-objects MODULE:TransformerBlock"
    )
    assert f"add ARGS='{options}', where MODULE is your module that defines them" in said
    assert said.count("TransformerBlock, which is not known to only compute") <= 1
    assert "--allow-code" not in said
    assert len(said) < 600


def test_only_those_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refused:
        safety.refuse_code(written(tmp_path), allowed={"TokenAndPositionEmbedding"})
    assert "ARGS='--custom-objects MODULE:TransformerBlock', where MODULE" in str(refused.value)


def test_a_load_that_misses_them_names_them_too(tmp_path: Path) -> None:
    """With ``--allow-code`` nothing is refused before."""
    with pytest.raises(SourceError) as refused:
        load_keras(written(tmp_path), {}, allow_code=True)
    said = str(refused.value)
    assert "MODULE:TokenAndPositionEmbedding --custom-objects MODULE:TransformerBlock" in said
    for advice in ("register_keras_serializable", "Full object config", "safe_mode", "\n"):
        assert advice not in said


def test_a_class_that_cannot_be_built_says_what_it_lacks(tmp_path: Path) -> None:
    given = {kind.__name__: kind for kind in (TokenAndPositionEmbedding, TransformerBlock)}
    with pytest.raises(SourceError) as refused:
        load_keras(written(tmp_path), given, allow_code=False)
    said = str(refused.value)
    assert "TransformerBlock.__init__() got an unexpected keyword argument" in said
    assert "let TransformerBlock.__init__ take **kwargs and hand them to super().__init__" in said
    assert "Please ensure" not in said


def test_a_package_admits_what_it_registers_and_defines() -> None:
    objects = import_objects(["tests.originals"])
    assert objects["Scaled"] is Scaled
    assert all(kind.__module__.startswith("tests.originals") for kind in objects.values())
    defined = import_objects(["tests.originals.own_classes"])
    assert {"TokenAndPositionEmbedding", "TransformerBlock"} <= set(defined)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("keras_hub_of_nobody", "No module named 'keras_hub_of_nobody'; write MODULE:NAME"),
        ("json", "the package has no layer, and registers nothing"),
        ("tests.originals:Nothing", "has no attribute 'Nothing'; write MODULE:NAME"),
    ],
)
def test_a_place_without_classes(place: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        import_objects([place])


def test_a_package_of_keras_authors_is_named_and_no_other_module(tmp_path: Path) -> None:
    def refusal(module: str, registered: str) -> str:
        layer = {"module": module, "class_name": "Own", "registered_name": registered, "config": {}}
        (tmp_path / "file").write_bytes(bytes(100))
        source = Source(tmp_path / "file", "Keras 3", ".keras", {}, layer)
        with pytest.raises(SourceError) as refused:
            safety.refuse_code(source, allowed=set())
        return str(refused.value)

    assert "--custom-objects keras_hub (" in refusal("keras_hub.src.layers", "keras_hub>Own")
    assert "--custom-objects os" not in refusal("os", "os>Own")
