"""Who may call the API, and under which domain."""

import json
from typing import Any

import pytest

from tests.template import DOMAIN, deployed, needs_sam, of_type, refusals, transformed

pytestmark = needs_sam


@pytest.mark.parametrize(
    ("callers", "authorization"),
    [
        ("open", {"$default": "NONE"}),
        ("iam", {"$default": "AWS_IAM"}),
        ("jwt", {"$default": "AWS_IAM", "ANY /": "JWT", "ANY /{path+}": "JWT"}),
        ("api-key", {"$default": "AWS_IAM", "ANY /": "CUSTOM", "ANY /{path+}": "CUSTOM"}),
    ],
)
def test_who_may_call(callers: str, authorization: dict[str, str]) -> None:
    resources = deployed(Callers=callers, JwtIssuer="https://issuer", JwtAudience="app")
    routes = of_type(resources, "AWS::ApiGatewayV2::Route").values()
    assert {route["RouteKey"]: route["AuthorizationType"] for route in routes} == authorization
    authorizers = {route["AuthorizerId"]["Fn::Sub"] for route in routes if "AuthorizerId" in route}
    assert (
        authorizers
        == {
            "open": set(),
            "iam": set(),
            "jwt": {"${Authorizer.AuthorizerId}"},
            "api-key": {"${KeyAuthorizer.AuthorizerId}"},
        }[callers]
    )


def test_callers_can_be_changed_while_the_stack_runs() -> None:
    """CloudFormation makes the new routes before it deletes the old; keys must not meet."""
    everything = json.loads(transformed())["Resources"]
    keys = [route["RouteKey"] for route in of_type(everything, "AWS::ApiGatewayV2::Route").values()]
    assert len(keys) == len(set(keys))


def test_a_browser_may_ask_before_it_has_credentials() -> None:
    resources = deployed(Callers="jwt", CorsOrigins="https://example.com")
    routes = of_type(resources, "AWS::ApiGatewayV2::Route").values()
    (preflight,) = (route for route in routes if route["RouteKey"].startswith("OPTIONS"))
    assert preflight["AuthorizationType"] == "NONE"


def test_a_domain_has_modern_tls_and_no_way_around_it() -> None:
    resources = deployed(**DOMAIN)
    (domain,) = of_type(resources, "AWS::ApiGatewayV2::DomainName").values()
    (configuration,) = domain["DomainNameConfigurations"]
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    assert resources["Api"]["Properties"]["DisableExecuteApiEndpoint"] is True
    assert "DomainRecord" in resources
    assert "DomainRecord" not in deployed(**DOMAIN | {"HostedZoneId": ""})


# Its attribute Id, because emulators of AWS give a name for a reference to a secret.
ARN_OF_THE_KEY = {"Fn::GetAtt": ["ApiKey", "Id"]}


def test_callers_need_a_key_by_default_and_the_stack_makes_it() -> None:
    resources = deployed(KmsKeyArn="arn:key")
    (secret,) = of_type(resources, "AWS::SecretsManager::Secret").values()
    assert secret["GenerateSecretString"]["PasswordLength"] >= 32
    assert secret["GenerateSecretString"]["ExcludePunctuation"] is True
    assert secret["KmsKeyId"] == "arn:key"
    assert "KmsKeyId" not in deployed()["ApiKey"]["Properties"], "AWS's own key"
    assert "Name" not in secret, "two stacks, or one that is made anew, would have the same"
    function = resources["AuthorizerFunction"]["Properties"]
    assert function["Environment"]["Variables"]["API_KEY_ARN"] == ARN_OF_THE_KEY
    assert may_read(resources) == [ARN_OF_THE_KEY]


def test_nothing_prints_the_key() -> None:
    """Only its ARN leaves the stack; no part of the template holds the key or asks for it."""
    template = json.loads(transformed())
    assert "SecretString" not in template["Resources"]["ApiKey"]["Properties"]
    assert "resolve:" not in json.dumps(template)
    output = template["Outputs"]["ApiKeyArn"]
    assert output["Condition"] == "RequiresApiKey"
    assert output["Value"] == {"Fn::If": ["BringsApiKey", {"Ref": "ApiKeyArn"}, ARN_OF_THE_KEY]}
    others = {**template["Outputs"], "ApiKeyArn": None}
    assert "ApiKey" not in json.dumps(list(others.values()))


def test_a_key_of_your_own_is_used_instead() -> None:
    resources = deployed(ApiKeyArn="arn:own")
    assert not of_type(resources, "AWS::SecretsManager::Secret")
    assert may_read(resources) == ["arn:own"]


def may_read(resources: dict[str, dict[str, Any]]) -> list[Any]:
    """The secrets, by the policies of every role of the stack."""
    return [
        statement["Resource"]
        for role in of_type(resources, "AWS::IAM::Role").values()
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if "secretsmanager" in json.dumps(statement["Action"])
    ]


JWT = {"Callers": "jwt", "JwtIssuer": "https://issuer.example.com", "JwtAudience": "app"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"JwtAudience": "one,two"}, ""),
        ({"JwtAudience": ""}, "Callers=jwt needs JwtAudience"),
        ({"JwtAudience": ","}, "Callers=jwt needs JwtAudience"),
        ({"JwtIssuer": ""}, "Callers=jwt needs JwtIssuer"),
        ({"JwtIssuer": "issuer.example.com"}, "must be an address that begins with https://"),
    ],
)
def test_a_token_needs_its_issuer_and_its_audience(changes: dict[str, str], said: str) -> None:
    """Without an audience, a token that the issuer made for another application would do."""
    refused = refusals(json.loads(transformed()), **JWT | changes)
    assert len(refused) == bool(said)
    assert said in "".join(refused)


@pytest.mark.parametrize(
    ("arn", "is_accepted"),
    [
        ("arn:aws:secretsmanager:eu-west-1:000000000000:secret:models-key-abcdef", True),
        ("arn:aws-us-gov:ssm:us-gov-west-1:000000000000:parameter/models/key", True),
        ("models-key", False),
        ("arn:aws:ssm:eu-west-1:000000000000:document/models", False),
    ],
)
def test_a_key_is_named_by_its_arn(arn: str, *, is_accepted: bool) -> None:
    assert (refusals(json.loads(transformed()), ApiKeyArn=arn) == []) is is_accepted


def test_a_page_may_send_signed_and_traced_requests() -> None:
    cors = deployed(CorsOrigins="https://example.com")["Api"]["Properties"]["CorsConfiguration"]
    signed = {"authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}
    assert signed | {"traceparent", "tracestate", "x-api-key"} <= {*cors["AllowHeaders"]}
