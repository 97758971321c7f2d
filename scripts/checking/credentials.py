"""Credentials of AWS: whether there can be any, told without botocore.

Whether they are valid is asked by ``scripts.deploy``, once botocore is there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scripts.checking import MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_FILES = {
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "AWS_CONFIG_FILE": "~/.aws/config",
}
# Where Linux names the machine's maker. Only EC2's metadata service knows an instance's role.
_MAKERS = {"/sys/class/dmi/id/sys_vendor": "Amazon EC2", "/sys/hypervisor/uuid": "ec2"}


def check_credentials(environment: Mapping[str, str]) -> None:
    """Raise :class:`MissingError` if nothing that could hold credentials is there."""
    if any(environment.get(variable) for variable in _VARIABLES):
        return
    files = (environment.get(variable) or default for variable, default in _FILES.items())
    if any(Path(file).expanduser().is_file() for file in files):
        return
    if environment.get("AWS_EC2_METADATA_DISABLED", "").lower() != "true" and _is_on_ec2():
        return
    raise MissingError(
        "there are no AWS credentials: `aws configure sso`, or set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY"
    )


def _is_on_ec2() -> bool:
    return any(_starts(Path(file), maker) for file, maker in _MAKERS.items())


def _starts(file: Path, text: str) -> bool:
    try:
        return file.read_text(encoding="utf-8").startswith(text)
    except OSError:
        return False
