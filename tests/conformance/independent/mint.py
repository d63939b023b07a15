"""Print a token: mint.py USER "SCOPES" [BASE_URL]; without the last, from the environment."""

import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import Request, urlopen


def main() -> None:
    """Ask the server at BASE_URL for a token with these scopes."""
    username, scopes, *rest = sys.argv[1:]
    base_url = rest[0] if rest else os.environ["BASE_URL"]
    query = urlencode({"user": username, "scopes": scopes})
    request = Request(f"{base_url}/mint?{query}", method="POST")  # noqa: S310 - our own server
    with urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        sys.stdout.write(json.load(answer)["token"] + "\n")


if __name__ == "__main__":
    main()
