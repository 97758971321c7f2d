"""What CloudFormation needs for each type of resource, as AWS's own schemas of resources say.

cfn-lint has the schemas. Each names the actions of the handlers that create, read, update and
delete a resource of its type, for every property that it can have.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

_SCHEMAS = files("cfnlint") / "data/schemas/resources"
_HANDLERS = ("create", "read", "update", "delete")
# Actions that the resources of these templates do not need, and why. A pattern ends in `*`.
NOT_NEEDED = {
    "AWS::ApiGatewayV2::": {
        "iam:PassRole": "API Gateway invokes the functions by their own policies",
        "s3:*": "no definition of an API and no truststore lies in a bucket",
    },
    "AWS::ApplicationAutoScaling::": {
        "application-autoscaling:DeleteScheduledAction": "there are no scheduled actions",
        "application-autoscaling:PutScheduledAction": "there are no scheduled actions",
        "iam:PassRole": "the service has a service-linked role",
    },
    "AWS::CodeDeploy::DeploymentGroup": {
        "codedeploy:RegisterOnPremisesInstance": "functions are deployed, and no machines",
    },
    "AWS::ECR::Repository": {},
    "AWS::IAM::Role": {
        "iam:DeleteRolePermissionsBoundary": "no role exists without the boundary",
    },
    "AWS::Lambda::": {
        "ec2:*": "no function is in a VPC",
        "elasticfilesystem:*": "no function has a file system",
        "s3files:*": "no function has a file system",
        "lambda:AssociateRuntimeAlias": "an image has its own runtime",
        "lambda:GetCodeSigningConfig": "images are not signed by Lambda's code signing",
        "lambda:PutFunctionCodeSigningConfig": "images are not signed by Lambda's code signing",
        "lambda:GetLayerVersion": "an image has no layers",
        "lambda:PassCapacityProvider": "functions run on Lambda's own capacity",
        "lambda:PutFunctionRecursionConfig": "Lambda's default stops recursion",
        "lambda:PutFunctionScalingConfig": "functions run on Lambda's own capacity",
        "lambda:PutRuntimeManagementConfig": "an image has its own runtime",
        "s3:GetObject*": "the code is an image",
    },
    "AWS::Logs::LogGroup": {
        "firehose:*": "logs are sent nowhere else",
        "logs:*DataProtectionPolicy": "no log group has such a policy",
        "logs:*IndexPolicy": "no log group has such a policy",
        "logs:DeleteResourcePolicy": "the account's policy may serve others",
        "logs:PutBearer*": "nobody writes logs with tokens",
        "logs:PutLogGroupDeletionProtection": "the stack deletes its log groups",
        "s3:REST.PUT.OBJECT": "logs are sent nowhere else",
    },
    "AWS::S3::Bucket": {
        "iam:PassRole": "nothing is replicated",
        "s3:*Abac": "access is by name, and not by tag",
        "s3:*Acl": "S3 has turned lists of access off",
        "s3:*Analytics*": "is not configured",
        "s3:*Accelerate*": "is not configured",
        "s3:*Cors": "is not configured",
        "s3:*CORS": "is not configured",
        "s3:*IntelligentTiering*": "is not configured",
        "s3:*Inventory*": "is not configured",
        "s3:*Metadata*": "is not configured",
        "s3:*Metrics*": "is not configured",
        "s3:*ObjectLock*": "is not configured",
        "s3:*Replication*": "is not configured",
        "s3:*Website*": "is not configured",
        "s3:DeleteBucketEncryption": "the encryption is never taken away",
        "s3:DeleteBucketLifecycle": "the lifecycle is never taken away",
        "s3:DeleteObject": "the objects are the user's",
        "s3:PutBucketLogging": "is not configured",
        "s3:PutBucketNotification": "is not configured",
        "s3:PutBucketOwnershipControls": "is not configured",
        "s3tables:*": "is not configured",
    },
    "AWS::SNS::": {
        "iam:PassRole": "messages go to addresses of mail",
        "sns:PutDataProtectionPolicy": "the topic has no such policy",
    },
    "AWS::SecretsManager::Secret": {
        "secretsmanager:Re*": "the secret is in one region, and not replicated",
    },
}


@cache
def _handlers() -> dict[str, dict[str, Any]]:
    schemas = (
        json.loads(file.read_text("utf-8"))
        for file in _SCHEMAS.iterdir()
        if file.name.endswith(".json")
    )
    return {
        schema["typeName"]: schema["handlers"]
        for schema in schemas
        if isinstance(schema.get("handlers"), dict)
    }


def of_type(kind: str) -> set[str]:
    """The actions for a type of resource. A type whose schema names none is a KeyError."""
    handlers = _handlers()[kind]
    return {
        action for name in _HANDLERS for action in handlers.get(name, {}).get("permissions", [])
    }
