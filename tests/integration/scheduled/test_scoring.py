"""Files that the scheduled function scores, on a real S3 protocol: moto's server, over HTTP."""

import gzip
import hashlib
import json
import re
from typing import Any

import pytest

from functions.jobs import OutOfTimeError
from functions.lines import DamagedSourceError
from functions.scheduled import handler, scoring
from inference.models import Model, ModelFolder
from inference.signatures import Signature, Tensors, TensorSpec
from tests.aws import context
from tests.buckets import BUCKET, contents, rows
from tests.processes import MODELS

# botocore's own use of datetime, and its connections that live as long as the process.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore")
CONTEXT = context("ScheduledFunction")


SOURCE = [
    b"[[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]]",  # two rows in one line
    b"[5.1, 3.5, 1.4, 0.2]",
    b"not JSON",
    b'{"flower": [6.7, 3.1, 4.7, 1.5]}',
    b'{"tree": [1, 2, 3, 4]}',
    b'["5.1", 3.5, 1.4, 0.2]',
    b"[5.1, 3.5, 1.4]",
    b"[6.3, 3.3, 6, 2.5]",
]


def score(
    s3: Any, source: list[bytes], folder: str, context: Any = CONTEXT, **options: str
) -> dict[str, Any]:
    key = f"in/{folder}.jsonl"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"\n".join(source) + b"\n")
    event = {
        "scheduled_time": "2026-11-23T15:00:00Z",
        "model": "iris",
        "source": f"s3://{BUCKET}/{key}",
        "target": f"s3://{BUCKET}/{folder}",
    }
    answer: dict[str, Any] = handler.lambda_handler(event | options, context)
    return answer


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_scored_and_the_counts_add_up(s3: Any, *, packed: bool) -> None:
    key = f"in/rows.jsonl{'.gz' if packed else ''}"
    body = b"\n".join(SOURCE) + b"\n"
    s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(body) if packed else body)
    event = {
        "scheduled_time": "2026-11-23T15:00:00Z",
        "model": "iris",
        "source": f"s3://{BUCKET}/{key}",
        "target": f"s3://{BUCKET}/out{packed}",
    }
    answer = handler.lambda_handler(event, CONTEXT)
    run = answer["batch"]
    assert re.fullmatch("20261123T150000Z-[0-9a-f]{12}", run)
    assert answer == {
        "batch": run,
        "rows": 8,
        "scored": 3,
        "rejected": 5,
        "model": "iris",
        "version": 1,
        "source": f"s3://{BUCKET}/{key}",
    }
    written = contents(s3, f"out{packed}/{run}/")
    scored = rows(written["part-00000.jsonl.gz"])
    assert [row["row"] for row in scored] == [2, 4, 8]
    assert all(sum(row["prediction"]["species"]) == pytest.approx(1) for row in scored)
    rejected = {row["row"]: row["error"] for row in rows(written["rejects-00000.jsonl.gz"])}
    assert rejected.keys() == {1, 3, 5, 6, 7}
    assert rejected[3] == "not JSON: expected ident at line 1 column 2"
    assert rejected[5].startswith("a row must have exactly the inputs ['flower']")
    assert rejected[6].startswith("'flower' takes numbers, not str")
    manifest = json.loads(written["manifest.json"])
    assert manifest["parts"] == [
        {
            "rows": 8,
            "scored": 3,
            "rejected": 5,
            "part_key": f"out{packed}/{run}/part-00000.jsonl.gz",
            "rejects_key": f"out{packed}/{run}/rejects-00000.jsonl.gz",
        }
    ]
    assert handler.lambda_handler(event, CONTEXT) == answer


def results(s3: Any, folder: str, answer: dict[str, Any]) -> tuple[dict[int, Any], dict[int, str]]:
    """Predictions and errors by row."""
    written = contents(s3, f"{folder}/{answer['batch']}/")
    lines = {
        kind: [row for key, part in written.items() if kind in key for row in rows(part)]
        for kind in ("part-", "rejects-")
    }
    return (
        {row["row"]: row["prediction"] for row in lines["part-"]},
        {row["row"]: row["error"] for row in lines["rejects-"]},
    )


def test_what_is_wrong_with_one_line_is_one_reject(s3: Any) -> None:
    good = b"[5.1, 3.5, 1.4, 0.2]"
    source = {
        1: b"\xef\xbb\xbf" + good,  # UTF-8 as some editors begin it
        2: b"[" * 250 + b"]" * 250,
        3: b"[" * 100_000,
        4: b"[" + b"1, " * 4_000_000 + b"1]",  # 12 MB
        5: b"",
        6: good + b"\r",
        7: b'["\xff"]',
        8: b" \r",
        9: b"1" + b"0" * 5000,
        10: b"\x00",
        11: b"[1, 2, 3, NaN]",
        12: good,
        13: b"[" * 65 + b"]" * 65,
        14: b'[1, 2, 3, "4"]',
    }
    answer = score(s3, list(source.values()), "lines")
    scored, rejected = results(s3, "lines", answer)
    assert scored.keys() == {1, 6, 11, 12}
    assert scored[1] == scored[6] == scored[12]
    assert scored[11] == {"species": [None] * 3, "label": "setosa", "score": None}
    assert {row: error.partition(" at line")[0] for row, error in rejected.items()} == {
        2: "not JSON: recursion limit exceeded",
        3: "not JSON: recursion limit exceeded",
        4: "a line of over 6 MB",
        7: "not JSON: invalid unicode code point",
        9: "not JSON: number out of range",
        10: "not JSON: expected value",
        13: "'flower' has lists nested more than 32 deep",
        14: "'flower' takes numbers, not str",  # without a place: the row number says it
    }
    assert (answer["rows"], answer["scored"], answer["rejected"]) == (12, 4, 8)


def test_long_lines_are_not_parsed_all_at_once(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "_BYTES_OF_A_PART", 100)
    answer = score(s3, [b"[1, 2, 3, 4]"] * 20, "small_parts")
    written = contents(s3, f"small_parts/{answer['batch']}/")
    assert [part["rows"] for part in json.loads(written["manifest.json"])["parts"]] == [8, 8, 4]


def test_empty_lines_are_passed_over_by_a_retry_too(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "_LINES_OF_A_PART", 1)
    hurried = context("ScheduledFunction")
    left = iter([60_000, 1_000])
    hurried.get_remaining_time_in_millis = lambda: next(left)
    source = [b"", b"[1, 2, 3, 4]", b"", b"", b"[1, 2, 3, 4]", b""]
    with pytest.raises(OutOfTimeError, match="after 1 rows"):
        score(s3, source, "empty_lines", hurried)
    answer = score(s3, source, "empty_lines")
    assert results(s3, "empty_lines", answer)[0].keys() == {2, 5}
    assert "last_line" not in answer


@pytest.mark.parametrize("name", ["a#b", "a?b=c", "a%20b", "a+b", "a b", "#", "ü/á", "a//b"])
def test_keys_are_whole(s3: Any, name: str) -> None:
    target = f"s3://{BUCKET}/keys/{name}/"
    answer = score(s3, [b"[1, 2, 3, 4]"], name, target=target)
    assert answer["source"] == f"s3://{BUCKET}/in/{name}.jsonl"
    assert answer["scored"] == 1
    assert "manifest.json" in contents(s3, f"keys/{name}/{answer['batch']}/")


ROW = b"[1, 2, 3, 4]\n"


@pytest.mark.parametrize(
    ("body", "suffix", "expected"),
    [
        (gzip.compress(ROW) + gzip.compress(ROW * 2), ".gz", 3),
        (gzip.compress(b""), ".gz", 0),
        (b"", "", 0),
        (gzip.compress(ROW)[:-3], ".gz", "it is gzip that ends early; write it again, whole"),
        (ROW, ".gz", "it is not gzip throughout (Not a gzipped file (b'[1')); write it again"),
        (gzip.compress(ROW) + b"more", ".gz", "it is not gzip throughout"),
        (gzip.compress(ROW)[:10] + b"\xff" * 20, ".gz", "it is damaged gzip"),
        (gzip.compress(ROW), "", "it is gzip; give it a name that ends in .gz"),
    ],
)
def test_a_packed_source_is_read_whole_or_refused(
    s3: Any, body: bytes, suffix: str, expected: int | str
) -> None:
    key = f"in/packed.jsonl{suffix}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    digest = hashlib.sha256(body).hexdigest()
    event = {
        "scheduled_time": "2026-11-23T15:00:00Z",
        "model": "iris",
        "source": f"s3://{BUCKET}/{key}",
        "target": f"s3://{BUCKET}/packed/{digest}",
    }
    if isinstance(expected, int):
        assert handler.lambda_handler(event, CONTEXT)["scored"] == expected
    else:
        message = re.escape(f"s3://{BUCKET}/{key}: {expected}")
        with pytest.raises(DamagedSourceError, match=message):
            handler.lambda_handler(event, CONTEXT)


def test_two_schedules_may_have_one_time_and_one_target(s3: Any) -> None:
    target, line = f"s3://{BUCKET}/shared", b"[1, 2, 3, 4]"
    answers = [
        score(s3, [line] * count, name, target=target) for name, count in (("one", 1), ("two", 2))
    ]
    assert [(answer["rows"], answer["source"]) for answer in answers] == [
        (1, f"s3://{BUCKET}/in/one.jsonl"),
        (2, f"s3://{BUCKET}/in/two.jsonl"),
    ]
    assert answers[0]["batch"] != answers[1]["batch"]
    assert len([key for key in contents(s3, "shared/") if "/part-" in key]) == 2


def test_scoring_goes_on_from_its_checkpoint(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="in/many.jsonl", Body=b"[1, 2, 3, 4]\n" * 2500)
    event = {
        "scheduled_time": "2026-11-23T16:00:00Z",
        "model": "iris",
        "source": f"s3://{BUCKET}/in/many.jsonl",
        "target": f"s3://{BUCKET}/many",
    }
    hurried = context("ScheduledFunction")
    left = iter([60_000, 1_000])
    hurried.get_remaining_time_in_millis = lambda: next(left)
    with pytest.raises(OutOfTimeError, match="after 1000 rows"):
        handler.lambda_handler(event, hurried)
    assert not [key for key in contents(s3, "many/") if key.endswith("/manifest.json")]
    answer = handler.lambda_handler(event, CONTEXT)
    assert (answer["rows"], answer["scored"], answer["rejected"]) == (2500, 2500, 0)
    written = contents(s3, f"many/{answer['batch']}/")
    numbers = [row["row"] for key, part in written.items() if "part-" in key for row in rows(part)]
    assert numbers == list(range(1, 2501))


class _Echo:
    """An engine that answers its inputs, and their number."""

    def run(self, signature: str, inputs: Tensors) -> Tensors:
        return {f"{name}_{signature}": array for name, array in inputs.items()}


def models_of(monkeypatch: pytest.MonkeyPatch, **shapes: tuple[int, ...]) -> None:
    """Serve a model of text under the name ``iris``, whose outputs are its inputs."""
    specs = {name: TensorSpec(dtype="string", shape=shape) for name, shape in shapes.items()}
    outputs = {f"{name}_echo": spec for name, spec in specs.items()}

    class Echoes(ModelFolder):
        def get(self, name: str) -> Model:
            signature = Signature(inputs=specs, outputs=outputs)
            changed = {"signatures": {"echo": signature}, "default_signature": "echo"}
            return Model(self.describe(name).model_copy(update=changed), _Echo())

    monkeypatch.setattr(handler, "_models", Echoes(MODELS))


def test_rows_of_bytes_are_taken_as_base64(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    models_of(monkeypatch, text=(-1,))
    lines = [b'{"b64": "Y2F0"}', b'{"text": {"b64": "ZG9n"}}', b'"bird"']
    answer = score(s3, lines, "bytes")
    assert answer["scored"] == 3
    scored = rows(contents(s3, f"bytes/{answer['batch']}/")["part-00000.jsonl.gz"])
    assert [row["prediction"] for row in scored] == [
        {"text_echo": "cat"},
        {"text_echo": "dog"},
        {"text_echo": "bird"},
    ]


def test_a_model_that_takes_no_rows_is_refused_at_once(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    models_of(monkeypatch, text=(3,))
    with pytest.raises(Exception, match="model 'iris' takes no rows: a file cannot be scored"):
        score(s3, [b'["a", "b", "c"]'], "no_rows")
    assert contents(s3, "no_rows/") == {}


def test_a_large_part_is_no_too_large_answer(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand rows of 4096 values would exceed what HTTP may answer."""
    models_of(monkeypatch, text=(-1, 4096))
    line = json.dumps(["a"] * 4096).encode()
    assert score(s3, [line] * 1000, "large")["scored"] == 1000
