"""Scheduled runs of a rehearsed stack: what they write, and what becomes of one that fails."""

import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import boto3

from scripts.rehearsal.stack import Stack

_PATIENCE = 120  # seconds


def scheduled_names(stack: Stack, moment: str) -> tuple[str, list[str]]:
    """The run of the example at this time and the names it wrote. Waits for its manifest."""
    s3, bucket = boto3.client("s3"), stack.output("BatchesBucket")

    def manifests() -> list[str]:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"names/{moment}-")
        keys = [entry["Key"] for entry in listed.get("Contents", [])]
        return [key for key in keys if key.endswith("/manifest.json")]

    (manifest,) = wait_for("the manifest of the scheduled run", manifests)
    content = json.load(s3.get_object(Bucket=bucket, Key=manifest)["Body"])
    parts = [s3.get_object(Bucket=bucket, Key=part["key"])["Body"] for part in content["parts"]]
    lines = [line for part in parts for line in gzip.decompress(part.read()).splitlines()]
    return content["batch"], [json.loads(line)["name"] for line in lines]


def fail_a_run(stack: Stack) -> Any:  # noqa: ANN401 - JSON
    """Send an event that makes the run fail. Returns the message in the queue of failures."""
    # MiniStack reads how a run is retried from $LATEST; the template sets it on the alias.
    client, name = boto3.client("lambda"), stack.function("ScheduledFunction")
    retries = client.get_function_event_invoke_config(FunctionName=name, Qualifier="live")
    client.put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=retries["MaximumRetryAttempts"],
        DestinationConfig=retries["DestinationConfig"],
    )
    event = json.dumps({"scheduled_time": "yesterday"})
    client.invoke(FunctionName=name, InvocationType="Event", Payload=event)
    sqs, queue = boto3.client("sqs"), stack.output("Failures")
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
