"""What ``add_model`` prints at its end: the figures, the engine, and the request to try."""

import shlex
from pathlib import Path

from inference.models import METADATA, Metadata, Provenance
from scripts.adding.given import one_line
from scripts.adding.package import CARD, EXAMPLE


def report(folder: Path, metadata: Metadata, provenance: Provenance) -> None:
    """Print it. The last line is a command that works once the server runs."""
    source_size, served_size = provenance.source.bytes / 1000, provenance.served.bytes / 1000
    print(
        f"added {metadata.name}, version {metadata.version}: "
        f"{source_size:,.0f} kB became {served_size:,.0f} kB, "
        f"largest difference from the original {provenance.parity_error:.1e}"
    )
    if metadata.engine == "tensorflow":
        print(
            f"served by TensorFlow, because {one_line(metadata.engine_reason)}; its image is about "
            "1.1 GB and its first request takes seconds"
        )
    else:
        print("served by LiteRT")
    print(_limits(metadata))
    if folder.is_relative_to(Path.cwd()):
        folder = folder.relative_to(Path.cwd())
    print(f"fill in {folder / CARD}, start `make serve`, and ask:")
    if metadata.inputs:
        print(_upload(metadata))
    data = shlex.quote(f"@{folder / EXAMPLE}")
    print(f"curl -d {data} http://127.0.0.1:8000/v1/models/{metadata.name}:predict")


def _upload(metadata: Metadata) -> str:
    """What people send, as a command; its files are theirs."""
    address = f"http://127.0.0.1:8000/models/{metadata.name}/predict"
    (kind, *others) = {declared.kind for declared in metadata.inputs.values()}
    if not others and len(metadata.signature.inputs) == 1:
        name = next(iter(metadata.inputs))
        if kind == "image":
            return f"curl --form {name}=@PICTURE.jpg {address}"
        if kind == "text":
            return f"curl --header 'Content-Type: text/plain' --data-binary 'A TEXT' {address}"
    if "image" in {kind, *others} or "sequence" in {kind, *others}:
        return f"{address} takes what people have; http://127.0.0.1:8000/docs shows its forms"
    return f"curl --header 'Content-Type: text/csv' --data-binary @TABLE.csv {address}"


def _limits(metadata: Metadata) -> str:
    tensors = [
        tensor for signature in metadata.signatures.values() for tensor in signature.inputs.values()
    ]
    free = any(-1 in tensor.shape[1:] for tensor in tensors)
    rows = f"one request may hold {metadata.max_batch:,} rows"
    if not free:
        return f"{rows} (edit max_batch in {METADATA})"
    return (
        f"{rows}, {metadata.max_values:,} values, lengths up to {metadata.max_length:,} "
        f"(edit max_batch, max_values, max_length in {METADATA})"
    )
