"""The argument parser of every script.

How a script uses it::

    arguments = parser(__doc__)
    arguments.add_argument("--region", help="the AWS region")
    options = arguments.parse_args()

This module imports the standard library alone, so that it runs in every environment.
"""

import argparse
import sys


def parser(description: str) -> argparse.ArgumentParser:
    """A parser whose ``--help`` shows the description as it is written.

    Usage lines name the command as people type it, such as ``python -m scripts.train``.
    """
    spec = getattr(sys.modules["__main__"], "__spec__", None)  # None unless started with `-m`
    return argparse.ArgumentParser(
        prog=f"python -m {spec.name}" if spec else None,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
