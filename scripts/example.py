"""Whether the example, the pet names, is in this repository. A user may delete it."""

from pathlib import Path

_ENDPOINT = Path(__file__).parents[1] / "functions/endpoints/pet_names/__init__.py"


def example_is_present() -> bool:
    """True where the API has the route ``/names``."""
    return _ENDPOINT.exists()
