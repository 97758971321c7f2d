"""`make rollback`: an earlier version serves again, through the stack."""

from tests.integration.scripts.deploying.conftest import Deployment
from tests.integration.scripts.deploying.states import deployed, publishing
from tests.processes import REPOSITORY


def roll_back(deployment: Deployment, *words: str) -> str:
    done = deployment.run(*words, script="rollback")
    assert "Traceback" not in done.stderr
    return done.stdout if done.returncode == 0 else done.stderr


def test_the_version_before_serves_again_through_the_stack(deployment: Deployment) -> None:
    """The alias is not moved beside CloudFormation. So the next deployment goes on."""
    account = deployment.account
    function = deployed(account, versions="45", live="5")
    function.variables = {"MADE_WITH": "Architecture=x86_64 MemorySize=1024"}
    account.stacks["models-dev"].template = (REPOSITORY / "template.yaml").read_text()
    account.on_sam = publishing(function, "6")
    assert "version 6 serves, with the image of version 4" in roll_back(deployment)
    (call,) = account.sam_calls
    assert call.stack == "models-dev"
    assert function.images["6"] == function.images["4"]
    assert call.parameters == {
        "Architecture": "x86_64",
        "MemorySize": "1024",
        "Deployment": "AllAtOnce",
    }
    assert not [line for line in account.asked if "PUT" in line], "no alias is moved by hand"


def test_a_second_rollback_does_not_bring_back_the_faulty_version(deployment: Deployment) -> None:
    account = deployment.account
    function = deployed(account, versions="345", live="5")
    account.stacks["models-dev"].template = (REPOSITORY / "template.yaml").read_text()
    account.on_sam = publishing(function, "6")
    assert "image of version 4" in roll_back(deployment)
    account.on_sam = publishing(function, "7")
    assert "image of version 3" in roll_back(deployment)


def test_a_failed_version_in_between_is_no_problem(deployment: Deployment) -> None:
    """5 serves, 6 failed. 4 is the one before."""
    account = deployment.account
    function = deployed(account, versions="456", live="5")
    account.stacks["models-dev"].template = (REPOSITORY / "template.yaml").read_text()
    account.on_sam = publishing(function, "7")
    assert "image of version 4" in roll_back(deployment)


def test_what_cannot_be_rolled_back_is_a_sentence(deployment: Deployment) -> None:
    assert "there is no stack models-dev" in roll_back(deployment)
    deployed(deployment.account, versions="5", live="5")
    assert "there is nothing to roll back to" in roll_back(deployment)
    assert "has no version 9: it has 5" in roll_back(deployment, "--to-version=9")
    assert "is not deployed" in roll_back(deployment, "--config-env=fresh")
    assert not deployment.account.sam_calls
