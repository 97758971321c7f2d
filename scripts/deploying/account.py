"""The account of AWS: whether there are credentials, and clients that use them."""

import os
import sys
from typing import Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ProfileNotFound,
)


def open_session(profile: str | None, region: str) -> Any:  # noqa: ANN401 - boto3 has no types
    """A session whose credentials AWS has accepted. Exits with a sentence otherwise.

    The environment variables make SAM and Docker use the same profile and region.
    """
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        caller = session.client("sts").get_caller_identity()
    except ProfileNotFound:
        sys.exit(f"there is no profile {profile}: `aws configure list-profiles` lists them")
    except NoCredentialsError:
        sys.exit(
            "there are no AWS credentials: run `aws configure sso`, or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY. ARGS='--profile NAME' chooses a profile"
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        sys.exit(f"AWS refuses the credentials ({code}): log in again, as with `aws sso login`")
    except BotoCoreError as error:
        sys.exit(f"AWS cannot be asked in region {region}: {error}")
    print(f"account {caller['Account']}, region {region}", flush=True)
    return session


def use(profile: str | None, region: str) -> None:
    """Make child processes use this profile and region."""
    if profile:
        os.environ["AWS_PROFILE"] = profile
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"] = region
