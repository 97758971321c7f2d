"""The example endpoint. Edit this file, or put one of your own beside it.

>>> httpx2.get("http://127.0.0.1:8000/names?count=3&species=cat&seed=7").json()
['Phoebe', 'Little Bito', 'Carsles']
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from functions.pet_names import draw_names
from inference.telemetry import record_generation

router = APIRouter(tags=["pet names"])


@router.get("/names", summary="Invent pet names")
async def read_names(
    response: Response,
    count: Annotated[int, Query(ge=1, le=1000, description="How many names.")] = 20,
    temperature: Annotated[
        float, Query(ge=0.1, le=3, description="Low is ordinary, high is weird.")
    ] = 1.0,
    species: Annotated[
        Literal["dog", "cat"] | None, Query(description="Without it, the mix of both.")
    ] = None,
    prefix: Annotated[
        str,
        Query(pattern="^[A-Za-z]*$", max_length=10, description="Letters each name starts with."),
    ] = "",
    seed: Annotated[
        int | None,
        Query(ge=-(2**63), lt=2**63, description="The same seed draws the same names again."),
    ] = None,
) -> list[str]:
    """Names that a neural network makes up, having read the licences of Seattle's pets.

    The answer's header `X-Seed` repeats it; `Server-Timing` holds the model's milliseconds.
    """
    # Not handed to a thread: that takes as long as the model, which runs one at a time anyway.
    batch = draw_names(count, temperature, species, prefix, seed)
    record_generation(len(batch.names), batch.model_milliseconds)
    response.headers["X-Seed"] = str(batch.seed)
    response.headers["Server-Timing"] = f"model;dur={batch.model_milliseconds:.2f}"
    return batch.names
