"""Run the scheduled function once, in its real image, as EventBridge Scheduler would.

`sam local invoke` runs it, against an S3 emulated on this machine; the schedule's input is the
template's, with what you give over it. Example: make invoke-scheduled INPUT='{"count": 500}'
"""

import argparse
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

from scripts.rehearsal.emulator import emulated_aws

_ROOT = Path(__file__).parents[1]
_FUNCTION = "ScheduledFunction"
_BUCKET = "batches"
_SHOWN = 10


def main() -> None:
    """Exit with 1 if the run fails; print what it answered and wrote."""
    arguments = _arguments()
    template = yaml_parse((_ROOT / ".aws-sam/build/template.yaml").read_text(encoding="utf-8"))
    properties = template["Resources"][_FUNCTION]["Properties"]
    event = json.loads(properties["Events"]["Schedule"]["Properties"]["Input"])
    event |= {"scheduled_time": datetime.now(UTC).isoformat(timespec="seconds"), **arguments.input}
    with tempfile.TemporaryDirectory() as name, emulated_aws(Path(name)) as aws:
        variables = properties["Environment"]["Variables"]
        variables |= {"BATCHES_BUCKET": _BUCKET, "AWS_ENDPOINT_URL": aws}
        boto3.client("s3").create_bucket(Bucket=_BUCKET)
        (Path(name) / "template.yaml").write_text(yaml_dump(template), encoding="utf-8")
        (Path(name) / "event.json").write_text(json.dumps(event), encoding="utf-8")
        print(f"event: {json.dumps(event)}", flush=True)
        answer = _invoke(Path(name))
        print(f"answer: {json.dumps(answer)}")
        _show()
        if "errorMessage" in answer:
            sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--input", type=json.loads, default={}, help="JSON over the schedule's input"
    )
    return parser.parse_args()


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
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _show() -> None:
    s3 = boto3.client("s3")
    for found in s3.list_objects_v2(Bucket=_BUCKET).get("Contents", []):
        print(f"s3://{_BUCKET}/{found['Key']}  {found['Size']} bytes")
        if found["Key"].endswith("part-00000.jsonl.gz"):
            part = s3.get_object(Bucket=_BUCKET, Key=found["Key"])["Body"].read()
            lines = gzip.decompress(part).decode().splitlines()
            print("  " + ", ".join(json.loads(line)["name"] for line in lines[:_SHOWN]) + ", …")


if __name__ == "__main__":
    main()
