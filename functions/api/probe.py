"""Whether the server at a port of this machine is healthy: ``python -m functions.api.probe 8080``.

The image's HEALTHCHECK: exit status 0 or 1. It imports little, because it is run often.
"""

import http.client
import sys
from http import HTTPStatus

_SECONDS = 4
_SHOWN = 400  # bytes of an answer; `docker inspect` shows them


def problem(port: int) -> str | None:
    """What is wrong with ``GET /health``, None if nothing is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        body = answer.read(_SHOWN).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"GET /health at port {port}: {error!r}"
    finally:
        connection.close()
    return None if answer.status == HTTPStatus.OK else f"GET /health: {answer.status} {body}"


if __name__ == "__main__":
    sys.exit(problem(int(sys.argv[1])))
