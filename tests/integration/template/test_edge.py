"""CloudFront and its firewall in front of the API."""

import json
from typing import Any

import pytest

from tests.processes import REPOSITORY
from tests.template import Decider, in_sam_environment, needs_sam, refusals

pytestmark = needs_sam
API = {"ApiDomain": "abc.execute-api.eu-west-1.amazonaws.com", "AWS::Region": "us-east-1"}
REPLICA = "arn:aws:secretsmanager:us-east-1:000000000000:secret:models-AbCdEf"
DOMAIN = {
    "DomainName": "models.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1",
}
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    path = str(REPOSITORY / "scripts/edge.yaml")
    parsed: dict[str, Any] = in_sam_environment(
        "samcli.yamlhelper", f"yaml_parse(open({path!r}).read())"
    )
    return parsed


def distribution(template: dict[str, Any], **parameters: str) -> dict[str, Any]:
    values = {
        name: str(parameter.get("Default", ""))
        for name, parameter in template["Parameters"].items()
    }
    decider = Decider(template["Conditions"], values | API | parameters)
    properties = decider.decide(template["Resources"]["Distribution"]["Properties"])
    configuration: dict[str, Any] = properties["DistributionConfig"]
    return configuration


def test_it_limits_the_requests_of_each_address(template: dict[str, Any]) -> None:
    firewall = template["Resources"]["Firewall"]["Properties"]
    assert firewall["Scope"] == "CLOUDFRONT"
    (rule,) = firewall["Rules"]
    limit = rule["Statement"]["RateBasedStatement"]
    assert limit["AggregateKeyType"] == "IP"
    assert limit["EvaluationWindowSec"] == 300
    assert limit["Limit"] == {"Ref": "RequestsPerAddress"}
    assert rule["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429
    assert distribution(template)["WebACLId"] == {"Fn::GetAtt": ["Firewall", "Arn"]}


def test_it_keeps_no_answer_and_passes_all_but_the_host_on(template: dict[str, Any]) -> None:
    """API Gateway finds an API by its host; a kept prediction would be another caller's."""
    behaviour = distribution(template)["DefaultCacheBehavior"]
    assert behaviour["CachePolicyId"] == CACHING_DISABLED
    assert behaviour["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER
    assert {"GET", "POST", "OPTIONS"} <= {*behaviour["AllowedMethods"]}
    assert behaviour["ViewerProtocolPolicy"] == "https-only"


def test_it_speaks_modern_tls(template: dict[str, Any]) -> None:
    configuration = distribution(template, **DOMAIN)
    assert configuration["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert configuration["Aliases"] == ["models.example.com"]
    (origin,) = configuration["Origins"]
    assert origin["DomainName"] == API["ApiDomain"]
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
    assert "Aliases" not in distribution(template)


def test_it_sends_the_key_in_place_of_its_callers(template: dict[str, Any]) -> None:
    (origin,) = distribution(template)["Origins"]
    assert "OriginCustomHeaders" not in origin
    (origin,) = distribution(template, ApiKeySecret=REPLICA)["Origins"]
    (header,) = origin["OriginCustomHeaders"]
    assert header["HeaderName"] == "x-api-key"
    # CloudFormation reads the secret; the template and its parameters hold only where it is.
    reference = "{{resolve:secretsmanager:${ApiKeySecret}:SecretString:::${ApiKeyVersion}}}"
    assert header["HeaderValue"] == {"Fn::Sub": reference}
    assert "resolve:" not in json.dumps(template["Outputs"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        (DOMAIN | {"ApiKeySecret": REPLICA}, None),
        ({"AWS::Region": "eu-west-1"}, "Deploy this stack in us-east-1"),
        ({"ApiDomain": "https://abc.execute-api.eu-west-1.amazonaws.com"}, "must be a host name"),
        ({"ApiDomain": "abc.execute-api.eu-west-1.amazonaws.com/"}, "must be a host name"),
        ({"ApiKeySecret": REPLICA.replace("us-east-1", "eu-west-1")}, "Replicate the secret"),
        ({"DomainName": "models.example.com"}, "DomainName needs CertificateArn"),
    ],
)
def test_it_refuses_what_cannot_work(
    template: dict[str, Any], changes: dict[str, str], said: str | None
) -> None:
    refused = refusals(template, **API | changes)
    assert (said is None) is (refused == [])
    assert said is None or said in "".join(refused)
