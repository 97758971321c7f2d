"""What `make deploy` reads, in a form that the emulated AWS understands."""

import re
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from samcli.yamlhelper import yaml_dump, yaml_parse

from scripts.servers import REPOSITORY

_REGION = "us-east-1"


def write_template(target: Path, scheduled_time: str) -> None:
    """Write the template without what MiniStack cannot do.

    It has no CodeDeploy, and it does not fill in the placeholder of the scheduled time.
    """
    source = (REPOSITORY / "template.yaml").read_text(encoding="utf-8")
    template = yaml_parse(source.replace("<aws.scheduler.scheduled-time>", scheduled_time))
    for resource in template["Resources"].values():
        resource.get("Properties", {}).pop("DeploymentPreference", None)
    target.write_text(yaml_dump(template), encoding="utf-8")


def write_registry_template(target: Path, address: str) -> None:
    """Write the registry's template with the address under which Docker reaches MiniStack."""
    source = (REPOSITORY / "scripts/registry.yaml").read_text(encoding="utf-8")
    changed, places = re.subn(
        r"!GetAtt Images\.RepositoryUri", f"!Sub {address}/${{Images}}", source
    )
    if places != 1:
        raise RuntimeError(f"scripts/registry.yaml names its URI {places} times, not once")
    target.write_text(changed, encoding="utf-8")


def write_environment(config: Path, name: str, parameters: Mapping[str, str]) -> None:
    """Write one section of samconfig.toml, as a user does. The other sections stay."""
    document = tomlkit.parse(config.read_text(encoding="utf-8")) if config.exists() else {}
    document["version"] = 0.1
    document[name] = {
        "deploy": {
            "parameters": {
                "stack_name": f"rehearsal-{name}",
                "region": _REGION,
                "parameter_overrides": dict(parameters),
            }
        }
    }
    config.write_text(tomlkit.dumps(document), encoding="utf-8")
