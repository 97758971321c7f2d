"""A project that `sam init` makes of this repository: no .git, and every check all the same."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.project_files import project_files
from tests.processes import REPOSITORY, copy_repository
from tests.unset_up import Copy, path_without

ENVIRONMENTS = (".venv", ".venv-sam", ".venv-lint", ".venv-clients")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made from a clone of what is here, with the environments that are set up here."""
    place = tmp_path_factory.mktemp("sam-init")
    clone = place / "clone"
    copy_repository(clone)
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "-q"], ["add", "--all"], [*author, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *words], cwd=clone, check=True)
    subprocess.run(
        [
            *(REPOSITORY / ".venv-sam/bin/sam", "init", "--no-input", "--name", "my models"),
            *("--location", f"git+file://{clone}"),
        ],
        cwd=place,
        env=os.environ | {"HOME": str(place), "SAM_CLI_TELEMETRY": "0"},
        check=True,
        capture_output=True,
    )
    folder = place / "my models"
    for environment in filter(lambda name: (REPOSITORY / name).exists(), ENVIRONMENTS):
        (folder / environment).symlink_to((REPOSITORY / environment).resolve())
    for file in (REPOSITORY / "requirements").iterdir():
        shutil.copystat(file, folder / "requirements" / file.name)
    return folder


def run(project: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=project,
        env=Copy.environment(**environment),
        capture_output=True,
        text=True,
    )


def test_it_is_the_whole_project_without_git(project: Path) -> None:
    assert not (project / ".git").exists()
    assert project_files(project) == project_files(REPOSITORY)
    for name in project_files(project):
        assert os.access(project / name, os.X_OK) == os.access(REPOSITORY / name, os.X_OK), name


def test_the_search_for_secrets_searches(project: Path) -> None:
    done = run(project, "make", "secrets")
    assert done.returncode == 0, done.stdout + done.stderr
    secret = project / "functions/endpoints/mine.py"
    secret.write_text(f'key = "AKIA{"Q3EG" * 4}"\n')
    done = run(project, "make", "secrets")
    secret.unlink()
    assert done.returncode != 0
    assert "functions/endpoints/mine.py" in done.stdout + done.stderr


def test_the_linters_leave_the_environments_alone(project: Path) -> None:
    place = project / ".venv-of-another-tool"
    place.mkdir()
    (place / "module.py").write_text("import os\n")
    for check in (["check"], ["format", "--check"]):
        done = run(project, ".venv/bin/ruff", *check, "--no-cache")
        assert done.returncode == 0, done.stdout
    shutil.rmtree(place)


def test_its_tests_are_run(project: Path) -> None:
    tests = ["tests/unit/test_docs.py", "tests/unit/test_architecture.py"]
    command = [".venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = run(project, *command, PYTHONPATH=".:layers")
    assert done.returncode == 0, done.stdout
    code = "import pathlib, tests.processes as p; p.copy_repository(pathlib.Path('.aws-sam/copy'))"
    done = run(project, ".venv/bin/python", "-c", code, PYTHONPATH=".:layers")
    assert done.returncode == 0, done.stderr
    copied = project / ".aws-sam/copy"
    assert project_files(copied) == project_files(REPOSITORY)
    shutil.rmtree(project / ".aws-sam")


def test_it_is_built(project: Path, docker: None) -> None:
    template = project / "template.yaml"
    text = template.read_text()
    template.write_text(text.replace("DockerTag: latest", "DockerTag: sam-init"))
    done = run(project, "make", "build")
    template.write_text(text)
    shutil.rmtree(project / ".aws-sam", ignore_errors=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]


def test_files_are_found_without_the_program_git(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = project_files(REPOSITORY)
    monkeypatch.setenv("PATH", path_without(tmp_path, "git"))
    assert project_files(REPOSITORY) == expected


def test_a_repository_around_the_project_does_not_hide_it(project: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    copy_repository(tmp_path / "inner")
    assert project_files(tmp_path / "inner") == project_files(REPOSITORY)
    (tmp_path / ".gitignore").write_text("inner/\n")
    assert project_files(tmp_path / "inner") == project_files(REPOSITORY)


def test_nothing_passes_on_no_files(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / "a.py").touch()
    with pytest.raises(FileNotFoundError, match="holds no file that"):
        project_files(tmp_path)


def test_rules_of_inner_folders_count(tmp_path: Path) -> None:
    for name in ("a.py", "data/a.csv", "data/b.py", ".venv-x/c.py", "build/d", "data/build"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".gitignore").write_text(".venv*\nbuild/\n")
    (tmp_path / "data/.gitignore").write_text("*.csv\n")
    found = {str(file) for file in project_files(tmp_path)}
    assert found == {".gitignore", "a.py", "data/.gitignore", "data/b.py", "data/build"}
