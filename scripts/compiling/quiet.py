"""Silence for TensorFlow, which writes past Python's own ``sys.stderr``."""

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(*, unless: bool) -> Iterator[None]:
    """Nothing reaches file descriptor 2 inside; ``sys.exit`` still speaks, afterwards."""
    if unless:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
