"""What is asked of the process in the sandbox. Reading this module imports no TensorFlow."""

from dataclasses import dataclass, field
from pathlib import Path

from inference.models import Metadata
from scripts.adding.declaring.declare import Given


@dataclass(frozen=True)
class Job:
    """A model to add. Every path lies in the folder that the work is done in."""

    name: str
    model: Path  # a copy of the user's file or folder
    work: Path  # to write into
    package: Path  # to be made: what is served, and what describes it
    previous: Metadata | None
    labels: Path | None
    examples: Path | None
    engine: str
    seconds: float  # the longest run that a request may cause
    allow_code: bool
    custom_objects: tuple[str, ...]
    given: Given = field(default_factory=Given)  # declarations of inputs and outputs
