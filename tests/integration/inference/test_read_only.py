"""A server whose every folder is read-only, as in ``docker run --read-only``."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.folders import change, copy_iris, sign
from tests.processes import REPOSITORY

_WRITABLE = 77
# In a mount namespace of its own, every mount is made read-only.
SCRIPT = f"""
for mount in $(cut -d' ' -f2 /proc/mounts | sort -u); do
  mount -o remount,bind,ro "$mount" 2>/dev/null
done
for folder in /tmp /var/tmp /usr/tmp "$PWD"; do
  touch "$folder/.probe" 2>/dev/null && rm "$folder/.probe" && exit {_WRITABLE}
done
exec "$@"
"""
CODE = (
    "from starlette.testclient import TestClient; from functions.api.app import app; "
    "print(TestClient(app).get('/health').text)"
)


def test_litert_is_served_and_tensorflow_says_what_is_missing(tmp_path: Path) -> None:
    copy_iris(tmp_path)
    tulip = copy_iris(tmp_path, "tulip")
    (tulip / "saved_model").mkdir()
    change(tulip, engine="tensorflow", file="saved_model")
    sign(tulip)
    server = [sys.executable, "-c", CODE]
    environment = {"MODELS_DIR": str(tmp_path), "PYTHONPATH": ".:layers"}
    environment |= {"VERIFY_MODELS": "trial", "PRELOAD_MODELS": "all", "TMPDIR": str(tmp_path)}
    try:
        done = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh", *server],
            cwd=REPOSITORY,
            env=os.environ | environment,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        pytest.skip("unshare is not here")
    if done.returncode == _WRITABLE or "unshare failed" in done.stderr:
        pytest.skip("this system lets nobody make its mounts read-only")
    assert done.returncode == 0, done.stderr
    health = json.loads(done.stdout.splitlines()[-1])
    assert [model["name"] for model in health["models"]] == ["iris"]
    assert "TensorFlow needs a folder for temporary files" in health["broken"]["tulip"]
