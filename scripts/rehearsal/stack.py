"""The stack of the rehearsal. The script of `make deploy` deploys it; HTTP requests call it."""

import gzip
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from samcli.yamlhelper import yaml_dump, yaml_parse

from scripts.servers import REPOSITORY

_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/apifunction:rehearsal"
_NAME = "rehearsal"
_PATIENCE = 120  # seconds


class Stack:
    """What the steps of the rehearsal do. Raises ``RuntimeError`` that says what failed."""

    def __init__(self, aws: str, folder: Path) -> None:
        self._aws = aws
        self._template = folder / "template.yaml"

    def prepare(self, scheduled_time: str) -> None:
        """Write the built template without what MiniStack cannot do.

        MiniStack has no registry, so the image is only tagged, and named in the template. It has no
        CodeDeploy, and it does not fill in the placeholder of the scheduled time.
        """
        _run("docker", "tag", "apifunction:latest", _IMAGE)
        built = (REPOSITORY / ".aws-sam/build/template.yaml").read_text(encoding="utf-8")
        template = yaml_parse(built.replace("<aws.scheduler.scheduled-time>", scheduled_time))
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["ImageUri"] = _IMAGE
                resource["Properties"].pop("DeploymentPreference", None)
        self._template.write_text(yaml_dump(template), encoding="utf-8")

    def deploy(self, **parameters: str) -> None:
        """Create or update the stack, as ``make deploy`` does, with these parameters."""
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        place = (f"--stack-name={_NAME}", f"--template-file={self._template}", "--region=us-east-1")
        _run(
            sys.executable,
            "-m",
            "scripts.deploy",
            *place,
            "--no-confirm-changeset",
            "--parameter-overrides",
            *overrides,
        )

    def delete(self) -> None:
        """Delete the stack with ``sam delete``. The template keeps the bucket and its objects."""
        sam = Path(sys.executable).with_name("sam")
        _run(sam, "delete", f"--stack-name={_NAME}", "--no-prompts", "--region=us-east-1")
        stacks = boto3.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])
        if _NAME in [stack["StackName"] for stack in stacks["StackSummaries"]]:
            raise RuntimeError("the stack is still there")

    def output(self, key: str) -> str:
        """The value of an output of the stack."""
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=_NAME)["Stacks"]
        values: dict[str, str] = {
            output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]
        }
        return values[key]

    def function(self, logical_id: str) -> str:
        """The name of a function."""
        resource = boto3.client("cloudformation").describe_stack_resource(
            StackName=_NAME, LogicalResourceId=logical_id
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

    def ask(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and JSON of a request through the API Gateway, which finds the API by its host."""
        request = urllib.request.Request(  # noqa: S310 - http
            f"{self._aws}{path}",
            headers={"Host": urlsplit(self.output("Url")).netloc} | (headers or {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def scheduled_names(self, time: str) -> tuple[str, list[str]]:
        """The run of the example at this time and the names it wrote. Waits for its manifest."""
        s3, bucket = boto3.client("s3"), self.output("BatchesBucket")

        def manifests() -> list[str]:
            listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"names/{time}-")
            keys = [entry["Key"] for entry in listed.get("Contents", [])]
            return [key for key in keys if key.endswith("/manifest.json")]

        (manifest,) = wait_for("the manifest of the scheduled run", manifests)
        content = json.load(s3.get_object(Bucket=bucket, Key=manifest)["Body"])
        parts = [s3.get_object(Bucket=bucket, Key=part["key"])["Body"] for part in content["parts"]]
        lines = [line for part in parts for line in gzip.decompress(part.read()).splitlines()]
        return content["batch"], [json.loads(line)["name"] for line in lines]

    def fail_a_run(self) -> Any:  # noqa: ANN401 - JSON
        """Send an event that makes the run fail. Returns the message in the queue of failures."""
        # MiniStack reads how a run is retried from $LATEST; the template sets it on the alias.
        client, name = boto3.client("lambda"), self.function("ScheduledFunction")
        retries = client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
        client.put_function_event_invoke_config(
            FunctionName=name,
            MaximumRetryAttempts=retries["MaximumRetryAttempts"],
            DestinationConfig=retries["DestinationConfig"],
        )
        event = json.dumps({"scheduled_time": "yesterday"})
        client.invoke(FunctionName=name, InvocationType="Event", Payload=event)
        sqs, queue = boto3.client("sqs"), self.output("Failures")
        messages = wait_for(
            "the failure in the queue", lambda: sqs.receive_message(QueueUrl=queue).get("Messages")
        )
        return json.loads(messages[0]["Body"])


def wait_for(what: str, find: Callable[[], Any]) -> Any:  # noqa: ANN401 - what `find` returns
    """Call ``find`` until it returns something that is true, and return that."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if result := find():
            return result
        time.sleep(0.5)
    raise RuntimeError(f"{what} did not come in {_PATIENCE} s")


def _run(*command: str | Path) -> None:
    process = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if process.returncode:
        output = f"{process.stdout}{process.stderr}"
        raise RuntimeError(f"`{' '.join(map(str, command))}` failed:\n{output[-3000:]}")
