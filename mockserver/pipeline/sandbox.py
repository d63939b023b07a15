"""The sandbox of a request: by `X-Mock-Sandbox`, or a base URL with `/~NAME`; and its epoch, by `X-Mock-Epoch`."""

from __future__ import annotations

from collections.abc import Awaitable

from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import REQUEST, App, Receive, Request, Scope, Send
from mockserver.sandboxes.sandbox import NAME, NoRoom, Sandboxes

SANDBOX_HEADER = b"x-mock-sandbox"
EPOCH_HEADER = b"x-mock-epoch"


def enter_sandbox(scope: Scope, request: Request, sandboxes: Sandboxes) -> Request:
    """Return a request in the sandbox that it names.

    Raises:
        Problem: 400 for a bad name, 410 for the epoch of a world that is gone, 503 when there is no room.
    """
    name = request.headers.get(SANDBOX_HEADER, b"").decode("latin-1").strip()
    path, prefix = request.path, ""
    if path.startswith("/~"):
        in_path, slash, rest = path.removeprefix("/~").partition("/")
        if name and name != in_path:
            detail = "the path names one sandbox and X-Mock-Sandbox another; name only one"
            raise Problem(400, "sandbox-malformed", detail)
        name, path, prefix = in_path, slash + rest or "/", f"/~{in_path}"
    if not NAME.fullmatch(name):
        detail = "the name of a sandbox is 1 to 64 letters, digits, dots, underscores and dashes"
        raise Problem(400, "sandbox-malformed", detail)
    epoch = request.headers.get(EPOCH_HEADER)
    if epoch is not None and (loss := sandboxes.loss(name, epoch.strip())) is not None:
        # Without the epoch of today: a client that keeps the last one it saw would go on as if nothing had been.
        detail = (
            f"the world that the sandbox {name} had is lost: {loss}; to begin anew from the fixtures, "
            "send no X-Mock-Epoch"
        )
        raise Problem(410, "sandbox-lost", detail)
    try:
        sandbox = sandboxes.use(name)
    except NoRoom:
        detail = (
            "there are as many sandboxes as there may be (--max-sandboxes), and all were used in the "
            "last five minutes; drop some with DELETE /_mock/sandboxes"
        )
        headers = [(b"retry-after", b"60")]
        raise Problem(503, "sandboxes-full", detail, headers=headers) from None
    return Request(scope, request.receive, request.started, sandbox, path, prefix)


class SandboxRequired:
    """The stage that refuses requests without a sandbox, so that a forgotten header shows at once."""

    __slots__ = ("_app",)

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on, or refuse it. Raises Problem: 400."""
        request: Request = scope[REQUEST]
        if not request.sandbox.name:
            detail = (
                "this server serves sandboxes only (--require-sandbox): send X-Mock-Sandbox: "
                "NAME, or put /~NAME before the path"
            )
            raise Problem(400, "sandbox-missing", detail)
        return self._app(scope, receive, send)
