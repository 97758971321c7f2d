"""What `make deploy` refuses before it makes anything."""

import pytest

from tests.integration.scripts.deploying.account import StackState
from tests.integration.scripts.deploying.conftest import Deployment
from tests.integration.scripts.deploying.states import deployed, image


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--guided"], "the first deployment asks"),
        ([f"--stack-name={'a' * 50}"], "has 50 characters. It may have 49 at most"),
        (["--stack-name=models_dev"], "letters, digits and hyphens"),
        (["--parameter-overrides", "Caller=open"], "Did you mean Callers"),
        (["--parameter-overrides", "cron(0", "6"], "is not a parameter"),
        (["--profile=nobody"], "there is no profile nobody"),
        (["--config-env=prd"], "ENV=prd is close to prod"),
        (["--config-env=laboratory"], "a new environment needs a terminal"),
        (["--config-env=prod", "--from-env=prod"], "FROM and ENV are both prod"),
        (["--config-env=prod", "--from-env=fresh"], "is not deployed yet"),
        (["--architecture=arm64"], "make build ARCH=arm64"),
    ],
)
def test_a_mistake_is_a_sentence(deployment: Deployment, words: list[str], message: str) -> None:
    deployed(deployment.account)
    before = deployment.config.read_text()
    done = deployment.run(*words)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert [call.stack for call in deployment.account.sam_calls] in ([], ["models-dev-images"])
    assert deployment.config.read_text() == before


def test_without_credentials_nothing_is_asked_or_built(deployment: Deployment) -> None:
    done = deployment.run(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    assert done.returncode == 1
    assert "there are no AWS credentials" in done.stderr
    assert not deployment.account.sam_calls
    assert not deployment.docker_calls()


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_COMPLETE", "delete-stack --stack-name models-dev --region eu-west-1"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("UPDATE_IN_PROGRESS", "Wait until that ends"),
    ],
)
def test_a_stack_that_cannot_change_says_what_to_do(
    deployment: Deployment, status: str, advice: str
) -> None:
    deployment.account.stacks["models-dev"] = StackState(status=status)
    done = deployment.run()
    assert done.returncode == 1
    assert advice in done.stderr
    assert not deployment.account.sam_calls


def test_a_list_of_images_is_not_deployed(deployment: Deployment) -> None:
    """BuildKit may push a list of images, which Lambda refuses after minutes."""
    deployed(deployment.account)
    index = image("d", tag=f"sha256-{'c' * 12}")
    index["imageManifestMediaType"] = "application/vnd.oci.image.index.v1+json"
    deployment.account.images = [index]
    done = deployment.run()
    assert done.returncode == 1
    assert "BUILDX_NO_DEFAULT_ATTESTATIONS=1" in done.stderr


def test_rights_that_are_missing_are_named(deployment: Deployment) -> None:
    answer = deployment.account.answer

    def refuse(request: object, body: bytes) -> tuple[int, str]:
        if b"DescribeStacks" in body:
            return 403, (
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized: "
                "cloudformation:DescribeStacks</Message></Error></ErrorResponse>"
            )
        return answer(request, body)  # type: ignore[arg-type]

    deployment.account.answer = refuse  # type: ignore[method-assign]
    done = deployment.run()
    assert done.returncode == 1
    assert "cloudformation:DescribeStacks" in done.stderr
    assert "Traceback" not in done.stderr
