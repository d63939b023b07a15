"""The API in Bottle, from its tutorial: functions with a route, `request.json`, `request.forms`, a plugin."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bottle import Bottle, HTTPError, abort, request, response

from tests.conformance.frameworks import accounts as rules

USER, EMAILS = "/api/v1.1/users/<username>/", "/api/v1.1/users/<username>/emails/"


def refusing(view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer what is refused as `abort` does. A plugin."""

    def wrapped(*given: Any, **named: Any) -> Any:
        try:
            return view(*given, **named)
        except rules.Refused as refused:
            return abort(refused.status, refused.words)

    return wrapped


def make_app(*, naive: bool = False) -> Any:
    """Make the application; a naive one takes forms as Bottle hands them out, any text as address, and deletes the primary one."""
    app: Any = Bottle()
    app.install(refusing)
    accounts = rules.Accounts()

    def opened(username: str, scope: str) -> rules.Account:
        value = request.environ.get("HTTP_AUTHORIZATION", "")
        return accounts.opened(username, scope, accounts.holder(*rules.read_login(value)))

    def members() -> dict[str, Any]:
        if not request.content_type.startswith("application/x-www-form-urlencoded"):
            return rules.object_of(lambda: json.loads(request.body.read().decode()))
        # Bottle's forms are decoded as Latin-1; `decode` makes them what was sent.
        try:
            return rules.members_of_form(request.forms if naive else request.forms.decode())
        except UnicodeError:
            raise rules.Refused(400, "The form is not UTF-8.") from None

    @app.get(USER)
    def get_user(username: str) -> Any:
        return opened(username, "profile_read")["user"]

    @app.route(USER, "PATCH")
    def update_user(username: str) -> Any:
        return rules.update_user(opened(username, "profile_write"), members())

    @app.get(EMAILS)
    def list_emails(username: str) -> Any:
        emails = opened(username, "email_read")["emails"]
        response.content_type = "application/json"
        return json.dumps(emails)

    @app.post(EMAILS)
    def add_email(username: str) -> Any:
        account, address = opened(username, "email_write"), members().get("email")
        response.status = 201
        return rules.add_email(account, address, lax=naive)

    @app.route(EMAILS, "PATCH")
    def update_email(username: str) -> Any:
        return rules.update_email(opened(username, "email_write"), members())

    @app.delete(EMAILS)
    def delete_email(username: str) -> None:
        rules.delete_email(opened(username, "email_write"), members(), lax=naive)
        response.status = 204

    def as_json(error: HTTPError) -> str:
        response.content_type = "application/json"
        if error.status_code == 401:
            response.add_header("WWW-Authenticate", 'Basic realm="accounts"')
            response.add_header("WWW-Authenticate", "Bearer")
        return json.dumps({"detail": str(error.body)})

    if not naive:
        app.default_error_handler = as_json
    return app
