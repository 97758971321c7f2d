"""The template that is deployed: the one in the repository, with the image's digest in it."""

import difflib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_dump, yaml_parse

# Parameters that change a function's version. SAM publishes a new version when the template or the
# image changes, but not when a parameter's value does. So the values are written into the template.
VERSION_PARAMETERS = ("Architecture", "ColdStart", "KmsKeyArn", "MemorySize", "TracesEndpoint")
_MADE_WITH = "MADE_WITH"
SERVES_AGAIN = "SERVES_AGAIN"  # the variable that names the version that a rollback repeats


def read_template(text: str) -> dict[str, Any]:
    """A template of SAM."""
    content: dict[str, Any] = yaml_parse(text)
    return content


def require_known(template: dict[str, Any], parameters: Mapping[str, str]) -> None:
    """Exit with a sentence if the template has no parameter of such a name."""
    known = template["Parameters"]
    for name in parameters:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3) or sorted(known)
            sys.exit(f"the template has no parameter {name}. Did you mean {' or '.join(close)}?")


def defaults(template: dict[str, Any]) -> dict[str, str]:
    """The parameters' default values."""
    return {name: str(entry["Default"]) for name, entry in template["Parameters"].items()}


def value_of(template: dict[str, Any], parameters: Mapping[str, str], name: str) -> str:
    """The value of a parameter: the chosen one, or the template's default."""
    return parameters.get(name) or str(template["Parameters"][name]["Default"])


def write_deployable(
    template: dict[str, Any],
    image: str,
    parameters: Mapping[str, str],
    target: Path,
    serves_again: str | None = None,
) -> None:
    """Write the template with every function's image, and the parameters that make a version.

    ``serves_again`` is the earlier version that a rollback repeats.
    """
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["ImageUri"] = image
            resource.pop("Metadata", None)  # how the image is built
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    variables[_MADE_WITH] = " ".join(
        f"{name}={value}"
        for name in VERSION_PARAMETERS
        if (value := value_of(template, parameters, name))
    )
    variables.pop(SERVES_AGAIN, None)
    if serves_again:
        variables[SERVES_AGAIN] = serves_again
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(yaml_dump(template), encoding="utf-8")


def made_with(variables: Mapping[str, str]) -> dict[str, str]:
    """The parameters that a version was made with, by its environment variables."""
    words = variables.get(_MADE_WITH, "").split()
    return dict(word.split("=", 1) for word in words)
