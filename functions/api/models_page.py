"""The page of models: each with its signature, and a form that asks it in any dialect."""

import json

from fastapi import APIRouter, Request, Response

from functions.api.dialects import Models
from functions.api.examples import examples_of
from functions.api.pages import escape, fill, page
from inference.models import Metadata, ModelFolder
from inference.signatures import TensorSpec

router = APIRouter(include_in_schema=False)


@router.get("/models")
async def read_models(request: Request, models: Models) -> Response:
    """What is served, and what is not, with the reason."""
    served = [
        _section(models, metadata)
        for name, metadata in models.described.items()
        if name not in models.broken
    ]
    broken = [
        f"<h2>{escape(name)}</h2><p>Not served: {escape(reason)}</p>"
        for name, reason in models.broken.items()
    ]
    return page(request, "models.html", models="\n".join(served + broken))


def _section(models: ModelFolder, metadata: Metadata) -> str:
    signature = metadata.signatures[metadata.default_signature]
    tensors = [
        _row(kind, *item)
        for kind, specs in (("input", signature.inputs), ("output", signature.outputs))
        for item in specs.items()
    ]
    engine = {"litert": "LiteRT", "tensorflow": "TensorFlow"}[metadata.engine]
    reason = f", because {metadata.engine_reason}" if metadata.engine_reason else ""
    return fill(
        "model.html",
        name=escape(metadata.name),
        version=str(metadata.version),
        engine=escape(engine + reason),
        tensors="\n".join(tensors),
        form=_form(models, metadata),
    )


def _row(kind: str, name: str, spec: TensorSpec) -> str:
    shape = " × ".join("any" if size < 0 else str(size) for size in spec.shape) or "one value"
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in (kind, name, spec.dtype, shape))
    return f"<tr>{cells}</tr>"


def _form(models: ModelFolder, metadata: Metadata) -> str:
    examples = examples_of(models, metadata)
    if not examples:
        return "<p>Its inputs are too large for a form; the API takes them.</p>"
    dialects = [
        f'<option value="{escape(path)}" data-example="{escape(json.dumps(body))}">'
        f"{escape(dialect)}</option>"
        for dialect, path, body in examples
    ]
    return fill(
        "model_form.html",
        name=escape(metadata.name),
        dialects="\n".join(dialects),
        example=escape(json.dumps(examples[0][2])),
    )
