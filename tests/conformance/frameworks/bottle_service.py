"""The API in Bottle, from its tutorial: functions with a route, `request.json`, `request.forms`, `abort`."""

from __future__ import annotations

import json
from typing import Any

from bottle import Bottle, HTTPError, abort, request, response

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

USER, EMAILS = "/api/v1.1/users/<username>/", "/api/v1.1/users/<username>/emails/"


def make_app(*, naive: bool = False) -> Any:
    """Make the application; a naive one takes forms as Bottle hands them out, any text as address, and deletes the primary one."""
    app: Any = Bottle()
    accounts, tokens = make_accounts(), make_tokens()

    def opened(username: str, scope: str) -> dict[str, Any]:
        value = request.environ.get("HTTP_AUTHORIZATION", "")
        scheme, _, token = value.partition(" ")
        name, scopes = None, {scope}
        if login := basic_login(value):
            if login[0] in accounts and accounts[login[0]]["password"] == login[1]:
                name = login[0]
        elif scheme.lower() == "bearer":
            name, scopes = tokens.get(token, (None, set()))
        if name is None:
            abort(401, "Log in.")
        if username not in accounts:
            abort(404, "There is no such user.")
        if name != username or scope not in scopes:
            abort(403, "This login does not open it.")
        return accounts[username]

    def members() -> dict[str, Any]:
        if request.content_type.startswith("application/x-www-form-urlencoded"):
            # Bottle's forms are decoded as Latin-1; `decode` makes them what was sent.
            try:
                forms = request.forms if naive else request.forms.decode()
            except UnicodeError:
                abort(400, "The form is not UTF-8.")
            words = {"true": True, "false": False}
            return {
                name: words.get(value, value) if name in ("verified", "primary") else value
                for name, value in forms.items()
            }
        try:
            found = json.loads(request.body.read().decode())
        except (ValueError, RecursionError):
            abort(400, "The body is no JSON.")
        if not isinstance(found, dict):
            abort(400, "The body is no object.")
        return found

    @app.get(USER)
    def get_user(username: str) -> Any:
        return opened(username, "profile_read")["user"]

    @app.route(USER, "PATCH")
    def update_user(username: str) -> Any:
        account, body = opened(username, "profile_write"), members()
        changes = {name: body[name] for name in TEXTS if name in body}
        if not all(map(is_text, changes.values())):
            abort(400, "A text is needed.")
        if "gravatar_email" in body:
            if not is_address(body["gravatar_email"]):
                abort(400, "gravatar_email is no address.")
            changes["gravatar_url"] = gravatar(body["gravatar_email"])
        account["user"].update(changes)
        return account["user"]

    @app.get(EMAILS)
    def list_emails(username: str) -> Any:
        emails = opened(username, "email_read")["emails"]
        response.content_type = "application/json"
        return json.dumps(emails)

    @app.post(EMAILS)
    def add_email(username: str) -> Any:
        account, body = opened(username, "email_write"), members()
        address = body.get("email")
        good = is_text(address) if naive else is_address(address)
        if not good or find(account, address):
            abort(400, "email is no address, or there already.")
        account["emails"].append({"email": address, "verified": False, "primary": False})
        response.status = 201
        return account["emails"][-1]

    @app.route(EMAILS, "PATCH")
    def update_email(username: str) -> Any:
        account, body = opened(username, "email_write"), members()
        email = known(account, body)
        wishes = {name: body[name] for name in ("verified", "primary") if name in body}
        if any(value is not True for value in wishes.values()):
            abort(400, "verified and primary can only become true.")
        if "primary" in wishes:
            for one in account["emails"]:
                one["primary"] = False
        email.update(wishes)
        return email

    @app.delete(EMAILS)
    def delete_email(username: str) -> None:
        account = opened(username, "email_write")
        email = known(account, members())
        if email["primary"] and not naive:
            abort(400, "The primary address cannot be deleted.")
        account["emails"].remove(email)
        response.status = 204

    def known(account: dict[str, Any], body: dict[str, Any]) -> Any:
        if "email" not in body:
            abort(400, "email is missing.")
        return find(account, body["email"]) or abort(404, "There is no such address.")

    def as_json(error: HTTPError) -> str:
        response.content_type = "application/json"
        if error.status_code == 401:
            response.add_header("WWW-Authenticate", 'Basic realm="accounts"')
            response.add_header("WWW-Authenticate", "Bearer")
        return json.dumps({"detail": str(error.body)})

    if not naive:
        app.default_error_handler = as_json
    return app
