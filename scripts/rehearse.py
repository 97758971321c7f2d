"""Rehearse deployments without AWS: the real template, image, scripts and SAM, on emulated AWS.

Deploys two environments side by side, calls them, lets the schedule run, makes a run fail, updates,
rolls back, deploys again, deletes.
Example: make rehearse
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import boto3

from scripts.command import parser
from scripts.example import example_is_present
from scripts.rehearsal.emulated_aws import emulated_aws
from scripts.rehearsal.environments import write_registry_template, write_template
from scripts.rehearsal.forwarding import forwarded
from scripts.rehearsal.scheduled import fail_a_run, scheduled_names
from scripts.rehearsal.stack import Stack

_STEPS = 8
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
                address = urlsplit(aws)
                with forwarded(str(address.hostname), address.port or 0) as port:
                    local = f"127.0.0.1:{port}"
                    write_registry_template(folder / "registry.yaml", local)
                    _rehearse(aws, folder, f"http://{local}")
        except RuntimeError as error:
            log = folder / "aws.log"
            end = log.read_text(errors="replace")[-3000:] if log.exists() else "there is none"
            sys.exit(f"the rehearsal failed: {error}\nthe end of MiniStack's log:\n{end}")


def _rehearse(aws: str, folder: Path, local: str) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    write_template(folder / "template.yaml", now.isoformat())
    dev, staging = Stack(aws, folder, "dev"), Stack(aws, folder, "staging")

    _say(1, "deploying the environment dev …")
    scheduled = {"ScheduleState": "ENABLED", "ScheduleExpression": f"at({now:%Y-%m-%dT%H:%M:%S})"}
    dev.configure(**scheduled)
    _show(dev.deploy(), "push")

    _say(2, "calling the API, and comparing its models with the ones here …")
    _expect_callers_need_the_key(dev)
    _show(dev.smoke(local), "no difference", "first answer")

    _say(3, "the schedule runs …")
    if example_is_present():
        _expect_scheduled_names(dev, moment=f"{now:%Y%m%dT%H%M%SZ}")
    else:
        print("      left out: without the example there is no job that the schedule could run")

    _say(4, "a run fails …")
    failure = fail_a_run(dev)
    _expect("yesterday" in str(failure), f"the queue holds {failure}")
    print("      its event is in the queue of failures")

    _say(5, "deploying staging beside it, with the image that runs in dev …")
    staging.configure(Callers="open")
    _show(staging.deploy("--from-env=dev"), "copying", "runs")
    digests = [stack.image("ApiFunction").rpartition("@")[2] for stack in (dev, staging)]
    _expect(len(set(digests)) == 1 and digests[0] != "", f"the images are {digests}")
    _expect(staging.ask("/v1/models")[0] == _OK, "staging does not answer")
    _expect_callers_need_the_key(dev)
    print(f"      both answer; both run {digests[0][:19]}…")

    _say(6, "updating dev through samconfig.toml …")
    dev.configure(**scheduled, MemorySize="1024", Dashboard="yes")
    _show(dev.deploy(), "already there")
    _expect_serving(dev, version="2", memory=1024, kept=["1", "2"])

    _say(7, "rolling dev back, and deploying it again …")
    _show(dev.roll_back(), "serves")
    _expect_serving(dev, version="3", memory=1769, kept=["1", "2", "3"])
    _expect_callers_need_the_key(dev)
    _show(dev.deploy(), "deleted")
    _expect_serving(dev, version="4", memory=1024, kept=["3", "4"])

    _say(8, "deleting …")
    bucket = dev.output("BatchesBucket")
    dev.delete()
    _expect(staging.ask("/v1/models")[0] == _OK, "staging does not answer any more")
    staging.delete()
    kept = boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"]
    _expect(kept > 0 or not example_is_present(), "the bucket's objects were deleted")
    print(f"      the buckets and the registries are left; dev's bucket has {kept} objects")


def _expect_callers_need_the_key(stack: Stack) -> None:
    names = f"/names?count={_NAMES_ASKED}&seed=7&species=cat"
    path = names if example_is_present() else "/v1/models"  # MiniStack has a /health itself
    key = stack.api_key()
    statuses = [stack.ask(path, sent)[0] for sent in (None, "wrong", key)]
    _expect(statuses == [_UNAUTHORIZED, _FORBIDDEN, _OK], f"{path} answered {statuses}")
    print(f"      401 without a key, 403 with a wrong key, 200 with it: {stack.ask(path, key)[1]}")


def _expect_scheduled_names(stack: Stack, moment: str) -> None:
    run, names = scheduled_names(stack, moment)
    _expect(len(names) == _NAMES, f"{len(names)} names were written")
    _, answer = stack.ask("/names/batches", stack.api_key())
    _expect(answer["batches"] == [run], f"/names/batches answered {answer}")
    print(f"      {len(names)} names, the first of them {names[:3]}")


def _expect_serving(stack: Stack, version: str, memory: int, kept: list[str]) -> None:
    serving = stack.serving("ApiFunction")
    found = (serving["Version"], serving["MemorySize"], stack.versions("ApiFunction"))
    _expect(found == (version, memory, kept), f"version, memory and versions are {found}")
    print(f"      version {version} serves, with {memory} MB; kept versions: {', '.join(kept)}")


def _show(output: str, *words: str) -> None:
    """Print the lines of a command's output that have one of these words."""
    for line in output.splitlines():
        if any(word in line for word in words):
            print(f"      {line}")


def _say(step: int, what: str) -> None:
    print(f"[{step}/{_STEPS}] {what}", flush=True)


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001
    if not holds:
        raise RuntimeError(otherwise)


if __name__ == "__main__":
    main()
