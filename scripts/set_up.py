"""Set up groups of packages, each in its environment. A group that is complete stays as it is.

An environment of another Python, or one that was moved or interrupted, is made anew.

Example: python3 -m scripts.set_up .venv/uv .venv/runtime
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scripts.checking import MissingError
from scripts.command import parser
from scripts.environments import set_up

_INTERRUPTED = 130  # the exit status of a program that Ctrl-C has ended


def main() -> None:
    """Exit with the installer's status where it fails."""
    arguments = parser(__doc__)
    arguments.add_argument("stamps", nargs="+", type=Path, help="such as .venv/uv, which is first")
    stamps: list[Path] = arguments.parse_args().stamps
    for stamp in stamps:
        try:
            set_up(stamp, asked=bool(os.environ.get("PYTHON_ASKED")))
        except MissingError as error:
            sys.exit(str(error))
        except subprocess.CalledProcessError as error:
            print(f"{stamp} was not set up: {error.cmd[0]} failed, see above", file=sys.stderr)
            sys.exit(error.returncode)
        except OSError as error:  # a full disk, a folder that may not be written
            sys.exit(f"{stamp} was not set up: {error.filename or stamp}: {error.strerror}")
        except KeyboardInterrupt:
            print(f"{stamp} was not set up: interrupted", file=sys.stderr)
            sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
