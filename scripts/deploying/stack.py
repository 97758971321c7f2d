"""What CloudFormation and Lambda say of a deployed stack."""

import sys
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

_ALIAS = "live"
_ADVICE = {
    "ROLLBACK_COMPLETE": "its first creation failed. Delete it with `aws cloudformation "
    "delete-stack --stack-name {stack} --region {region}`, and deploy again",
    "ROLLBACK_FAILED": "its first creation failed. Delete it with `aws cloudformation "
    "delete-stack --stack-name {stack} --region {region}`, and deploy again",
    "UPDATE_ROLLBACK_FAILED": "an update and its rollback failed. Run `aws cloudformation "
    "continue-update-rollback --stack-name {stack} --region {region}`, and deploy again",
}


class Stack:
    """A stack by its name. It need not exist yet."""

    def __init__(self, session: Any, name: str) -> None:  # noqa: ANN401 - boto3 has no types
        self.name = name
        self._session = session
        self._cloudformation = session.client("cloudformation")
        self._lambda = session.client("lambda")

    def describe(self) -> dict[str, Any] | None:
        """CloudFormation's description; None if there is no such stack."""
        try:
            answer = self._cloudformation.describe_stacks(StackName=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise
        description: dict[str, Any] = answer["Stacks"][0]
        return description

    def require_deployable(self) -> None:
        """Exit with a sentence if CloudFormation would refuse to change the stack now."""
        description = self.describe()
        status = description["StackStatus"] if description else ""
        advice = _ADVICE.get(status)
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            advice = "somebody changes it at this moment. Wait until that ends"
        if advice:
            region = self._session.region_name
            what = advice.format(stack=self.name, region=region)
            sys.exit(f"the stack {self.name} is in the state {status}: {what}")

    def parameters(self) -> dict[str, str]:
        """The values of the parameters; empty if there is no such stack."""
        listed = (self.describe() or {}).get("Parameters", [])
        return {entry["ParameterKey"]: entry["ParameterValue"] for entry in listed}

    def outputs(self) -> dict[str, str]:
        """The outputs; empty if there is no such stack."""
        listed = (self.describe() or {}).get("Outputs", [])
        return {entry["OutputKey"]: entry["OutputValue"] for entry in listed}

    def resources(self, kind: str) -> Iterator[dict[str, Any]]:
        """The stack's resources of a type, such as ``AWS::Lambda::Function``."""
        pages = self._cloudformation.get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self.name):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] == kind and "PhysicalResourceId" in resource:
                    yield resource

    def functions(self) -> list[str]:
        """The names of all functions."""
        return [
            resource["PhysicalResourceId"] for resource in self.resources("AWS::Lambda::Function")
        ]

    def serving(self) -> dict[str, str]:
        """The version of each function that its alias names; empty if there is no such stack."""
        if self.describe() is None:
            return {}
        versions = {}
        for resource in self.resources("AWS::Lambda::Alias"):
            arn: str = resource["PhysicalResourceId"]
            function = arn.removesuffix(f":{_ALIAS}").rpartition(":")[2]
            alias = self._lambda.get_alias(FunctionName=function, Name=_ALIAS)
            versions[function] = alias["FunctionVersion"]
        return versions

    def versions(self, function: str) -> list[str]:
        """The published versions of a function, the oldest first."""
        pages = self._lambda.get_paginator("list_versions_by_function")
        found = [
            version["Version"]
            for page in pages.paginate(FunctionName=function)
            for version in page["Versions"]
        ]
        return sorted((version for version in found if version != "$LATEST"), key=int)

    def image_of(self, function: str, version: str | None = None) -> str:
        """The image that a version runs, ``repository@sha256:…``; of ``$LATEST`` by default."""
        qualifier = {"Qualifier": version} if version else {}
        code = self._lambda.get_function(FunctionName=function, **qualifier)["Code"]
        image: str = code.get("ResolvedImageUri") or code["ImageUri"]
        return image

    def architecture_of(self, function: str, version: str) -> str:
        """The processor of a version, ``x86_64`` or ``arm64``."""
        configuration = self._lambda.get_function_configuration(
            FunctionName=function, Qualifier=version
        )
        (architecture,) = configuration.get("Architectures", ["x86_64"])
        found: str = architecture
        return found

    def variables_of(self, function: str, version: str) -> dict[str, str]:
        """The environment variables of a version."""
        configuration = self._lambda.get_function_configuration(
            FunctionName=function, Qualifier=version
        )
        variables: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})
        return variables

    def template(self) -> str:
        """The template as it was deployed, before SAM's transform."""
        answer = self._cloudformation.get_template(StackName=self.name, TemplateStage="Original")
        body: str = answer["TemplateBody"]
        return body

    def api_function(self) -> str:
        """The name of the function behind the API. Exits with a sentence if there is none."""
        for resource in self.resources("AWS::Lambda::Function"):
            if resource["LogicalResourceId"] == "ApiFunction":
                name: str = resource["PhysicalResourceId"]
                return name
        sys.exit(f"the stack {self.name} has no ApiFunction: it is another kind of stack")
