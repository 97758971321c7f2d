"""Features of serialized examples: from JSON, to arrays, and what does not fit."""

import numpy as np
import pytest

from inference.calls import Call, pack
from inference.errors import InvalidInputError
from inference.features import features_of_json, parse
from inference.signatures import PREDICT, REGRESS, FeatureSpec, Signature, TensorSpec
from inference.tf_examples import decode, encode

FEATURES = {
    "age": FeatureSpec(dtype="int64", shape=()),
    "place": FeatureSpec(dtype="float32", shape=(2,), required=False, default=[0.5, float("nan")]),
    "name": FeatureSpec(dtype="string", shape=(1,), required=False),
}


def test_a_round_through_bytes() -> None:
    features = features_of_json({"age": 41, "place": [1, 2.5], "name": {"b64": "AAE="}}, FEATURES)
    assert decode(encode(features)) == {
        "age": ("int64", [41]),
        "place": ("float32", [1.0, 2.5]),
        "name": ("string", [b"\0\1"]),
    }


def test_without_known_features_the_json_tells_the_kind() -> None:
    features = features_of_json({"a": [1, True], "b": 1.5, "c": "x"}, {})
    assert {name: kind for name, (kind, _) in features.items()} == {
        "a": "int64",
        "b": "float32",
        "c": "string",
    }
    for mixed in ([1, "x"], [1, 1.5], None, [[1]]):
        with pytest.raises(InvalidInputError, match="'a' mixes types"):
            features_of_json({"a": mixed}, {})


def test_defaults_and_shapes() -> None:
    numbers = {name: FEATURES[name] for name in ("age", "place")}
    serialized = np.array(
        [
            encode({"age": ("int64", [-1])}),
            encode({"place": ("float32", [1, 2]), "age": ("int64", [2])}),
        ],
        object,
    )
    arrays = parse(serialized, numbers, "inputs")
    assert arrays["age"].tolist() == [-1, 2]
    np.testing.assert_equal(arrays["place"], [[0.5, np.nan], [1, 2]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text", "is no serialized tf.Example"),
        (b"\x0a\xff", "is no serialized tf.Example"),
        (b"", "'age' is missing"),
        (encode({"age": ("float32", [1])}), "has float32 values, expected int64"),
        (encode({"age": ("int64", [1, 2])}), "has 2 values, expected 1"),
    ],
)
def test_what_does_not_fit_is_named(content: bytes, message: str) -> None:
    good = encode({"age": ("int64", [1])})
    with pytest.raises(InvalidInputError, match=message) as raised:
        parse(np.array([good, content], object), {"age": FEATURES["age"]}, "inputs")
    assert raised.value.places[0].field == "inputs.1"


def test_metadata_of_before_stays_as_it_was() -> None:
    spec = TensorSpec(dtype="string", shape=(-1,))
    plain = Signature(inputs={"x": spec}, outputs={})
    assert plain.model_dump().keys() == {"inputs", "outputs"}
    assert Signature.model_validate(plain.model_dump()).method == PREDICT
    full = Signature(inputs={"x": spec}, outputs={}, method=REGRESS, features=FEATURES)
    again = Signature.model_validate_json(full.model_dump_json())
    np.testing.assert_equal(again.features["place"].default, [0.5, float("nan")])
    assert again.method == REGRESS


def test_bytes_that_end_in_zero_are_kept_by_golden_files(tmp_path: object) -> None:
    packed = pack({"s": Call({"x": np.array([b"a\0", b"b"], object)}, {})})
    assert packed["s/inputs-marked/x"].tolist() == [b"a\0.", b"b."]
