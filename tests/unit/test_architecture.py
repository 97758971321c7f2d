import subprocess
import sys

from tests.processes import REPOSITORY


def test_serving_imports_neither_tensorflow_nor_keras_nor_training_code() -> None:
    code = "import sys, functions.api.handler\nprint(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={"PYTHONPATH": ".:layers"},
        check=True,
        capture_output=True,
        text=True,
    )
    imported = set(run.stdout.split())
    assert "ai_edge_litert" in imported
    assert not imported & {"tensorflow", "keras", "pandas", "matplotlib", "model", "scripts"}
