"""The API in Falcon, from its tutorial: resources with a method each, a hook for the login, media."""

from __future__ import annotations

from typing import Any

import falcon
from falcon import Request, Response

from tests.conformance.frameworks import accounts as rules

CHALLENGES = {"WWW-Authenticate": 'Basic realm="accounts", Bearer'}


class Resource:
    """A resource of an account.

    Args:
        naive: Whether the login opens the own path alone before anybody looks whether another one exists; a
            scope opens whatever begins with the same word; and an address takes what is sent.
    """

    def __init__(self, accounts: rules.Accounts, *, naive: bool) -> None:
        self.accounts, self.naive = accounts, naive


def opened_by(
    req: Request, resp: Response, resource: Any, params: dict[str, Any], scope: str
) -> None:
    """Let the user of the path in. A hook."""
    username = params["username"]
    name, scopes = resource.accounts.holder(*rules.read_login(req.auth or ""))
    if resource.naive and name:
        word = scope.partition("_")[0]
        scopes = {scope} if any(one.startswith(word) for one in scopes) else set()
        if name != username:
            raise rules.Refused(403, "This login does not open it.")
    params["username"] = resource.accounts.opened(username, scope, (name, scopes))


def body_of(req: Request) -> dict[str, Any]:
    """Return the members of the body, which may be JSON or a form."""
    found = rules.object_of(req.get_media)
    if req.content_type and req.content_type.startswith(falcon.MEDIA_URLENCODED):
        return rules.members_of_form(found)
    return found


class User(Resource):
    @falcon.before(opened_by, "profile_read")
    def on_get(self, req: Request, resp: Response, username: Any) -> None:
        resp.media = username["user"]

    @falcon.before(opened_by, "profile_write")
    def on_patch(self, req: Request, resp: Response, username: Any) -> None:
        resp.media = rules.update_user(username, body_of(req))


class Emails(Resource):
    @falcon.before(opened_by, "email_read")
    def on_get(self, req: Request, resp: Response, username: Any) -> None:
        resp.media = username["emails"]

    @falcon.before(opened_by, "email_write")
    def on_post(self, req: Request, resp: Response, username: Any) -> None:
        resp.media = rules.add_email(username, body_of(req).get("email"))
        resp.status = falcon.HTTP_201

    @falcon.before(opened_by, "email_write")
    def on_patch(self, req: Request, resp: Response, username: Any) -> None:
        resp.media = rules.update_email(username, body_of(req), lax=self.naive)

    @falcon.before(opened_by, "email_write")
    def on_delete(self, req: Request, resp: Response, username: Any) -> None:
        rules.delete_email(username, body_of(req))
        resp.status = falcon.HTTP_204


def refuse(req: Request, resp: Response, refused: rules.Refused, params: dict[str, Any]) -> None:
    """Answer what is refused as Falcon's own errors are. An error handler."""
    headers = CHALLENGES if refused.status == 401 else None
    raise falcon.HTTPError(refused.status, description=refused.words, headers=headers)


def make_app(*, naive: bool = False) -> Any:
    """Make the application."""
    app = falcon.App()
    accounts = rules.Accounts()
    app.add_error_handler(rules.Refused, refuse)
    app.add_route("/api/v1.1/users/{username}/", User(accounts, naive=naive))
    app.add_route("/api/v1.1/users/{username}/emails/", Emails(accounts, naive=naive))
    return app
