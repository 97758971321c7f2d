"""A file of rows through any model: predictions and rejects in parts, a manifest last.

A line of the source is a row as :mod:`inference.rows` reads it. A checkpoint after every part lets
a retry go on where the last attempt stopped.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from functions.jobs import Job, Manifest, Run
from functions.storage import Bucket, pack_lines
from inference.errors import InvalidInputError
from inference.models import Model
from inference.rows import from_rows, to_rows
from inference.tensors import Json

_ROWS_OF_A_PART = 1000


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
    prediction: dict[str, Json]


class Rejected(BaseModel):
    """A line of the rejects."""

    row: int
    error: str


class Part(BaseModel):
    """What came of a thousand lines, and where it was written."""

    rows: int
    scored: int
    rejected: int
    part_key: str | None = None
    rejects_key: str | None = None


class Progress(Manifest):
    """``checkpoint.json``: what is written so far."""

    rows: int = 0
    scored: int = 0
    rejected: int = 0
    parts: list[Part] = Field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Rows of the whole file."""
        return {"RowsScored": self.scored, "RowsRejected": self.rejected}


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
    source, target = urlsplit(options.source), urlsplit(options.target)
    bucket = Bucket(target.netloc)
    folder = f"{target.path.strip('/')}/{run.name}/"
    finished = bucket.read(f"{folder}manifest.json")
    if finished is not None:
        return ScoringManifest.model_validate_json(finished)
    progress = Progress.model_validate_json(bucket.read(f"{folder}checkpoint.json") or b"{}")
    lines = enumerate(Bucket(source.netloc).lines(source.path.lstrip("/")), start=1)
    rest = islice(lines, progress.rows, None)
    while chunk := list(islice(rest, min(_ROWS_OF_A_PART, model.metadata.max_batch))):
        run.clock.check(f"{progress.rows} rows")
        part = _write_part(bucket, folder, len(progress.parts), _score_lines(model, chunk))
        progress = Progress(
            rows=progress.rows + part.rows,
            scored=progress.scored + part.scored,
            rejected=progress.rejected + part.rejected,
            parts=[*progress.parts, part],
        )
        content = progress.model_dump_json(exclude_none=True).encode()
        bucket.write(f"{folder}checkpoint.json", content)
    manifest = ScoringManifest(
        model=model.name,
        version=model.metadata.version,
        source=options.source,
        **progress.model_dump(),
    )
    content = manifest.model_dump_json(exclude_none=True).encode()
    bucket.write_once(f"{folder}manifest.json", content)
    return manifest


JOB = Job(ScoringOptions, score)


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
    """The key, or None where there is nothing to write."""
    if not results:
        return None
    bucket.write(key, pack_lines([json.dumps(result.model_dump()) for result in results]))
    return key


def _score_lines(model: Model, lines: Sequence[tuple[int, bytes]]) -> list[Scored | Rejected]:
    """A result for each line, in order."""
    rows: list[Row] = []
    results: list[Scored | Rejected] = []
    for number, line in lines:
        try:
            rows.append(Row(row=number, value=json.loads(line)))
        except ValueError:
            results.append(Rejected(row=number, error="not JSON"))
    results += _predictions(model, rows)
    return sorted(results, key=lambda result: result.row)


def _predictions(model: Model, rows: Sequence[Row]) -> Iterator[Scored | Rejected]:
    """All rows in one run. Where that fails, each by itself, to find out which are bad."""
    if not rows:
        return
    try:
        inputs = from_rows([row.value for row in rows], model.metadata.signature)
        outputs = model.predict(inputs)
    except InvalidInputError as error:
        if len(rows) == 1:
            yield Rejected(row=rows[0].row, error=str(error))
            return
        for row in rows:
            yield from _predictions(model, [row])
        return
    for row, prediction in zip(rows, to_rows(outputs), strict=True):
        yield Scored(row=row.row, prediction=prediction)
