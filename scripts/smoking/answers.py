"""What an answer that is no success means, in a sentence that says what to do."""

import json
from http import HTTPStatus
from urllib.parse import urljoin

from scripts.smoking.client import Answer, Client

_SHOWN = 200  # characters of a message of the server
_WAYS = (
    "--api-key-secret ARN (the stack's output ApiKeyArn), --api-key-env NAME, --bearer-env NAME "
    "or --iam"
)


def problem_of(client: Client, answer: Answer, path: str) -> str:
    """Why the answer is no success."""
    status = answer.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return _redirected(client, answer, path)
    said = message_of(answer)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return f"{status}{said}: {_refused(client.credentials.kind)}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return (
            f"429{said}: still throttled after waiting; try again later, or raise the stack's "
            "ThrottleRate"
        )
    return f"{status}{said}"


def message_of(answer: Answer) -> str:
    """What the server said, if it said it in JSON: ``error`` here, ``message`` at API Gateway."""
    try:
        content = json.loads(answer.body)
    except ValueError:
        return f" ({answer.content_type or 'no content type'} instead of JSON)"
    for name in ("error", "message", "Message"):
        if isinstance(content, dict) and isinstance(content.get(name), str):
            return f" ({_line(content[name])})"
    return ""


def _line(text: str) -> str:
    """One line of it, without signs that would command a terminal."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: _SHOWN + 1])
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _redirected(client: Client, answer: Answer, path: str) -> str:
    location = answer.headers.get("location")
    if not location:
        return f"{answer.status} without a place to go to"
    target = _line(urljoin(f"{client.address}{path}", location))
    return (
        f"{answer.status}: the address sends its callers to {target}; redirects are not followed, "
        f"ask there: URL={target.removesuffix(path)}"
    )


def _refused(kind: str) -> str:
    if kind == "none":
        return f"the address wants to know its caller: add {_WAYS}"
    if kind == "signature":
        return (
            "the signature was refused: are these credentials allowed to execute-api:Invoke, is "
            "--region the API's, is this computer's clock right?"
        )
    return f"the {kind} was refused: is it of this address, and does the address take one? {_WAYS}"
