"""The questions of an environment's first deployment."""

import os
import sys

import botocore.session
import click

from scripts.deploying.environment import Environment, check_stack_name

_REGION = "us-east-1"
CALLERS = {
    "api-key": "callers send a key, which the stack makes and keeps",  # pragma: allowlist secret
    "iam": "callers sign their requests with AWS credentials of an account that you allow",
    "jwt": "callers send a token of your identity provider, such as Cognito, Auth0 or Entra",
    "open": "anybody may call: at the default 50 requests a second up to 130 million calls a "
    "month, which cost over 150 dollars",
}


def ask(environment: Environment, region: str | None) -> None:
    """Fill in what the environment lacks, and save it in samconfig.toml.

    Parameters that are already chosen are not asked. Without a terminal the defaults are taken,
    and printed.
    """
    asks = sys.stdin.isatty()
    print(f"first deployment of {environment.name}; the answers are kept in samconfig.toml")
    environment.region = _answer("region of AWS", region or default_region(), asks=asks)
    environment.stack = _answer("name of the stack", environment.stack, asks=asks)
    check_stack_name(environment.stack)
    parameters = environment.parameters
    if "Callers" not in parameters:
        print("Who may call the API?")
        for name, meaning in CALLERS.items():
            print(f"  {name:8} {meaning}")
        parameters["Callers"] = _answer("callers", "api-key", asks=asks, choices=list(CALLERS))
    if parameters["Callers"] == "jwt":
        for name, what in (("JwtIssuer", "the issuer's URL"), ("JwtAudience", "the audience")):
            if not parameters.get(name):
                parameters[name] = _required(what, name, asks=asks)
    if "AlarmEmail" not in parameters and asks:
        parameters["AlarmEmail"] = click.prompt(
            "address for a mail at each alarm (empty: no mail)", default="", show_default=False
        )
    environment.save()


def default_region() -> str:
    """The region of the environment variables or of the AWS configuration."""
    region: str | None = botocore.session.get_session().get_config_variable("region")
    return os.environ.get("AWS_REGION") or region or _REGION


def _answer(what: str, default: str, *, asks: bool, choices: list[str] | None = None) -> str:
    if not asks:
        print(f"{what}: {default} (there is no terminal to ask)")
        return default
    kind = click.Choice(choices) if choices else str
    answer: str = click.prompt(what, default=default, type=kind, show_choices=False)
    return answer


def _required(what: str, name: str, *, asks: bool) -> str:
    if not asks:
        sys.exit(f"Callers=jwt needs {name}, {what}: ARGS='--parameter-overrides {name}=…'")
    answer: str = click.prompt(what)
    return answer
