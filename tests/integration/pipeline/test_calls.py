"""Whatever the commands of a deployment ask AWS for, the role of the pipeline may do."""

import re
from collections.abc import Iterator

import botocore.session
from botocore import xform_name

from tests.integration.pipeline.policies import EVERYTHING, actions_matching, of_the_role
from tests.processes import REPOSITORY
from tests.template import needs_sam

SCRIPTS = [
    REPOSITORY / "scripts/deploy.py",
    REPOSITORY / "scripts/rollback.py",
    *(REPOSITORY / "scripts/deploying").glob("*.py"),
]
SERVICES = ("cloudformation", "ecr", "lambda")
# `sam deploy` asks for the first ones, and a push and a pull of an image for the others.
OF_PROGRAMS = (
    "cloudformation:CreateChangeSet",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplateSummary",
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


def operations() -> Iterator[str]:
    """The operations that the scripts name: as methods of a client, or as a paginator's."""
    words = set().union(*(re.findall(r"\.(\w+)\(|\"(\w+)\"", file.read_text()) for file in SCRIPTS))
    named = {word for pair in words for word in pair if word}
    session = botocore.session.get_session()
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            if xform_name(operation) in named:
                yield f"{service}:{operation}"


@needs_sam
def test_the_role_may_make_every_call_of_the_scripts() -> None:
    found = set(operations())
    assert {"cloudformation:DescribeStacks", "lambda:GetFunction"} <= found
    statements = of_the_role(**EVERYTHING)
    for action in {*found, *OF_PROGRAMS}:
        assert any(actions_matching(statements, action)), f"scripts/pipeline.yaml lacks {action}"
