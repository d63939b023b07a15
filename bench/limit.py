"""A bare ASGI function on uvicorn, which answers everything alike: the limit of a server like ours.

`python -m bench.limit PORT` starts it.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson
import uvicorn

from accounts_contract import accounts_file, read_contract


def main() -> None:
    """Serve the documented user until the end."""
    operation = read_contract(accounts_file(), validate=False).operations["get_user"]
    examples = operation.responses["200"].content["application/json"].examples
    body = orjson.dumps(next(iter(examples.values())))
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    port = int(sys.argv[1])
    uvicorn.run(app, port=port, log_level="critical", access_log=False, lifespan="off")


if __name__ == "__main__":
    main()
