"""Run the scheduled function once, in its real image, as EventBridge Scheduler would run it.

`sam local invoke` runs it, against an S3 that is emulated on this machine. The event is the
template's input of the schedule, with the fields of --input added or changed.

Example: make invoke-scheduled INPUT='{"count": 500}'
"""

import gzip
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from samcli.yamlhelper import yaml_dump, yaml_parse

from scripts.command import parser
from scripts.rehearsal.emulated_aws import emulated_aws
from scripts.servers import REPOSITORY

_FUNCTION = "ScheduledFunction"
_BUCKET = "batches"
_LINES_SHOWN = 5


def main() -> None:
    """Print what the run answered and wrote. Exit with 1 if the run fails."""
    arguments = parser(__doc__)
    arguments.add_argument(
        "--input", type=json.loads, default={}, help="fields of the event, as a JSON object"
    )
    changes: dict[str, Any] = arguments.parse_args().input
    template = yaml_parse((REPOSITORY / ".aws-sam/build/template.yaml").read_text(encoding="utf-8"))
    properties = template["Resources"][_FUNCTION]["Properties"]
    event = json.loads(template["Parameters"]["ScheduleInput"]["Default"])
    event |= {"scheduled_time": datetime.now(UTC).isoformat(timespec="seconds"), **changes}
    with tempfile.TemporaryDirectory() as name, emulated_aws(Path(name)) as aws:
        variables = properties["Environment"]["Variables"]
        variables |= {"BATCHES_BUCKET": _BUCKET, "AWS_ENDPOINT_URL": aws}
        boto3.client("s3").create_bucket(Bucket=_BUCKET)
        (Path(name) / "template.yaml").write_text(yaml_dump(template), encoding="utf-8")
        (Path(name) / "event.json").write_text(json.dumps(event), encoding="utf-8")
        print(f"event: {json.dumps(event)}", flush=True)
        answer = _invoke(Path(name))
        print(f"answer: {json.dumps(answer)}")
        _print_objects()
        if "errorMessage" in answer:
            sys.exit(1)


def _invoke(folder: Path) -> dict[str, Any]:
    command = [
        str(Path(sys.executable).with_name("sam")),
        "local",
        "invoke",
        _FUNCTION,
        f"--template={folder / 'template.yaml'}",
        f"--event={folder / 'event.json'}",
        "--region=us-east-1",
    ]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        sys.exit(process.returncode)
    answer: dict[str, Any] = json.loads(process.stdout)
    return answer


def _print_objects() -> None:
    """Print each object's address and size, and the first lines of a first part."""
    s3 = boto3.client("s3")
    for entry in s3.list_objects_v2(Bucket=_BUCKET).get("Contents", []):
        print(f"s3://{_BUCKET}/{entry['Key']}  {entry['Size']} bytes")
        if entry["Key"].endswith("part-00000.jsonl.gz"):
            part = s3.get_object(Bucket=_BUCKET, Key=entry["Key"])["Body"].read()
            for line in gzip.decompress(part).decode().splitlines()[:_LINES_SHOWN]:
                print(f"  {line}")
            print("  …")


if __name__ == "__main__":
    main()
