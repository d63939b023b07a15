"""Does every change change anything? Replay the same requests to each server and compare.

    python tests/conformance/independent/probe.py [NAME]...

Prints the changes whose transcript is that of the unchanged server; exit 1 if a defect is among them.
"""

from __future__ import annotations

import sys
import threading
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

if __name__ == "__main__":  # As in server.py.
    sys.path[0] = str(Path(__file__).resolve().parents[3])

from tests.conformance.independent.catalogue import Change, build
from tests.conformance.independent.defects import DEFECTS
from tests.conformance.independent.probe_requests import (
    PLACES,
    USERS,
    Request,
    access,
    corners,
    emails,
    profile,
    reading,
)
from tests.conformance.independent.variations import VARIATIONS
from tests.conformance.independent.wire import Server


def replay(changes: list[Change]) -> list[object]:
    """All the answers of one fresh server."""
    service = build(changes)
    service.store.add_token("mallory-two", "mallory", "profile_write email_read")
    with Server(service) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        client = HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        parts = (access, profile, emails, reading, corners)
        answers = [exchange(client, one, service.prefix) for part in parts for one in part()]
        client.close()
        server.shutdown()
    return answers


def exchange(client: HTTPConnection, request: Request, prefix: str) -> object:
    """Send one request; what came back, but for the date."""
    if request.fresh:
        client.close()
    method, place = PLACES.get(request.operation, (request.operation, ""))
    path = f"{prefix}{USERS}/{request.username}/{place}"
    if request.operation == "slashless":
        method, path = "GET", path[:-1]
    path += request.query
    headers = {"Content-Type": request.media_type} if request.body is not None else {}
    headers |= {"Authorization": request.login} if request.login else {}
    try:
        client.request(method, path, request.body, {**headers, **dict(request.more)})
        answer = client.getresponse()
        return answer.version, answer.status, headers_of(answer), answer.read()
    except (HTTPException, OSError) as error:
        client.close()
        return type(error).__name__


def headers_of(answer: HTTPResponse) -> list[tuple[str, str]]:
    """Without the date."""
    return [pair for pair in answer.getheaders() if pair[0] != "Date"]


def main() -> None:
    """Compare all changes, or those that are named, with the unchanged server."""
    right = replay([])
    both = {**VARIATIONS.changes, **DEFECTS.changes}
    names = sys.argv[1:] or list(both)
    same = [name for name in names if replay([both[name]]) == right]
    sys.stdout.write(f"{len(right)} requests, {len(names)} changes, without effect: {same}\n")
    sys.exit(any(name in DEFECTS.changes for name in same))


if __name__ == "__main__":
    main()
