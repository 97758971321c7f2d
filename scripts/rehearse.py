"""Rehearse a deployment without AWS: the real template, image and SAM, on emulated AWS.

Deploys, calls the API, lets the schedule run, makes a run fail, updates, deletes.
Example: make rehearse
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import boto3

from scripts.command import parser
from scripts.example import example_is_present
from scripts.rehearsal.emulated_aws import emulated_aws
from scripts.rehearsal.stack import Stack

_STEPS = 6
_NAMES_ASKED = 3
_NAMES = 10_000  # of a scheduled run of the example, unless the event says otherwise
_OK, _UNAUTHORIZED, _FORBIDDEN = 200, 401, 403


def main() -> None:
    """Exit with 1 and the reason at the first step that fails."""
    parser(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with emulated_aws(folder) as aws:
                _rehearse(Stack(aws, folder))
        except RuntimeError as error:
            log = folder / "aws.log"
            end = log.read_text(errors="replace")[-3000:] if log.exists() else "there is none"
            sys.exit(f"the rehearsal failed: {error}\nthe end of MiniStack's log:\n{end}")


def _rehearse(stack: Stack) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    names_path = f"/names?count={_NAMES_ASKED}&seed=7&species=cat"
    path = names_path if example_is_present() else "/v1/models"  # MiniStack has a /health itself
    _say(1, "deploying template.yaml …")
    stack.prepare(now.isoformat())
    stack.deploy(ScheduleState="ENABLED", ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})")

    _say(2, "calling the API …")
    status, answer = stack.ask(path)
    is_whole = len(answer) == _NAMES_ASKED if example_is_present() else "models" in answer
    _expect(status == _OK and is_whole, f"{path} answered {status}: {answer}")
    print(f"      {answer}")

    _say(3, "the schedule runs …")
    if example_is_present():
        _expect_scheduled_names(stack, time=f"{now:%Y%m%dT%H%M%SZ}")
    else:
        print("      left out: without the example there is no job that the schedule could run")

    _say(4, "a run fails …")
    failure = stack.fail_a_run()
    _expect("yesterday" in str(failure), f"the queue holds {failure}")
    print("      its event is in the queue of failures")

    _say(5, "updating twice: more memory, then callers need a key …")
    stack.deploy(MemorySize="1024")
    key = "a key of the rehearsal"  # pragma: allowlist secret
    secret = boto3.client("secretsmanager").create_secret(Name="key", SecretString=key)
    stack.deploy(MemorySize="2048", Callers="api-key", ApiKeyArn=secret["ARN"], Dashboard="yes")
    versions = stack.versions("ApiFunction")
    _expect(versions == ["2", "3"], f"ApiFunction has the versions {versions}")
    statuses = [stack.ask(path, headers)[0] for headers in _with_keys(None, "wrong", key)]
    _expect(statuses == [_UNAUTHORIZED, _FORBIDDEN, _OK], f"the statuses are {statuses}")
    print("      401 without a key, 403 with a wrong key, 200 with the right key")
    print("      the first version was deleted")

    _say(6, "deleting …")
    bucket = stack.output("BatchesBucket")
    stack.delete()
    kept = boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"]
    _expect(kept > 0 or not example_is_present(), "the bucket's objects were deleted")
    print(f"      only the bucket is left; it has {kept} objects")


def _expect_scheduled_names(stack: Stack, time: str) -> None:
    run, names = stack.scheduled_names(time)
    _expect(len(names) == _NAMES, f"{len(names)} names were written")
    _, answer = stack.ask("/names/batches")
    _expect(answer == {"batches": [run]}, f"/names/batches answered {answer}")
    print(f"      {len(names)} names, the first of them {names[:3]}")


def _with_keys(*keys: str | None) -> list[dict[str, str]]:
    return [{"x-api-key": key} if key else {} for key in keys]


def _say(step: int, what: str) -> None:
    print(f"[{step}/{_STEPS}] {what}", flush=True)


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001
    if not holds:
        raise RuntimeError(otherwise)


if __name__ == "__main__":
    main()
