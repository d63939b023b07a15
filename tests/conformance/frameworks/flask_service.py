"""The API in Flask, from its tutorial: views, a decorator for the login, `abort`, error handlers."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, Response, abort, g, jsonify, request
from werkzeug.exceptions import HTTPException

from tests.conformance.frameworks.accounts import (
    TEXTS,
    find,
    gravatar,
    is_address,
    is_text,
    make_accounts,
    make_tokens,
)

View = Callable[..., Any]


def make_app(*, naive: bool = False) -> Flask:
    """Make the application; a naive one lets every member be set, reads no forms, and misses no address."""
    app = Flask(__name__)
    accounts, tokens = make_accounts(), make_tokens()

    def requires(scope: str) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            @wraps(view)
            def wrapped(username: str) -> Any:
                auth = request.authorization
                name, scopes = None, {scope}
                if auth is not None and auth.type == "basic":
                    account = accounts.get(auth.username or "")
                    if account is not None and account["password"] == auth.password:
                        name = auth.username
                elif auth is not None and auth.type == "bearer":
                    name, scopes = tokens.get(auth.token or "", (None, set()))
                if name is None:
                    abort(401)
                if username not in accounts:
                    abort(404, "There is no such user.")
                if name != username or scope not in scopes:
                    abort(403)
                g.account = accounts[username]
                return view()

            return wrapped

        return decorate

    def members() -> dict[str, Any]:
        if naive:
            return request.get_json()  # type: ignore[no-any-return]  # whatever it is
        if request.mimetype != "application/x-www-form-urlencoded":
            try:
                found = json.loads(request.get_data().decode())
            except (ValueError, RecursionError):
                abort(400, "The body is no JSON.")
            if not isinstance(found, dict):
                abort(400, "The body is no object.")
            return found
        words = {"true": True, "false": False}
        return {
            name: words.get(value, value) if name in ("verified", "primary") else value
            for name, value in request.form.items()
        }

    @app.get("/api/v1.1/users/<username>/")
    @requires("profile_read")
    def get_user() -> Response:
        return jsonify(g.account["user"])

    @app.patch("/api/v1.1/users/<username>/")
    @requires("profile_write")
    def update_user() -> Response:
        body = members()
        settable = g.account["user"] if naive else TEXTS
        changes = {name: body[name] for name in settable if name in body}
        if not all(is_text(changes[name]) for name in TEXTS if name in changes):
            abort(400, "A text is needed.")
        if "gravatar_email" in body:
            if not is_address(body["gravatar_email"]):
                abort(400, "gravatar_email is no address.")
            changes["gravatar_url"] = gravatar(body["gravatar_email"])
        g.account["user"].update(changes)
        return jsonify(g.account["user"])

    @app.get("/api/v1.1/users/<username>/emails/")
    @requires("email_read")
    def list_emails() -> Response:
        return jsonify(g.account["emails"])

    @app.post("/api/v1.1/users/<username>/emails/")
    @requires("email_write")
    def add_email() -> tuple[Response, int]:
        body = members()
        address = body["email"] if naive else body.get("email")
        if not is_address(address):
            abort(400, "email is no address.")
        if find(g.account, address):
            abort(400, "The address is there already.")
        email = {"email": address, "verified": False, "primary": False}
        g.account["emails"].append(email)
        return jsonify(email), 201

    @app.patch("/api/v1.1/users/<username>/emails/")
    @requires("email_write")
    def update_email() -> Response:
        body = members()
        email = known(body)
        wishes = {name: body[name] for name in ("verified", "primary") if name in body}
        if any(value is not True for value in wishes.values()):
            abort(400, "verified and primary can only become true.")
        if "primary" in wishes:
            for one in g.account["emails"]:
                one["primary"] = False
        email.update(wishes)
        return jsonify(email)

    @app.delete("/api/v1.1/users/<username>/emails/")
    @requires("email_write")
    def delete_email() -> tuple[str, int]:
        email = known(members())
        if email["primary"]:
            abort(400, "The primary address cannot be deleted.")
        g.account["emails"].remove(email)
        return "", 204

    def known(body: dict[str, Any]) -> Any:
        if "email" not in body:
            abort(400, "email is missing.")
        return find(g.account, body["email"]) or abort(404, "There is no such address.")

    @app.errorhandler(HTTPException)
    def as_json(error: HTTPException) -> tuple[Response, int]:
        answer = jsonify(detail=error.description)
        answer.headers.extend(name for name in error.get_headers() if name[0] == "Allow")
        if error.code == 401:
            answer.headers.add("WWW-Authenticate", 'Basic realm="accounts"')
            answer.headers.add("WWW-Authenticate", "Bearer")
        return answer, error.code or 500

    return app
