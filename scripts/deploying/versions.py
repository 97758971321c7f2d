"""Old versions of the functions, and images that no version uses."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.deploying.registry import Registry
from scripts.deploying.stack import Stack


def delete_unused(
    session: Any,  # noqa: ANN401 - boto3 has no types
    stack: Stack,
    registry: Registry,
    served_before: Mapping[str, str],
) -> list[str]:
    """Delete versions that neither serve nor served before, then images that no version uses.

    A version that any alias still names is kept. So is one that is newer than the serving one:
    another deployment may have published it. Where the deployment published none, the newest
    older version is the one to go back to. Returns what could not be deleted, a line each.
    """
    problems: list[str] = []
    client = session.client("lambda")
    for function, serving in stack.serving().items():
        older = [version for version in stack.versions(function) if int(version) < int(serving)]
        before = served_before.get(function, serving)
        if before == serving:
            before = older[-1] if older else serving
        kept = {before, *_named_by_aliases(client, function)}
        for version in older:
            if version in kept:
                continue
            try:
                client.delete_function(FunctionName=function, Qualifier=version)
                print(f"deleted version {version} of {function}")
            except (BotoCoreError, ClientError) as error:
                problems.append(f"version {version} of {function}: {error}")
    used = {stack.image_of(function) for function in stack.functions()} | {
        stack.image_of(function, version)
        for function in stack.serving()
        for version in stack.versions(function)
    }
    try:
        registry.delete_unused({image.rpartition("@")[2] for image in used})
    except (BotoCoreError, ClientError) as error:
        problems.append(f"images of {registry.uri}: {error}")
    return problems


def _named_by_aliases(client: Any, function: str) -> set[str]:  # noqa: ANN401 - boto3 has no types
    """Versions that aliases name, or give a part of the traffic to, as a canary deployment does."""
    named: set[str] = set()
    for page in client.get_paginator("list_aliases").paginate(FunctionName=function):
        for alias in page["Aliases"]:
            named.add(alias["FunctionVersion"])
            named.update(alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}))
    return named
