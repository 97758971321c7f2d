"""The stack under rehearsal: deployed by `make deploy`'s script, asked as its users ask it."""

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

_ROOT = Path(__file__).parents[2]
_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/apifunction:rehearsal"
_NAME = "rehearsal"
_PATIENCE = 120  # seconds


class Stack:
    """What each step of a rehearsal does. Raises ``RuntimeError`` saying what did not happen."""

    def __init__(self, aws: str, folder: Path) -> None:
        self._aws = aws
        self._template = folder / "template.yaml"

    def prepare(self, scheduled_time: str) -> None:
        """The built template, without the four things that the emulator of AWS cannot do.

        It has no registry to push to (so the image is tagged, and named), no CodeDeploy, no
        placeholder for the scheduled time, and reads how a run is retried from $LATEST alone.
        """
        _run("docker", "tag", "apifunction:latest", _IMAGE)
        built = (_ROOT / ".aws-sam/build/template.yaml").read_text(encoding="utf-8")
        template = yaml_parse(built.replace("<aws.scheduler.scheduled-time>", scheduled_time))
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["ImageUri"] = _IMAGE
                resource["Properties"].pop("DeploymentPreference", None)
        self._template.write_text(yaml_dump(template), encoding="utf-8")

    def deploy(self, **parameters: str) -> None:
        """``make deploy`` with these parameters; for the first time, or over what is there."""
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        script = _ROOT / "scripts/deploy.py"
        place = (f"--stack-name={_NAME}", f"--template-file={self._template}", "--region=us-east-1")
        _run(
            sys.executable,
            script,
            *place,
            "--no-confirm-changeset",
            "--parameter-overrides",
            *overrides,
        )

    def delete(self) -> None:
        """``sam delete``; the bucket with its batches stays, as the template wants it."""
        sam = Path(sys.executable).with_name("sam")
        _run(sam, "delete", f"--stack-name={_NAME}", "--no-prompts", "--region=us-east-1")
        left = boto3.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])
        if _NAME in [stack["StackName"] for stack in left["StackSummaries"]]:
            raise RuntimeError("the stack is still there")

    def output(self, key: str) -> str:
        """One of the stack's outputs."""
        (stack,) = boto3.client("cloudformation").describe_stacks(StackName=_NAME)["Stacks"]
        outputs: dict[str, str] = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        return outputs[key]

    def function(self, logical_id: str) -> str:
        """A function's name."""
        resource = boto3.client("cloudformation").describe_stack_resource(
            StackName=_NAME, LogicalResourceId=logical_id
        )
        name: str = resource["StackResourceDetail"]["PhysicalResourceId"]
        return name

    def versions(self, logical_id: str) -> list[str]:
        """Published versions of a function."""
        found = boto3.client("lambda").list_versions_by_function(
            FunctionName=self.function(logical_id)
        )
        return [one["Version"] for one in found["Versions"] if one["Version"] != "$LATEST"]

    def ask(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """Status and JSON of a request through the API Gateway, which tells APIs by their host."""
        request = urllib.request.Request(  # noqa: S310 - http, at the emulator
            f"{self._aws}{path}",
            headers={"Host": urlsplit(self.output("Url")).netloc} | (headers or {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def batch(self, identifier: str) -> list[str]:
        """The names of a batch, read from the bucket once its manifest is there."""
        s3, bucket = boto3.client("s3"), self.output("BatchesBucket")
        manifest = f"names/{identifier}/manifest.json"
        wait_for(
            "the scheduled batch",
            lambda: s3.list_objects_v2(Bucket=bucket, Prefix=manifest)["KeyCount"],
        )
        content = json.load(s3.get_object(Bucket=bucket, Key=manifest)["Body"])
        parts = [s3.get_object(Bucket=bucket, Key=part["key"])["Body"] for part in content["parts"]]
        lines = [line for part in parts for line in gzip.decompress(part.read()).splitlines()]
        return [json.loads(line)["name"] for line in lines]

    def fail_a_run(self) -> Any:  # noqa: ANN401 - JSON
        """Deliver an event that no run can succeed with; what then lies in the failures' queue."""
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
        found = wait_for(
            "the failure in the queue", lambda: sqs.receive_message(QueueUrl=queue).get("Messages")
        )
        return json.loads(found[0]["Body"])


def wait_for(what: str, find: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is found
    """What ``find`` gives, once it gives something."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if found := find():
            return found
        time.sleep(0.5)
    raise RuntimeError(f"{what} did not come in {_PATIENCE} s")


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = f"{done.stdout}{done.stderr}"
        raise RuntimeError(f"`{' '.join(map(str, command))}` failed:\n{said[-3000:]}")
