"""Rehearse a deployment without AWS: the real template, image and SAM, AWS emulated here.

Deploys, calls the API, lets the schedule fire, makes a run fail, updates, deletes.
Example: make rehearse
"""

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import boto3

from scripts.rehearsal.emulator import emulated_aws
from scripts.rehearsal.stack import Stack

_STEPS = 6
_NAMES = 10_000  # the schedule's own count
_OK, _UNAUTHORIZED, _FORBIDDEN = 200, 401, 403


def main() -> None:
    """Exit with 1 and the reason at the first step that fails."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with emulated_aws(folder) as aws:
                _rehearse(Stack(aws, folder))
        except RuntimeError as error:
            log = (folder / "aws.log").read_text(errors="replace")
            sys.exit(f"the rehearsal failed: {error}\nthe emulator's last words:\n{log[-3000:]}")


def _rehearse(stack: Stack) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    _say(1, "deploying template.yaml …")
    stack.prepare(now.isoformat())
    stack.deploy(ScheduleState="ENABLED", ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})")

    _say(2, "calling the API …")
    status, names = stack.ask("/names?count=3&seed=7&species=cat")
    _expect(status == _OK and len(names) == 3, f"/names answered {status}: {names}")  # noqa: PLR2004
    print(f"      {names}")

    _say(3, "the schedule fires …")
    batch = f"{now:%Y%m%dT%H%M%SZ}"
    written = stack.batch(batch)
    _expect(len(written) == _NAMES, f"{len(written)} names were written")
    _, listed = stack.ask("/names/batches")
    _expect(listed == {"batches": [batch]}, f"/names/batches answered {listed}")
    print(f"      {len(written)} names, the first of them {written[:3]}")

    _say(4, "a run fails for good …")
    failure = stack.fail_a_run()
    _expect("yesterday" in str(failure), f"the queue holds {failure}")
    print("      its event is in the queue of failures")

    _say(5, "updating twice: memory, then callers need a key …")
    stack.deploy(MemorySize="1024")
    key = "a key of the rehearsal"  # pragma: allowlist secret
    secret = boto3.client("secretsmanager").create_secret(Name="key", SecretString=key)
    stack.deploy(MemorySize="2048", Callers="api-key", ApiKeyArn=secret["ARN"], Dashboard="yes")
    versions = stack.versions("ApiFunction")
    _expect(versions == ["2", "3"], f"of ApiFunction there are the versions {versions}")
    answers = [stack.ask("/names", headers)[0] for headers in _with_keys(None, "wrong", key)]
    _expect(answers == [_UNAUTHORIZED, _FORBIDDEN, _OK], f"the keys were answered {answers}")
    print(
        "      401 without, 403 with a wrong one, 200 with the right one; the first version is gone"
    )

    _say(6, "deleting …")
    bucket = stack.output("BatchesBucket")
    stack.delete()
    kept = boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"]
    _expect(kept > 0, "the batches were deleted with the stack")
    print(f"      only the bucket is left, with its {kept} objects")


def _with_keys(*keys: str | None) -> list[dict[str, str]]:
    return [{"x-api-key": key} if key else {} for key in keys]


def _say(step: int, what: str) -> None:
    print(f"[{step}/{_STEPS}] {what}", flush=True)


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001
    if not holds:
        raise RuntimeError(otherwise)


if __name__ == "__main__":
    main()
