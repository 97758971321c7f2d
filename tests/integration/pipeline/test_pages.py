"""The runbook and the threat model speak of what there is."""

import json
import re

from tests.integration.pipeline.policies import PROVIDER, template
from tests.processes import REPOSITORY
from tests.template import deployed, needs_sam, of_type, parameters

RUNBOOK = REPOSITORY / "docs/runbook.md"
THREATS = REPOSITORY / "docs/threat-model.md"
PIPELINE = REPOSITORY / "docs/pipeline.md"


def headings(text: str) -> str:
    return "\n".join(re.findall(r"^#+ .*$", text, re.MULTILINE))


@needs_sam
def test_every_alarm_is_in_the_runbook() -> None:
    text = RUNBOOK.read_text()
    alarms = of_type(
        deployed(Deployment="Canary10Percent5Minutes", AlarmEmail="team@example.com"),
        "AWS::CloudWatch::Alarm",
    )
    for name, alarm in alarms.items():
        assert name in text, name
        if "AlarmName" in alarm:
            shown = alarm["AlarmName"]["Fn::Sub"].replace("${AWS::StackName}", "STACK")
            shown = re.sub(r"\$\{[\w.]+\}", "N", shown)
            assert shown in headings(text), shown


def test_every_status_that_callers_and_stacks_have_is_in_the_runbook() -> None:
    text = RUNBOOK.read_text()
    for status in (401, 403, 413, 429, 500, 502, 503, 504):
        assert re.search(rf"^\| [\d, ]*{status}\b", text, re.MULTILINE), status
    for state in ("ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"):
        assert state in headings(text), state


@needs_sam
def test_the_queries_ask_for_fields_of_the_logs() -> None:
    (stage,) = of_type(deployed(), "AWS::ApiGatewayV2::Stage").values()
    fields = set(json.loads(stage["AccessLogSettings"]["Format"]))
    text = RUNBOOK.read_text()
    asked = set(re.findall(r"(?:filter|by|max\()\s?(status|path|error|latency|ip|caller)\b", text))
    assert {"status", "latency", "ip"} <= asked <= fields
    groups = {
        json.dumps(group["LogGroupName"])
        for group in of_type(deployed(Callers="api-key"), "AWS::Logs::LogGroup").values()
    }
    for name in set(re.findall(r"`(/aws/[\w/-]+)`", text)):
        path = name.replace("STACK", "${AWS::StackName}")
        assert any(f'"{path}"' in group for group in groups), name


@needs_sam
def test_parameters_that_the_pages_name_exist() -> None:
    for page in (RUNBOOK, PIPELINE):
        named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)(?:=[^`]*)?`", page.read_text()))
        known = parameters() | of_type_names() | {"RoleArn", "BoundaryArn", "OidcProviderArn"}
        known |= {"SourceStackName", "StackName", "BeforeAllowTraffic", "AccessDenied"}
        known |= {"AssumeRoleWithWebIdentity", "Failures"}
        assert named <= known, (page.name, named - known)


def of_type_names() -> set[str]:
    everything = deployed(Deployment="Canary10Percent5Minutes", AlarmEmail="team@example.com")
    return set(everything)


def test_what_checks_a_threat_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", THREATS.read_text()))
    assert len(named) > 5
    for path in named:
        assert (REPOSITORY / path).exists(), path
    rows = re.findall(r"^\| (?!threat|---)(.*) \|$", THREATS.read_text(), re.MULTILINE)
    for row in (row for row in rows if "`tests/" in row or "`make " in row):
        assert len(row.split(" | ")) >= 3, row


@needs_sam
def test_the_commands_of_the_set_up_give_what_the_template_takes() -> None:
    known = template()["Parameters"]
    text = PIPELINE.read_text().replace("\\\n", " ")
    commands = re.findall(
        r"^aws cloudformation deploy .*--parameter-overrides (.*)$", text, re.MULTILINE
    )
    assert len(commands) == 3
    for command in commands:
        given = dict(word.split("=", 1) for word in command.split())
        assert given.keys() <= known.keys()
        assert {name for name, each in known.items() if "Default" not in each} <= given.keys()
        for name, value in given.items():
            chosen = PROVIDER if value == "ARN" else value
            assert re.fullmatch(known[name]["AllowedPattern"], chosen), (name, value)
    outputs = set(template()["Outputs"])
    assert outputs <= set(re.findall(r"`(\w+)`", text))
