"""The project's files: run a command on them, or list them. Nothing that .gitignore names.

`sam init` and an archive of the project leave no `.git` behind. Then the folder is walked.

Example: python -m scripts.project_files detect-secrets-hook --verbose
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

from scripts.command import parser
from scripts.servers import REPOSITORY


def project_files(folder: Path = REPOSITORY) -> list[Path]:
    """Files that are in the repository or would be with the next `git add`, relative to ``folder``.

    Raises ``FileNotFoundError`` if there is none, so that nothing passes for want of files.
    """
    files = _known_to_git(folder) or sorted(_walked(folder))
    there = [file for file in files if (folder / file).is_file()]
    if not there:
        raise FileNotFoundError(f"{folder} holds no file that .gitignore does not name")
    return there


def _known_to_git(folder: Path) -> list[Path]:
    """Empty where there is no git, no repository, or one around the folder that ignores it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [Path(name) for name in sorted(set(done.stdout.split("\0"))) if name]


def _walked(folder: Path) -> Iterator[Path]:
    """Files that no .gitignore of the folders above them names.

    A rule that takes a rule of another folder back, with `!`, is not followed.
    """
    rules: dict[Path, GitIgnoreSpec] = {}

    def is_ignored(path: Path, end: str = "") -> bool:
        return any(
            rules[above].match_file(f"{path.relative_to(above)}{end}")
            for above in path.parents
            if above in rules
        )

    for place, folders, names in os.walk(folder):
        here = Path(place)
        if ".gitignore" in names:
            lines = (here / ".gitignore").read_text(encoding="utf-8").splitlines()
            rules[here] = GitIgnoreSpec.from_lines(lines)
        folders[:] = [
            name for name in folders if name != ".git" and not is_ignored(here / name, "/")
        ]
        for name in names:
            if not is_ignored(here / name):
                yield (here / name).relative_to(folder)


def main() -> None:
    """Exit with the command's status."""
    arguments = parser(__doc__)
    arguments.add_argument("command", nargs=argparse.REMAINDER, help="gets the files' names")
    command: list[str] = arguments.parse_args().command
    names = [str(file) for file in project_files()]
    if not command:
        print("\n".join(names))
        return
    sys.exit(subprocess.run([*command, *names], cwd=REPOSITORY, check=False).returncode)


if __name__ == "__main__":
    main()
