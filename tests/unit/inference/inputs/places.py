"""What tests of declared inputs share: names of places, and the error of a wrong value."""

from collections.abc import Callable
from typing import Any

import pytest

from inference.errors import InvalidInputError


def field(index: tuple[str | int, ...]) -> str:
    return ".".join(["body.instances.3", *map(str, index)])


def error_of(work: Callable[[], Any]) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        work()
    return caught.value
