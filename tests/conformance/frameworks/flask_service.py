"""The API in Flask, from its tutorial: views, a decorator for the login, error handlers."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from tests.conformance.frameworks import accounts as rules

View = Callable[..., Any]


def make_app(*, naive: bool = False) -> Flask:
    """Make the application; a naive one lets every member be set, reads no forms, and misses no address."""
    app = Flask(__name__)
    accounts = rules.Accounts()

    def requires(scope: str) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            @wraps(view)
            def wrapped(username: str) -> Any:
                auth, login = request.authorization, None
                if auth is not None and auth.type == "basic":
                    login = (auth.username or "", auth.password or "")
                token = auth.token or "" if auth is not None and auth.type == "bearer" else ""
                g.account = accounts.opened(username, scope, accounts.holder(login, token))
                return view()

            return wrapped

        return decorate

    def members() -> dict[str, Any]:
        if naive:
            return request.get_json()  # type: ignore[no-any-return]  # whatever it is
        if request.mimetype == "application/x-www-form-urlencoded":
            return rules.members_of_form(request.form)
        return rules.object_of(lambda: json.loads(request.get_data().decode()))

    @app.get("/api/v1.1/users/<username>/")
    @requires("profile_read")
    def get_user() -> Response:
        return jsonify(g.account["user"])

    @app.patch("/api/v1.1/users/<username>/")
    @requires("profile_write")
    def update_user() -> Response:
        settable = g.account["user"] if naive else rules.TEXTS
        return jsonify(rules.update_user(g.account, members(), settable))

    @app.get("/api/v1.1/users/<username>/emails/")
    @requires("email_read")
    def list_emails() -> Response:
        return jsonify(g.account["emails"])

    @app.post("/api/v1.1/users/<username>/emails/")
    @requires("email_write")
    def add_email() -> tuple[Response, int]:
        body = members()
        address = body["email"] if naive else body.get("email")
        return jsonify(rules.add_email(g.account, address)), 201

    @app.patch("/api/v1.1/users/<username>/emails/")
    @requires("email_write")
    def update_email() -> Response:
        return jsonify(rules.update_email(g.account, members()))

    @app.delete("/api/v1.1/users/<username>/emails/")
    @requires("email_write")
    def delete_email() -> tuple[str, int]:
        rules.delete_email(g.account, members())
        return "", 204

    def as_json(status: int, words: str | None) -> Response:
        answer = jsonify(detail=words)
        answer.status_code = status
        if status == 401:
            answer.headers.add("WWW-Authenticate", 'Basic realm="accounts"')
            answer.headers.add("WWW-Authenticate", "Bearer")
        return answer

    @app.errorhandler(rules.Refused)
    def refuse(refused: rules.Refused) -> Response:
        return as_json(refused.status, refused.words)

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> Response:
        answer = as_json(error.code or 500, error.description)
        answer.headers.extend(name for name in error.get_headers() if name[0] == "Allow")
        return answer

    return app
