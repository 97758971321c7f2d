"""The ARNs that a stack's resources get, by the names that CloudFormation gives them."""

from tests.integration.pipeline.policies import ACCOUNT, REGION, STACK

ID = "1A2B3C4D5E6F"  # what CloudFormation adds to a name
UNLIMITED = "*"  # the resource of an action that knows none


def of_type(kind: str, stack: str = STACK) -> list[str]:
    """The ARNs that an action for this type may be asked for. An unknown type is a KeyError."""
    return [arn.format(region=REGION, account=ACCOUNT, stack=stack, id=ID) for arn in _ARNS[kind]]


_ROLE = "arn:aws:iam::{account}:role/{stack}-Role-{id}"
_API = "arn:aws:apigateway:{region}::/apis"
_FUNCTION = "arn:aws:lambda:{region}:{account}:function:{stack}-ApiFunction-{id}"
_HOOK = "arn:aws:lambda:{region}:{account}:function:CodeDeployHook_{stack}"
_ALARM = "arn:aws:cloudwatch:{region}:{account}:alarm:"
_DEPLOYMENTS = [
    "arn:aws:codedeploy:{region}:{account}:application:{stack}-Application-{id}",
    "arn:aws:codedeploy:{region}:{account}:deploymentgroup:{stack}-Application-{id}/{stack}-Group",
    "arn:aws:codedeploy:{region}:{account}:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce",
]
_KEY = "arn:aws:kms:{region}:{account}:key/1"
_FUNCTIONS = [_FUNCTION, f"{_FUNCTION}:live", _HOOK, _ROLE, _KEY]
_SCALING = [
    "arn:aws:application-autoscaling:{region}:{account}:scalable-target/0ec5",
    "arn:aws:iam::{account}:role/aws-service-role/lambda.application-autoscaling.amazonaws.com/R",
    _ALARM + "TargetTracking-function:{stack}-ApiFunction-{id}:live-AlarmHigh-1",
    _FUNCTION,
    UNLIMITED,
]
_ARNS = {
    "AWS::ApiGatewayV2::Api": [_API, f"{_API}/abc"],
    "AWS::ApiGatewayV2::ApiMapping": [
        "arn:aws:apigateway:{region}::/domainnames/models.example.com/apimappings",
    ],
    "AWS::ApiGatewayV2::Authorizer": [f"{_API}/abc/authorizers/def"],
    "AWS::ApiGatewayV2::DomainName": [
        "arn:aws:apigateway:{region}::/domainnames",
        "arn:aws:apigateway:{region}::/domainnames/models.example.com",
    ],
    "AWS::ApiGatewayV2::Integration": [f"{_API}/abc/integrations/def"],
    "AWS::ApiGatewayV2::Route": [f"{_API}/abc/routes/def"],
    "AWS::ApiGatewayV2::Stage": [f"{_API}/abc/stages/$default"],
    "AWS::ApplicationAutoScaling::ScalableTarget": _SCALING,
    "AWS::ApplicationAutoScaling::ScalingPolicy": _SCALING,
    "AWS::Budgets::Budget": ["arn:aws:budgets::{account}:budget/Budget", UNLIMITED],
    "AWS::CloudWatch::Alarm": [_ALARM + "{stack}-LatencyAlarm-{id}", UNLIMITED],
    "AWS::CloudWatch::Dashboard": ["arn:aws:cloudwatch::{account}:dashboard/{stack}-{region}"],
    "AWS::CodeDeploy::Application": _DEPLOYMENTS,
    "AWS::CodeDeploy::DeploymentGroup": [*_DEPLOYMENTS, _ROLE],
    "AWS::ECR::Repository": [
        "arn:aws:ecr:{region}:{account}:repository/{stack}-images-images-abc",
        "arn:aws:kms:{region}:{account}:key/2",
    ],
    "AWS::IAM::Role": [_ROLE],
    "AWS::Lambda::Alias": [*_FUNCTIONS, *_DEPLOYMENTS],
    "AWS::Lambda::EventInvokeConfig": _FUNCTIONS,
    "AWS::Lambda::Function": _FUNCTIONS,
    "AWS::Lambda::Permission": _FUNCTIONS,
    "AWS::Lambda::Version": _FUNCTIONS,
    "AWS::Logs::LogGroup": [
        "arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{stack}-api:*",
        "arn:aws:logs:{region}:{account}:log-group:/aws/vendedlogs/{stack}/access:*",
        UNLIMITED,
    ],
    "AWS::Route53::RecordSet": ["arn:aws:route53:::hostedzone/Z1", UNLIMITED],
    "AWS::S3::Bucket": ["arn:aws:s3:::{stack}-batchesbucket-{id}"],
    "AWS::S3::BucketPolicy": ["arn:aws:s3:::{stack}-batchesbucket-{id}"],
    "AWS::SNS::Topic": [
        "arn:aws:sns:{region}:{account}:{stack}-Alarms-{id}",
        _ROLE,
        UNLIMITED,
    ],
    "AWS::SQS::Queue": ["arn:aws:sqs:{region}:{account}:{stack}-Failures-{id}"],
    "AWS::Scheduler::Schedule": [
        "arn:aws:scheduler:{region}:{account}:schedule/default/{stack}-Schedule-{id}",
        _ROLE,
    ],
    "AWS::SecretsManager::Secret": [
        "arn:aws:secretsmanager:{region}:{account}:secret:ApiKey-abc-def",
        UNLIMITED,
    ],
}
