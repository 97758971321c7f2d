"""The program `sam`, as this environment has it."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# CloudFormation takes a larger template only from a bucket, which SAM then makes.
_LARGEST_INLINE_TEMPLATE = 51_200  # bytes
# What SAM unescapes in a value.
_UNESCAPED = re.compile(r"\\(?=[ \"'])")


def run_sam(*words: str, quiet: bool = False) -> str:
    """Run `sam` and return its standard output if ``quiet``. Exit with its status if it fails."""
    process = subprocess.run(
        [Path(sys.executable).with_name("sam"), *words],
        stdout=subprocess.PIPE if quiet else None,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
        text=True,
        check=False,
    )
    if process.returncode:
        print(process.stdout or "", end="", file=sys.stderr)
        sys.exit(process.returncode)
    return process.stdout or ""


def deploy_stack(
    template: Path, stack: str, parameters: Mapping[str, str], options: Sequence[str] = ()
) -> None:
    """Create or update a stack. Parameters that are not named keep their values."""
    large = template.stat().st_size > _LARGEST_INLINE_TEMPLATE
    with _parameter_file(parameters) as overrides:
        run_sam(
            "deploy",
            f"--template-file={template}",
            f"--stack-name={stack}",
            "--capabilities=CAPABILITY_IAM",
            "--no-fail-on-empty-changeset",
            *(["--resolve-s3"] if large else []),
            *(["--parameter-overrides", overrides] if parameters else []),
            *options,
        )


@contextmanager
def _parameter_file(parameters: Mapping[str, str]) -> Iterator[str]:
    """A file of parameters. SAM would cut a value on the command line at its first space."""
    # SAM unquotes a value twice: when it reads the file, and when it has read all options.
    quoted = {name: _quote(_quote(value)) for name, value in parameters.items()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "parameters.yaml"  # JSON is YAML
        file.write_text(json.dumps(quoted), encoding="utf-8")
        yield f"file://{file}"


def _quote(value: str) -> str:
    """A value that SAM unquotes and unescapes to what it was."""
    escaped = _UNESCAPED.sub(lambda backslash: 2 * backslash.group(), value)
    return f'"{escaped}"' if value else ""
