"""The API in Falcon, from its tutorial: resources with a method each, a hook for the login, media."""

from __future__ import annotations

from typing import Any

import falcon
from falcon import Request, Response

from tests.conformance.frameworks.accounts import (
    TEXTS,
    basic_login,
    find,
    gravatar,
    is_address,
    is_text,
    make_accounts,
    make_tokens,
)

CHALLENGES = ('Basic realm="accounts", Bearer',)


class Resource:
    """A resource of an account.

    Args:
        naive: Whether the login opens the own path alone before anybody looks whether another one exists; a
            scope opens whatever begins with the same word; and an address takes what is sent.
    """

    def __init__(self, accounts: dict[str, Any], *, naive: bool) -> None:
        self.accounts, self.tokens, self.naive = accounts, make_tokens(), naive

    def login(self, req: Request) -> tuple[str, set[str] | None]:
        value = req.auth or ""
        scheme, _, token = value.partition(" ")
        if login := basic_login(value):
            account = self.accounts.get(login[0])
            if account and account["password"] == login[1]:
                return login[0], None
        elif scheme.lower() == "bearer" and token in self.tokens:
            return self.tokens[token]
        raise falcon.HTTPUnauthorized(description="Log in.", challenges=CHALLENGES)


def opened_by(
    req: Request, resp: Response, resource: Any, params: dict[str, Any], scope: str
) -> None:
    """Let the user of the path in. A hook."""
    name, scopes = resource.login(req)
    if resource.naive and scopes is not None:
        word = scope.partition("_")[0]
        scopes = {scope} if any(one.startswith(word) for one in scopes) else set()
    if params["username"] not in resource.accounts and not resource.naive:
        raise falcon.HTTPNotFound(description="There is no such user.")
    if params["username"] != name or (scopes is not None and scope not in scopes):
        raise falcon.HTTPForbidden(description="This login does not open it.")
    params["username"] = resource.accounts[name]


def body_of(req: Request) -> dict[str, Any]:
    """Return the members of the body, which may be JSON or a form."""
    try:
        found = req.get_media()
    except RecursionError:
        raise falcon.HTTPBadRequest(description="The body is nested too deeply.") from None
    if not isinstance(found, dict):
        raise falcon.HTTPBadRequest(description="The body is no object.")
    if req.content_type and req.content_type.startswith(falcon.MEDIA_URLENCODED):
        words = {"true": True, "false": False}
        for name in {"verified", "primary"} & set(found):
            found[name] = words.get(found[name], found[name])
    return found


class User(Resource):
    @falcon.before(opened_by, "profile_read")
    def on_get(self, req: Request, resp: Response, username: Any) -> None:
        resp.media = username["user"]

    @falcon.before(opened_by, "profile_write")
    def on_patch(self, req: Request, resp: Response, username: Any) -> None:
        body = body_of(req)
        changes = {name: body[name] for name in TEXTS if name in body}
        if not all(map(is_text, changes.values())):
            raise falcon.HTTPBadRequest(description="A text is needed.")
        if "gravatar_email" in body:
            if not is_address(body["gravatar_email"]):
                raise falcon.HTTPBadRequest(description="gravatar_email is no address.")
            changes["gravatar_url"] = gravatar(body["gravatar_email"])
        username["user"].update(changes)
        resp.media = username["user"]


class Emails(Resource):
    @falcon.before(opened_by, "email_read")
    def on_get(self, req: Request, resp: Response, username: Any) -> None:
        resp.media = username["emails"]

    @falcon.before(opened_by, "email_write")
    def on_post(self, req: Request, resp: Response, username: Any) -> None:
        address = body_of(req).get("email")
        if not is_address(address) or find(username, address):
            raise falcon.HTTPBadRequest(description="email is no address, or there already.")
        resp.media = {"email": address, "verified": False, "primary": False}
        username["emails"].append(resp.media)
        resp.status = falcon.HTTP_201

    @falcon.before(opened_by, "email_write")
    def on_patch(self, req: Request, resp: Response, username: Any) -> None:
        body = body_of(req)
        email = self.known(username, body)
        wishes = {name: body[name] for name in ("verified", "primary") if name in body}
        if not self.naive and any(value is not True for value in wishes.values()):
            raise falcon.HTTPBadRequest(description="verified and primary can only become true.")
        if wishes.get("primary"):
            for one in username["emails"]:
                one["primary"] = False
        email.update(wishes)
        resp.media = email

    @falcon.before(opened_by, "email_write")
    def on_delete(self, req: Request, resp: Response, username: Any) -> None:
        email = self.known(username, body_of(req))
        if email["primary"]:
            raise falcon.HTTPBadRequest(description="The primary address cannot be deleted.")
        username["emails"].remove(email)
        resp.status = falcon.HTTP_204

    def known(self, account: Any, body: dict[str, Any]) -> Any:
        if "email" not in body:
            raise falcon.HTTPBadRequest(description="email is missing.")
        found = find(account, body["email"])
        if found is None:
            raise falcon.HTTPNotFound(description="There is no such address.")
        return found


def make_app(*, naive: bool = False) -> Any:
    """Make the application."""
    app = falcon.App()
    accounts = make_accounts()
    app.add_route("/api/v1.1/users/{username}/", User(accounts, naive=naive))
    app.add_route("/api/v1.1/users/{username}/emails/", Emails(accounts, naive=naive))
    return app
