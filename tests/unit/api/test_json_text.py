"""Bodies that cannot be a request are refused by counting, before they are parsed."""

import json
from contextlib import nullcontext

import pytest

from functions.api.dialects.json_text import read_object
from inference.errors import InvalidInputError, TooLargeError
from inference.models import Metadata, ModelFolder
from tests.processes import MODELS


@pytest.fixture(scope="module")
def iris() -> Metadata:
    return ModelFolder(MODELS).served["iris"]  # whose requests hold 1024 rows of 4 values


def repeated(item: str, count: int) -> bytes:
    return f'{{"instances": [{",".join([item] * count)}]}}'.encode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (repeated("1", 2_000_000), r"2000000 values; 1000000 may be sent at once \(max_values"),
        (repeated("1", 200_000), "200000 values, 1 lists"),
        (repeated("[]", 103_000), "103001 lists, 1 objects"),
        (repeated("{}", 103_000), "103001 objects"),
        (b'{"a": ' * 150_000 + b"1" + b"}" * 150_000, "150000 names"),
    ],
)
def test_more_than_any_request_holds(iris: Metadata, body: bytes, message: str) -> None:
    with pytest.raises(TooLargeError, match=message):
        read_object(body, iris)


def test_signs_in_strings_are_not_counted(iris: Metadata) -> None:
    text = '{[,:\\"\\\\' * 200_000
    body = json.dumps({"signature_name": text}).encode()
    assert read_object(body, iris) == {"signature_name": text}


def test_a_model_of_long_rows_takes_what_its_limits_allow(iris: Metadata) -> None:
    large = iris.model_copy(update={"max_batch": 100_000, "max_values": 1_000_000})
    body = json.dumps({"instances": [[1, 2, 3, 4]] * 100_000}).encode()
    assert len(read_object(body, large)["instances"]) == 100_000


@pytest.mark.parametrize("depth", [65, 250, 100_000])
def test_nesting_of_any_depth_is_an_error_and_no_crash(iris: Metadata, depth: int) -> None:
    body = b'{"instances": ' + b"[" * depth + b"]" * depth + b"}"
    with nullcontext() if depth == 65 else pytest.raises(InvalidInputError, match="JSON Parse er"):
        read_object(body, iris)
