"""The example behind ``make start-api``."""

import json
import urllib.error

import pytest

from tests.processes import fetch


def test_names(api: str) -> None:
    assert len(json.loads(fetch(f"{api}/names"))) == 20
    assert len(json.loads(fetch(f"{api}/names?count=3&species=cat"))) == 3
    assert b"<li>" in fetch(f"{api}/")


def test_bad_input_has_the_documented_shape(api: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetch(f"{api}/names?count=0")
    with caught.value as answer:
        assert answer.code == 422
        assert json.loads(answer.read())["details"][0]["field"] == "query.count"
