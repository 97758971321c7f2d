"""What must differ between two stacks of one account, and what a deletion leaves."""

import json

from tests.template import deployed, needs_sam, of_type, references, transformed

pytestmark = needs_sam
EVERYTHING = {
    "Dashboard": "yes",
    "AlarmEmail": "team@example.com",
    "Deployment": "Canary10Percent5Minutes",
    "MonthlyBudget": "5",
}
# Properties by which AWS finds a resource in the whole account and region.
NAMES = ("AlarmName", "BucketName", "DashboardName", "FunctionName", "LogGroupName", "Name")
OF_AN_API = {"AWS::ApiGatewayV2::Authorizer", "AWS::ApiGatewayV2::Stage"}


def test_two_stacks_of_one_account_have_no_name_in_common() -> None:
    named = 0
    for resource, content in deployed(**EVERYTHING).items():
        if content["Type"] in OF_AN_API or content["Type"].startswith("AWS::Lambda::"):
            continue
        for name in NAMES:
            if value := content["Properties"].get(name):
                assert "AWS::StackName" in references(value), (resource, value)
                named += 1
    assert named >= 7
    functions = of_type(deployed(**EVERYTHING), "AWS::Lambda::Function").values()
    assert all("AWS::StackName" in references(f.get("FunctionName", NAMED)) for f in functions)


NAMED = {"Ref": "AWS::StackName"}  # CloudFormation makes a name of the stack's


def test_a_dashboard_is_of_a_region() -> None:
    """Dashboards are global to an account."""
    (dashboard,) = of_type(deployed(**EVERYTHING), "AWS::CloudWatch::Dashboard").values()
    assert {"AWS::Region", "AWS::StackName"} <= references(dashboard["DashboardName"])


def test_a_failed_creation_leaves_no_bucket_and_a_deletion_keeps_it() -> None:
    bucket = deployed()["BatchesBucket"]
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"


def test_no_rule_deletes_what_a_user_put_into_the_bucket() -> None:
    rules = deployed()["BatchesBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert not [rule for rule in rules if "ExpirationInDays" in rule]


def test_the_input_of_the_schedule_is_a_parameter() -> None:
    (schedule,) = of_type(
        deployed(ScheduleInput='{"scheduled_time": 1}'), "AWS::Scheduler::Schedule"
    ).values()
    assert json.loads(schedule["Target"]["Input"]) == {"scheduled_time": 1}
    default = json.loads(json.loads(transformed())["Parameters"]["ScheduleInput"]["Default"])
    assert default == {"scheduled_time": "<aws.scheduler.scheduled-time>"}
