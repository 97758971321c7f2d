"""``make invoke-scheduled`` as a user runs it: the scheduled function in its image, S3 emulated."""

import json
import re
import subprocess

from tests.processes import REPOSITORY


def test_a_batch_is_written(docker: None) -> None:
    command = ["make", "invoke-scheduled", 'INPUT={"count": 1500, "species": "dog"}']
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    (answer,) = re.findall(r"^answer: (.*)$", done.stdout, re.MULTILINE)
    assert json.loads(answer)["count"] == 1500
    written = re.findall(r"^s3://batches/names/(?:parts/)?[\w-]+/(\S+)", done.stdout, re.MULTILINE)
    assert written == ["manifest.json", "part-00000.jsonl.gz", "part-00001.jsonl.gz"]


def test_a_run_that_fails_says_so(docker: None) -> None:
    command = ["make", "invoke-scheduled", 'INPUT={"count": 0}']
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode != 0
    assert "greater than or equal to 1" in done.stdout
    assert "s3://batches/names" not in done.stdout
