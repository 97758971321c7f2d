"""Silence for TensorFlow, whose C++ code writes to file descriptor 2 and not to ``sys.stderr``."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(*, unless: bool) -> Iterator[None]:
    """Discard warnings and all that is written to standard error inside the block.

    Also what processes write that are started in it, for as long as they run. Standard error works
    again after the block, so the message of ``sys.exit`` is shown. Does nothing where ``unless``
    is true.
    """
    if unless:
        yield
        return
    sys.stderr.flush()
    saved_descriptor = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            os.dup2(nowhere, 2)
            try:
                yield
            finally:
                sys.stderr.flush()
                os.dup2(saved_descriptor, 2)
    finally:
        os.close(nowhere)
        os.close(saved_descriptor)
