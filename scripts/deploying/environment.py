"""An environment: a section of samconfig.toml with a stack, its region and its parameters.

`make deploy ENV=prod` reads ``[prod.deploy.parameters]``. SAM reads the same section, so further
options of ``sam deploy`` may stand there.
"""

import difflib
import os
import re
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

# `CodeDeployHook_` and the stack's name are a function's name, which has 64 characters at most.
LONGEST_STACK_NAME = 49
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_NOT_ENVIRONMENTS = {"default", "version"}


@dataclass
class Environment:
    """What samconfig.toml says of one environment, and what the command line adds to it."""

    name: str
    config: Path
    stack: str
    region: str | None  # None: the questions of the first deployment have not been answered
    profile: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def registry_stack(self) -> str:
        """The stack of the environment's image registry."""
        return f"{self.stack}-images"

    def save(self) -> None:
        """Write stack, region and parameters into the section. Comments of the file stay."""
        document = tomlkit.parse(self.config.read_text(encoding="utf-8"))
        section = document
        for key in (self.name, "deploy", "parameters"):
            section = section.setdefault(key, tomlkit.table(is_super_table=key != "parameters"))
        section["stack_name"] = self.stack
        section["region"] = self.region
        if self.profile:
            section["profile"] = self.profile
        overrides = section.get("parameter_overrides")
        if not isinstance(overrides, dict):
            section["parameter_overrides"] = overrides = tomlkit.table()
        overrides.update(self.parameters)
        written = self.config.with_suffix(".toml.new")
        written.write_text(tomlkit.dumps(document), encoding="utf-8")
        written.replace(self.config)


def read_environment(config: Path, name: str) -> Environment:
    """The environment of this name. A name without a section is a new environment.

    Exits with a sentence if the file is damaged.
    """
    try:
        document: dict[str, Any] = tomlkit.parse(config.read_text(encoding="utf-8")).unwrap()
    except (OSError, TOMLKitError) as error:
        sys.exit(f"{config.name} cannot be read: {error}")
    section = document.get(name, {}).get("deploy", {}).get("parameters", {})
    if name not in document:
        known = sorted(document.keys() - _NOT_ENVIRONMENTS)
        print(f"{config.name} has no environment {name}; it has {', '.join(known) or 'none'}")
        if close := difflib.get_close_matches(name, known, n=1):
            sys.exit(f"ENV={name} is close to {close[0]}: use that, or another new name")
        if not sys.stdin.isatty():
            sys.exit(
                f"a new environment needs a terminal for its questions; or write a section "
                f"[{name}.deploy.parameters] with stack_name and region"
            )
        print(f"{name} becomes a new environment")
    return Environment(
        name=name,
        config=config,
        stack=section.get("stack_name") or f"models-{name}",
        region=section.get("region"),
        profile=section.get("profile") or os.environ.get("AWS_PROFILE"),
        parameters=_as_parameters(section.get("parameter_overrides", {})),
    )


def check_stack_name(stack: str) -> None:
    """Exit with a sentence if a stack cannot have this name."""
    if len(stack) > LONGEST_STACK_NAME:
        sys.exit(
            f"the stack's name {stack} has {len(stack)} characters. It may have "
            f"{LONGEST_STACK_NAME} at most, because a function is named after it. Choose a "
            "shorter stack_name in samconfig.toml"
        )
    if not _STACK_NAME.fullmatch(stack):
        sys.exit(
            f"{stack!r} cannot be the name of a stack. Use letters, digits and hyphens, and "
            "begin with a letter"
        )


def parse_overrides(items: Iterable[str]) -> dict[str, str]:
    """Parameters from ``Name=value``. A value may hold spaces, quotes and ``=``."""
    parameters = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.isalnum():
            sys.exit(
                f"{item!r} is not a parameter. Write Name=value. A value with spaces needs quotes: "
                "ARGS=\"--parameter-overrides 'ScheduleExpression=cron(0 6 * * ? *)'\""
            )
        quoted = len(value) > 1 and value[0] == value[-1] == '"'
        parameters[name] = value[1:-1] if quoted else value
    return parameters


def _as_parameters(overrides: Any) -> dict[str, str]:  # noqa: ANN401 - TOML
    """SAM accepts a table, a list or a string."""
    if isinstance(overrides, dict):
        return {name: str(value) for name, value in overrides.items()}
    if isinstance(overrides, str):
        overrides = shlex.split(overrides)
    return parse_overrides(overrides)
