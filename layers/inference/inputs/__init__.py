"""What people send to a model, declared in ``metadata.json``: one module for each kind.

:mod:`inference.inputs.rows` reads rows by these declarations.
"""

from typing import Annotated

from pydantic import Field

from inference.inputs.images import ImageInput
from inference.inputs.sequences import SequenceInput
from inference.inputs.tables import ColumnInput, TableInput
from inference.inputs.texts import TextInput

__all__ = ["Input"]

Input = Annotated[
    ImageInput | TextInput | ColumnInput | TableInput | SequenceInput, Field(discriminator="kind")
]
