"""A file of rows through any model: predictions and rejects in parts, a manifest last.

A line of the source is a row as :mod:`inference.inputs.rows` reads it: numbers, a text, an object
by column, the key of a picture. Empty lines are passed over. What is wrong with one line is one
reject. A checkpoint after every part lets a retry go on where the last attempt stopped.
"""

from collections.abc import Iterator, Sequence

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field

from functions.jobs import Job, Manifest, Run
from functions.scheduled.chunks import Line, chunks
from functions.scheduled.pictures import with_pictures
from functions.storage import Bucket, pack_lines, split_address
from inference.errors import InvalidInputError, TooLargeError
from inference.inputs.rows import from_values
from inference.models import Metadata, Model
from inference.outputs import beside
from inference.rows import to_rows
from inference.telemetry import span
from inference.tensors import Json

_LINES_OF_A_PART = 1000
_LONGEST_LINE = 6  # MB; as much as a request to the API may have
_MARK = b"\xef\xbb\xbf"  # UTF-8 as some editors begin it
_BLANK = _MARK + b" \t\r"
_PICTURES_AT_ONCE = 16  # photographs have megabytes
_BYTES_OF_A_PART = 12_000_000  # parsed, they take up to 24 times as much memory


class ScoringOptions(BaseModel):
    """Rows of a JSON Lines file, through a model, to a folder."""

    model_config = ConfigDict(extra="forbid")

    model: str
    source: str = Field(pattern=r"^s3://[^/]+/.+\.jsonl(\.gz)?$")
    target: str = Field(pattern=r"^s3://[^/]+/.+")


class Row(BaseModel):
    """A line of the source that is JSON; its number counts from 1."""

    row: int
    value: Json


class Scored(BaseModel):
    """A line of a part."""

    row: int
    prediction: Json


class Rejected(BaseModel):
    """A line of the rejects."""

    row: int
    error: str


class Part(BaseModel):
    """What came of a thousand lines at most, and where it was written."""

    rows: int
    scored: int
    rejected: int
    part_key: str | None = None
    rejects_key: str | None = None


class Progress(Manifest):
    """What is written."""

    rows: int = 0
    scored: int = 0
    rejected: int = 0
    parts: list[Part] = Field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Rows of the whole file."""
        return {"RowsScored": self.scored, "RowsRejected": self.rejected}


class Checkpoint(Progress):
    """``checkpoint.json``: what is written so far."""

    last_line: int = 0


class ScoringManifest(Progress):
    """``manifest.json``: the whole file is scored."""

    model: str
    version: int
    source: str


def score(options: ScoringOptions, run: Run) -> ScoringManifest:
    """Write ``TARGET/RUN/…``; the counts of the manifest add up.

    Raises :class:`functions.jobs.OutOfTimeError` between parts, and
    :class:`inference.errors.InferenceError` for a model that is not served or takes no rows.
    """
    model = run.models.get(options.model)
    if not model.metadata.signature.takes_rows:
        raise InvalidInputError(f"model '{model.name}' takes no rows: a file cannot be scored")
    bucket_name, target = split_address(options.target)
    bucket = Bucket(bucket_name)
    folder = f"{target.rstrip('/')}/{run.name}/"
    finished = bucket.read(f"{folder}manifest.json")
    if finished is not None:
        return ScoringManifest.model_validate_json(finished)
    progress = Checkpoint.model_validate_json(bucket.read(f"{folder}checkpoint.json") or b"{}")
    source = Bucket(split_address(options.source)[0])
    most = min(_LINES_OF_A_PART, model.metadata.max_batch)
    for chunk in chunks(_lines(options.source, progress.last_line), most, _BYTES_OF_A_PART):
        run.clock.check(f"{progress.rows} rows")
        part = _write_part(bucket, folder, len(progress.parts), _score_lines(model, chunk, source))
        progress = Checkpoint(
            rows=progress.rows + part.rows,
            scored=progress.scored + part.scored,
            rejected=progress.rejected + part.rejected,
            parts=[*progress.parts, part],
            last_line=chunk[-1].number,
        )
        content = progress.model_dump_json(exclude_none=True).encode()
        bucket.write(f"{folder}checkpoint.json", content)
    manifest = ScoringManifest(
        model=model.name,
        version=model.metadata.version,
        source=options.source,
        **progress.model_dump(exclude={"last_line"}),
    )
    content = manifest.model_dump_json(exclude_none=True).encode()
    bucket.write_once(f"{folder}manifest.json", content)
    return manifest


JOB = Job(ScoringOptions, score)


def _lines(address: str, last: int) -> Iterator[Line]:
    """The lines after ``last`` that are not empty."""
    bucket, key = split_address(address)
    lines = Bucket(bucket).lines(key, _LONGEST_LINE * 1_000_000)
    for number, content in enumerate(lines, start=1):
        if number > last and (content is None or content.strip(_BLANK)):
            yield Line(number, content)


def _write_part(
    bucket: Bucket, folder: str, number: int, results: Sequence[Scored | Rejected]
) -> Part:
    scored = [result for result in results if isinstance(result, Scored)]
    rejected = [result for result in results if isinstance(result, Rejected)]
    return Part(
        rows=len(results),
        scored=len(scored),
        rejected=len(rejected),
        part_key=_write_lines(bucket, f"{folder}part-{number:05}.jsonl.gz", scored),
        rejects_key=_write_lines(bucket, f"{folder}rejects-{number:05}.jsonl.gz", rejected),
    )


def _write_lines(bucket: Bucket, key: str, results: Sequence[BaseModel]) -> str | None:
    """The key, or None where there is nothing to write. NaN and infinity are ``null``."""
    if not results:
        return None
    bucket.write(key, pack_lines([_json(result) for result in results]))
    return key


def _json(result: BaseModel) -> str:
    return pydantic_core.to_json(result.model_dump(), inf_nan_mode="null").decode()


def _score_lines(model: Model, lines: Sequence[Line], source: Bucket) -> list[Scored | Rejected]:
    """A result for each line, in order. ``source`` is where the pictures lie that rows name."""
    rows: list[Row] = []
    results: list[Scored | Rejected] = []
    for line in lines:
        if line.content is None:
            error = f"a line of over {_LONGEST_LINE} MB"
            results.append(Rejected(row=line.number, error=error))
            continue
        try:
            value = pydantic_core.from_json(line.content.removeprefix(_MARK), allow_inf_nan=True)
        except ValueError as error:
            results.append(Rejected(row=line.number, error=f"not JSON: {error}"))
        else:
            rows.append(Row(row=line.number, value=value))
    at_once = _PICTURES_AT_ONCE if model.metadata.images else max(1, len(rows))
    with span("predict", model=model.name, rows=len(rows)):
        for start in range(0, len(rows), at_once):
            whole, rejected = _with_pictures(rows[start : start + at_once], model.metadata, source)
            results += [*rejected, *_predictions(model, whole)]
    return sorted(results, key=lambda result: result.row)


def _with_pictures(
    rows: Sequence[Row], metadata: Metadata, source: Bucket
) -> tuple[list[Row], list[Rejected]]:
    """The rows with the pictures that they name, and those whose picture cannot be read."""
    whole: list[Row] = []
    rejected: list[Rejected] = []
    for row in rows:
        try:
            value = with_pictures(row.value, metadata, source)
        except (InvalidInputError, TooLargeError) as error:
            rejected.append(Rejected(row=row.row, error=error.message))
        else:
            whole.append(Row(row=row.row, value=value))
    return whole, rejected


def _predictions(model: Model, rows: Sequence[Row]) -> Iterator[Scored | Rejected]:
    """All rows in one run. Where that fails, one half and the other, down to the bad rows."""
    if not rows:
        return
    try:
        signature = model.metadata.signature
        inputs = from_values([row.value for row in rows], model.metadata)
        signature.check(inputs)
        model.metadata.limits.require(inputs, signature)
        outputs = model.predict(inputs)
    except (InvalidInputError, TooLargeError) as error:
        if len(rows) == 1:
            yield Rejected(row=rows[0].row, error=error.message)
        else:
            yield from _halves(model, rows)
        return
    values = to_rows(outputs)
    metadata = model.metadata
    extra = beside(outputs, metadata.outputs, metadata.labels) or [{}] * len(values)
    for row, value, more in zip(rows, values, extra, strict=True):
        yield Scored(row=row.row, prediction={**value, **more, **value})


def _halves(model: Model, rows: Sequence[Row]) -> Iterator[Scored | Rejected]:
    middle = len(rows) // 2
    yield from _predictions(model, rows[:middle])
    yield from _predictions(model, rows[middle:])
