"""A stack of the rehearsal. The scripts of `make deploy` and `make rollback` change it."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from scripts.rehearsal.environments import write_environment
from scripts.servers import REPOSITORY


class Stack:
    """One environment. Raises ``RuntimeError`` that says what failed."""

    def __init__(self, aws: str, folder: Path, environment: str) -> None:
        self.name = f"rehearsal-{environment}"
        self._aws = aws
        self._folder = folder
        self._environment = environment
        self._place = [
            f"--config-env={environment}",
            f"--config-file={folder / 'samconfig.toml'}",
        ]

    def configure(self, **parameters: str) -> None:
        """Write the environment's section of samconfig.toml."""
        write_environment(self._folder / "samconfig.toml", self._environment, parameters)

    def deploy(self, *options: str) -> str:
        """Create or update the stack, as ``make deploy`` does. Returns what was printed."""
        templates = [
            f"--template-file={self._folder / 'template.yaml'}",
            f"--registry-template={self._folder / 'registry.yaml'}",
        ]
        return _python("scripts.deploy", *self._place, "--no-build", *templates, *options)

    def roll_back(self) -> str:
        """Serve the version before again, as ``make rollback`` does."""
        return _python("scripts.rollback", *self._place)

    def smoke(self, aws: str) -> str:
        """Compare the API's answers with the models here, as ``make smoke`` does.

        ``aws`` is MiniStack's address on the loopback interface. A key is sent to no other address
        over http. MiniStack finds an API by a path as well.
        """
        api = urlsplit(self.output("Url")).netloc.partition(".")[0]
        python = REPOSITORY / ".venv/bin/python"
        url = f"{aws}/_aws/execute-api/{api}/$default"
        return _run(
            *(python, "-m", "scripts.smoke", url, "--requests=20"),
            PYTHONPATH=f"{REPOSITORY}:{REPOSITORY / 'layers'}",
            SMOKE_API_KEY=self.api_key(),
        )

    def delete(self) -> None:
        """Delete the stack. The template keeps the bucket and its objects.

        Not with ``sam delete``, which cannot read an image that is named by its digest.
        """
        cloudformation = boto3.client("cloudformation")
        cloudformation.delete_stack(StackName=self.name)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        stacks = cloudformation.list_stacks(
            StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"]
        )
        if self.name in [stack["StackName"] for stack in stacks["StackSummaries"]]:
            raise RuntimeError("the stack is still there")

    def output(self, key: str) -> str:
        """The value of an output of the stack."""
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        values: dict[str, str] = {
            output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]
        }
        return values[key]

    def api_key(self) -> str:
        """The key that the stack made."""
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=self.output("ApiKeyArn"))
        key: str = secret["SecretString"]
        return key

    def function(self, logical_id: str) -> str:
        """The name of a function."""
        resource = boto3.client("cloudformation").describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id
        )
        name: str = resource["StackResourceDetail"]["PhysicalResourceId"]
        return name

    def versions(self, logical_id: str) -> list[str]:
        """The published versions of a function."""
        answer = boto3.client("lambda").list_versions_by_function(
            FunctionName=self.function(logical_id)
        )
        versions = [version["Version"] for version in answer["Versions"]]
        return [version for version in versions if version != "$LATEST"]

    def serving(self, logical_id: str) -> dict[str, Any]:
        """The configuration of the version that the alias names."""
        configuration: dict[str, Any] = boto3.client("lambda").get_function_configuration(
            FunctionName=self.function(logical_id), Qualifier="live"
        )
        return configuration

    def image(self, logical_id: str) -> str:
        """The image of the version that the alias names."""
        function = boto3.client("lambda").get_function(
            FunctionName=self.function(logical_id), Qualifier="live"
        )
        image: str = function["Code"]["ImageUri"]
        return image

    def ask(self, path: str, key: str | None = None) -> tuple[int, Any]:
        """Status and JSON of a request through the API Gateway, which finds the API by its host."""
        headers = {"Host": urlsplit(self.output("Url")).netloc}
        request = urllib.request.Request(  # noqa: S310 - http
            f"{self._aws}{path}", headers=headers | ({"x-api-key": key} if key else {})
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def _python(module: str, *arguments: str) -> str:
    return _run(sys.executable, "-m", module, *arguments)


def _run(*command: str | Path, **environment: str) -> str:
    process = subprocess.run(
        command,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
    )
    if process.returncode:
        output = f"{process.stdout}{process.stderr}"
        raise RuntimeError(f"`{' '.join(map(str, command))}` failed:\n{output[-3000:]}")
    return process.stdout
