"""Check what a command needs, before anything is installed or built. It changes nothing.

``make`` runs this first, with the targets that were asked for; their variables are in the
environment. It runs on every Python from 3.8, to say which one is needed.

Example: PORT=8000 python3 -m scripts.preflight serve
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from scripts.checking import MissingError
from scripts.checking.arguments import check_model, check_models_dir, check_url
from scripts.checking.credentials import check_credentials
from scripts.checking.engine import check_engine
from scripts.checking.interpreter import check_modules, version_of
from scripts.checking.ports import check_port
from scripts.command import parser
from scripts.environments import ENVIRONMENT, chosen_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[Mapping[str, str]], None]

_BAD_USE = 2  # the exit status that shells give to wrong arguments


def _engine(given: Mapping[str, str]) -> None:
    if not given.get("FROM"):  # an image that is there already is not built
        check_engine()


def _port(given: Mapping[str, str]) -> None:
    check_port(given.get("PORT", ""))


# The cheapest first. A target that is not here needs only Python.
CHECKS: Mapping[str, tuple[Check, ...]] = {
    "serve": (_port, check_models_dir),
    "add-model": (check_model,),
    "build": (_engine,),
    "start-api": (_port, _engine),
    "invoke-scheduled": (_engine,),
    "deploy": (check_credentials, _engine),
    "rollback": (check_credentials,),
    "smoke": (check_url,),
    "sbom": (_engine,),
    "rehearse": (_engine,),
}


def main() -> None:
    """Exit with 2 and the reason at the first thing that is missing."""
    arguments = parser(__doc__)
    arguments.add_argument("targets", nargs="*", help="targets of the Makefile")
    targets: list[str] = arguments.parse_args().targets
    command = " ".join(["make", *targets])
    try:
        asked = bool(os.environ.get("PYTHON_ASKED"))
        if chosen_version(asked=asked) != version_of(ENVIRONMENT):
            check_modules()
        for target in targets:
            command = f"make {target}"
            for check in CHECKS.get(target, ()):
                check(os.environ)
    except MissingError as error:
        print(f"{command}: {error}", file=sys.stderr)
        sys.exit(_BAD_USE)


if __name__ == "__main__":
    main()
