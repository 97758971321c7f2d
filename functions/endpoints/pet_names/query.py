"""What may be asked of the names: the one place with each bound."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

MOST_NAMES = 1000  # of one run of the model

Temperature = Annotated[float, Field(ge=0.1, le=3, description="Low is ordinary, high is weird.")]
Species = Annotated[Literal["dog", "cat"] | None, Field(description="Without it, the mix of both.")]


class NamesQuery(BaseModel):
    """The query of ``/names``. Its defaults are those of the R project's service."""

    count: int = Field(default=20, ge=1, le=MOST_NAMES, description="How many names.")
    temperature: Temperature = 1.0
    species: Species = None
    prefix: str = Field(
        default="",
        pattern="^[A-Za-z]*$",
        max_length=10,
        description="Letters each name starts with.",
    )
    seed: int | None = Field(
        default=None,
        ge=-(2**63),
        lt=2**63,
        description="The same seed draws the same names again.",
    )


class FormQuery(NamesQuery):
    """The same as a browser's form sends it: a field that was left empty is an empty text."""

    @model_validator(mode="before")
    @classmethod
    def _drop_empty_fields(cls, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if value != ""}
