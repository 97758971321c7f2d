"""An account of AWS that answers the few requests of `make deploy`, in AWS's own protocols.

CloudFormation and STS speak XML, Lambda REST with JSON, ECR JSON. The stub of `sam` asks `/sam`.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ARN = "arn:aws:lambda:eu-west-1:000000000000:function"


@dataclass
class Function:
    """A function with its published versions. The alias ``live`` names one of them."""

    images: dict[str, str]  # by version
    live: str
    weights: dict[str, float] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


@dataclass
class StackState:
    """A stack: its functions by logical id, which is also their name."""

    status: str = "UPDATE_COMPLETE"
    functions: dict[str, Function] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    template: str = ""


@dataclass
class Sam:
    """One call of `sam`: its arguments, the parameters and the template that it got."""

    words: list[str]
    parameters: dict[str, str]
    template: dict[str, Any]
    environment: dict[str, str]

    @property
    def stack(self) -> str:
        return next(
            word.partition("=")[2] for word in self.words if word.startswith("--stack-name=")
        )


class Account:
    """The state that requests read and change, and what was asked."""

    def __init__(self) -> None:
        self.stacks: dict[str, StackState] = {}
        self.images: list[dict[str, Any]] = []  # of the registry
        self.sam_calls: list[Sam] = []
        self.deleted_versions: list[str] = []
        self.asked: list[str] = []  # `service operation, region, key id`
        self.on_sam: Callable[[Sam], int] = lambda _: 0

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, str]:
        """Status and body for a request."""
        if request.path == "/sam":
            call = Sam(**json.loads(body))
            self.sam_calls.append(call)
            return 200, str(self.on_sam(call))
        scope = request.headers["Authorization"].split("Credential=")[1].split(",")[0].split("/")
        key, _, region, service = scope[:4]
        target = request.headers.get("X-Amz-Target", "")
        if target:
            operation = target.rpartition(".")[2]
            status, answer = self._ecr(operation, json.loads(body))
        elif service == "lambda":
            operation = f"{request.command} {urlsplit(request.path).path}"
            status, answer = self._lambda(request.command, request.path)
        else:
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            operation = form["Action"]
            status, answer = self._query(operation, form)
        self.asked.append(f"{service} {operation} {region} {key}")
        return status, answer

    def _query(self, operation: str, form: dict[str, str]) -> tuple[int, str]:
        if operation == "GetCallerIdentity":
            return 200, _xml(operation, "<Account>000000000000</Account>")
        stack = self.stacks.get(form.get("StackName", ""))
        if stack is None:
            return 400, (
                "<ErrorResponse><Error><Code>ValidationError</Code>"
                f"<Message>Stack with id {form['StackName']} does not exist</Message></Error>"
                "</ErrorResponse>"
            )
        if operation == "DescribeStacks":
            outputs = "".join(
                f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
                for key, value in stack.outputs.items()
            )
            return 200, _xml(
                operation,
                f"<Stacks><member><StackStatus>{stack.status}</StackStatus>"
                f"<Outputs>{outputs}</Outputs></member></Stacks>",
            )
        if operation == "GetTemplate":
            text = stack.template.replace("&", "&amp;").replace("<", "&lt;")
            return 200, _xml(operation, f"<TemplateBody>{text}</TemplateBody>")
        assert operation == "ListStackResources", operation
        resources = [("AWS::Lambda::Function", name, name) for name in stack.functions]
        resources += [
            ("AWS::Lambda::Alias", f"{name}Alias", f"{ARN}:{name}:live") for name in stack.functions
        ]
        members = "".join(
            f"<member><ResourceType>{kind}</ResourceType><LogicalResourceId>{logical}"
            f"</LogicalResourceId><PhysicalResourceId>{name}</PhysicalResourceId></member>"
            for kind, logical, name in resources
        )
        return 200, _xml(operation, f"<StackResourceSummaries>{members}</StackResourceSummaries>")

    def _lambda(self, method: str, path: str) -> tuple[int, str]:
        parts = urlsplit(path)
        _, _, name, *rest = unquote(parts.path).strip("/").split("/")
        function = next(s.functions[name] for s in self.stacks.values() if name in s.functions)
        version = parse_qs(parts.query).get("Qualifier", [function.live])[0]
        alias = {
            "Name": "live",
            "FunctionVersion": function.live,
            "RoutingConfig": {"AdditionalVersionWeights": function.weights},
        }
        if method == "DELETE":
            del function.images[version]
            self.deleted_versions.append(f"{name}:{version}")
            return 204, ""
        if rest == ["versions"]:
            listed = [{"Version": "$LATEST"}, *({"Version": each} for each in function.images)]
            return 200, json.dumps({"Versions": listed})
        if rest == ["aliases"]:
            return 200, json.dumps({"Aliases": [alias]})
        if rest == ["aliases", "live"]:
            return 200, json.dumps(alias)
        if rest == ["configuration"]:
            return 200, json.dumps(
                {"Architectures": ["x86_64"], "Environment": {"Variables": function.variables}}
            )
        return 200, json.dumps(
            {"Code": {"ImageUri": "…", "ResolvedImageUri": function.images[version]}}
        )

    def _ecr(self, operation: str, asked: dict[str, Any]) -> tuple[int, str]:
        if operation == "GetAuthorizationToken":
            token = base64.b64encode(b"AWS:password-of-the-registry").decode()
            return 200, json.dumps({"authorizationData": [{"authorizationToken": token}]})
        if operation == "BatchDeleteImage":
            gone = {entry["imageDigest"] for entry in asked["imageIds"]}
            self.images = [image for image in self.images if image["imageDigest"] not in gone]
            return 200, "{}"
        assert operation == "DescribeImages", operation
        found = self.images
        if wanted := asked.get("imageIds"):
            tags = {entry["imageTag"] for entry in wanted}
            found = [image for image in found if tags & set(image.get("imageTags", []))]
            if not found:
                return 400, json.dumps({"__type": "ImageNotFoundException", "message": "no image"})
        return 200, json.dumps({"imageDetails": found})


def _xml(operation: str, content: str) -> str:
    result = f"<{operation}Result>{content}</{operation}Result>"
    return (
        re.sub(r"\s*\n\s*", "", f"<{operation}Response>{result}</{operation}Response>")
        if (operation != "GetTemplate")
        else f"<{operation}Response>{result}</{operation}Response>"
    )
