"""What a model's numbers mean: labels, the best of them, thresholds, numbers with a unit."""

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import numpy as np
import pydantic
import pydantic_core
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inference.errors import InvalidInputError
from inference.outputs import (
    ClassesOutput,
    NumberOutput,
    Output,
    beside,
    beside_schema,
    main_output,
    prediction_schema,
    predictions,
)
from inference.scores import best_of, probabilities
from inference.signatures import DType, Signature, TensorSpec

LABELS = ["cat", "dog", "bird"]
SCORES = {"y": np.array([[0.1, 0.7, 0.2], [0.5, 0.5, 0.0]], np.float32)}
CLASSES: dict[str, Output] = {"y": ClassesOutput()}


def spec(*shape: int, dtype: DType = "float32") -> TensorSpec:
    return TensorSpec(dtype=dtype, shape=(-1, *shape))


def json_of(value: Any) -> bytes:
    return pydantic_core.to_json(value, inf_nan_mode="null")  # as the server writes it


def labels_of(rows: Any) -> list[list[str]]:
    return [[item["label"] for item in row] for row in rows]


def test_a_row_of_scores_means_its_best_class() -> None:
    assert predictions(SCORES, CLASSES, LABELS) == [
        {"label": "dog", "score": 0.7},
        {"label": "cat", "score": 0.5},  # of equal scores the first
    ]


def test_top_gives_the_best_classes_in_their_order() -> None:
    assert predictions(SCORES, CLASSES, LABELS, top=2) == [
        [{"label": "dog", "score": 0.7}, {"label": "bird", "score": 0.2}],
        [{"label": "cat", "score": 0.5}, {"label": "dog", "score": 0.5}],
    ]
    assert labels_of(predictions(SCORES, CLASSES, LABELS, top=99)) == [
        ["dog", "bird", "cat"],
        ["cat", "dog", "bird"],
    ]


def test_labels_without_a_declaration_mean_the_output_of_their_size() -> None:
    outputs = {"other": np.zeros((2, 5), np.float32), **SCORES}
    assert predictions(outputs, {}, LABELS)[0] == {"label": "dog", "score": 0.7}
    assert beside(outputs, {}, LABELS)[0] == {"label": "dog", "score": 0.7}
    number: dict[str, Output] = {"other": NumberOutput()}
    assert predictions(outputs, number, LABELS)[0] == {"label": "dog", "score": 0.7}
    assert beside(SCORES, {}, []) == []
    texts = {"y": np.array([[b"a", b"b", b"c"]], object)}
    assert predictions(texts, {}, LABELS) == [["a", "b", "c"]]


def test_classes_without_names_are_numbered() -> None:
    assert labels_of(predictions(SCORES, CLASSES, top=1)) == [["1"], ["0"]]
    own: dict[str, Output] = {"y": ClassesOutput(labels=["a", "b", "c"])}
    assert labels_of(predictions(SCORES, own, LABELS, top=1)) == [["b"], ["a"]]


def test_nan_is_the_last_and_null_in_json() -> None:
    outputs = {"y": np.array([[np.nan, -np.inf, 0.5], [np.nan] * 3], np.float32)}
    rows = predictions(outputs, CLASSES, LABELS, top=3)
    assert labels_of(rows) == [["bird", "dog", "cat"], ["cat", "dog", "bird"]]
    assert json_of(rows[0][2]) == b'{"label":"cat","score":null}'
    assert labels_of(predictions(outputs, CLASSES, LABELS, top=2)) == [
        ["bird", "dog"],
        ["cat", "dog"],
    ]


def test_a_threshold_gives_every_label_that_reaches_it() -> None:
    outputs = {"y": np.array([[0.9, np.nan, 0.95], [0.5, 0.2, 0.1], [0, 0, 0]], np.float32)}
    declared: dict[str, Output] = {"y": ClassesOutput(threshold=0.5)}
    assert labels_of(predictions(outputs, declared, LABELS)) == [["bird", "cat"], ["cat"], []]
    assert labels_of(predictions(outputs, declared, LABELS, top=1)) == [["bird"], ["cat"], []]
    assert beside(outputs, declared, LABELS)[2] == {"labels": []}


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_one_score_is_that_of_the_second_of_two_labels(shape: tuple[int, ...]) -> None:
    outputs = {"y": np.array([0.75, 0.25], np.float32).reshape(shape)}
    assert predictions(outputs, CLASSES, ["no", "yes"]) == [
        {"label": "yes", "score": 0.75},
        {"label": "no", "score": 0.75},
    ]
    assert predictions(outputs, CLASSES, ["no", "yes"], top=2)[0][1]["score"] == 0.25
    logits: dict[str, Output] = {"y": ClassesOutput(activation="sigmoid")}
    zero = {"y": np.zeros(shape, np.float32)}
    assert predictions(zero, logits, ["no", "yes"])[0] == {"label": "no", "score": 0.5}


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@given(
    arrays.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int8]),
        st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(1, 5)),
        elements=st.integers(-120, 120),
    )
)
def test_logits_become_probabilities(activation: Any, logits: Any) -> None:
    exact = logits.astype(np.longdouble)
    powers = np.exp(exact)
    expected = powers / powers.sum(-1, keepdims=True)
    if activation == "sigmoid":
        expected = 1 / (1 + np.exp(-exact))
    found = probabilities(logits, activation)
    assert found.dtype == (np.float64 if logits.dtype == np.float64 else np.float32)
    np.testing.assert_allclose(found, expected.astype(float), rtol=1e-5, atol=1e-30)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_logits_of_any_size_give_numbers(activation: Any) -> None:
    logits = np.array([[3e38, -3e38, 0], [-3e38, -3e38, -3e38]], np.float32)
    found = probabilities(logits, activation)
    assert found[0, :2].tolist() == [1, 0]
    assert np.isfinite(found).all()


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(0, 3), st.integers(1, 12)),
        elements=st.sampled_from([0.0, -0.0, 1.0, 2.0, -1.0, np.nan, np.inf, -np.inf]),
    ),
    st.integers(1, 14),
)
def test_the_best_are_the_first_of_all_in_a_stable_order(scores: Any, count: int) -> None:
    def order(row: Any) -> list[int]:
        return sorted(range(len(row)), key=lambda place: (bool(np.isnan(row[place])), -row[place]))

    expected = [[str(place) for place in order(row)[:count]] for row in scores]
    assert labels_of(best_of(scores, [], count)) == expected


@given(arrays.arrays(st.sampled_from([np.uint8, np.int8, np.uint64, np.int64]), (1, 6)))
def test_integers_of_every_size_are_ordered(scores: Any) -> None:
    best = best_of(scores, [], 3)[0]
    assert [item["score"] for item in best] == sorted(scores[0].tolist(), reverse=True)[:3]


def test_a_hundred_thousand_classes_are_not_all_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    sorted_values = 0

    def argsort(values: Any, **options: Any) -> Any:
        nonlocal sorted_values
        sorted_values += values.size
        return original(values, **options)

    original = np.argsort
    scores = np.random.default_rng(0).normal(size=(4, 100_000)).astype(np.float32)
    expected = [[str(place) for place in row] for row in original(-scores, axis=1)[:, :5]]
    monkeypatch.setattr("inference.scores.np.argsort", argsort)
    assert labels_of(best_of(scores, [], 5)) == expected
    assert sorted_values == 20


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_a_number_has_its_unit(shape: tuple[int, ...]) -> None:
    outputs = {"price": np.array([21.3, np.nan], np.float32).reshape(shape)}
    declared: dict[str, Output] = {"price": NumberOutput(unit="EUR")}
    rows = predictions(outputs, declared, top=3)
    assert rows[0] == {"value": 21.3, "unit": "EUR"}
    assert json_of(rows[1]) == b'{"value":null,"unit":"EUR"}'
    assert predictions(outputs, {"price": NumberOutput()})[0] == {"value": 21.3}
    assert beside(outputs, declared)[0] == {"value": 21.3, "unit": "EUR"}


def test_the_first_output_with_classes_is_the_prediction() -> None:
    outputs = {"price": np.ones((2, 1), np.float32), **SCORES}
    declared: dict[str, Output] = {"price": NumberOutput(), **CLASSES}
    assert main_output(list(outputs), declared) == "y"
    assert predictions(outputs, declared, LABELS)[0] == {"label": "dog", "score": 0.7}


def test_without_classes_every_output_is_told_by_name() -> None:
    outputs = {"price": np.ones((2, 1), np.float32), **SCORES}
    declared: dict[str, Output] = {"price": NumberOutput(unit="EUR")}
    assert predictions(outputs, declared)[0] == {
        "price": {"value": 1, "unit": "EUR"},
        "y": [0.1, 0.7, 0.2],
    }
    assert beside(outputs, declared) == []  # each stays what it is


def test_a_single_output_without_a_meaning_is_its_values() -> None:
    assert predictions(SCORES, {})[1] == [0.5, 0.5, 0]


def test_no_rows_give_no_predictions() -> None:
    for top in (None, 2):
        assert predictions({"y": np.empty((0, 3), np.float32)}, CLASSES, LABELS, top) == []


def test_a_model_that_answers_no_classes_has_no_prediction() -> None:
    with pytest.raises(InvalidInputError, match="no classes"):
        predictions({"y": np.empty((2, 0), np.float32)}, CLASSES)


@pytest.mark.parametrize(
    ("output", "tensor", "labels", "message"),
    [
        (ClassesOutput(), spec(3, dtype="string"), LABELS, "classes need numbers"),
        (ClassesOutput(), spec(3, 3), LABELS, "classes need numbers"),
        (ClassesOutput(), TensorSpec(dtype="float32", shape=(3,)), LABELS, "classes need numbers"),
        (ClassesOutput(), spec(4), LABELS, "has 3 labels; expected 4 labels"),
        (ClassesOutput(labels=["a"]), spec(3), LABELS, "has 1 labels; expected 3 labels"),
        (ClassesOutput(), spec(1), LABELS, "has 3 labels; expected 2 labels"),
        (ClassesOutput(), spec(1), ["a"], "has 1 label"),
        (ClassesOutput(activation="softmax"), spec(1), ["a", "b"], "use sigmoid"),
        (NumberOutput(), spec(2), (), "a number needs the shape"),
        (NumberOutput(), spec(dtype="string"), (), "a number needs the shape"),
    ],
)
def test_a_declaration_that_does_not_fit_its_tensor_is_refused(
    output: Output, tensor: TensorSpec, labels: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        output.check(tensor, "y", labels)


def test_declarations_that_fit() -> None:
    ClassesOutput().check(spec(3), "y", LABELS)
    ClassesOutput().check(spec(-1), "y", LABELS)
    ClassesOutput(activation="sigmoid").check(spec(), "y", ["no", "yes"])
    ClassesOutput().check(spec(3), "y")
    NumberOutput().check(spec(1), "y", LABELS)
    adapter: pydantic.TypeAdapter[Output] = pydantic.TypeAdapter(Output)
    assert adapter.validate_python({"kind": "number", "unit": "EUR"}) == NumberOutput(unit="EUR")


@pytest.mark.parametrize("top", [None, 2])
@pytest.mark.parametrize(
    ("declared", "labels", "keys"),
    [
        ({}, LABELS, {"label", "score"}),
        ({"y": ClassesOutput(threshold=0.5)}, LABELS, {"labels"}),
        ({}, [], set()),
    ],
)
def test_the_schema_is_that_of_the_answer(
    declared: dict[str, Output], labels: list[str], keys: set[str], top: int | None
) -> None:
    signature = Signature(inputs={}, outputs={"y": spec(3)})
    raw = {"y": {"type": "array"}}
    schema = prediction_schema(signature, declared, labels, raw, many=top is not None)
    for row in predictions(SCORES, declared, labels, top):
        jsonschema.validate(row, schema)
    assert beside_schema(signature, declared, labels).keys() == keys
    for row in beside(SCORES, declared, labels):
        assert row.keys() == keys
