"""The authorize page, the token endpoint and the revocation, on oauthlib."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749 import errors

from mockserver.accounts.refusals import Refusal
from mockserver.accounts.world import normal_form
from mockserver.oauth import pages
from mockserver.oauth.authorization_requests import Logins
from mockserver.oauth.handlers import Flow, TokenError, client_refused
from mockserver.oauth.validator import Validator, server
from mockserver.pipeline.access import log_in, plain
from mockserver.pipeline.answer import Answer
from mockserver.pipeline.cors import OriginPolicy
from mockserver.pipeline.credentials import (
    BasicCredentials,
    Malformed,
    parse_authorization,
    unset_hint,
)
from mockserver.pipeline.forms import read_urlencoded
from mockserver.pipeline.outcome import Outcome, Reason
from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import Request

Json = dict[str, Any]

_LONGEST = 4000  # characters of a parameter; reading a megabyte of them takes oauthlib seconds

_OWN = ("username", "password", "decision")
"""Members of the form of the page that are not of the authorization request."""

_UNSAID = {
    "invalid_grant": "this code_verifier is not the one that the code_challenge was made of",
    "unsupported_response_type": "the response_type must be code",
    "unsupported_grant_type": "the grant_type must be authorization_code or refresh_token",
}
"""The words for refusals to which oauthlib gives none."""


def authorize(request: Request, outcome: Outcome, flow: Flow) -> Answer:
    """Ask the user, or send the user back with a code or an error. Raises Problem: there is no way back."""
    form: Json = outcome.data or {}
    if request.method == "POST" and _is_foreign(request):
        detail = (
            "this form came from a page of another origin; send the user's browser here instead"
        )
        raise Problem(403, "origin-not-allowed", detail)
    sent = (*read_urlencoded(request.query), *form.items())
    asked = [one for one in _known(sent, outcome, flow) if one[0] not in _OWN]
    endpoint, body = server(Validator(request.sandbox.world, flow)), urlencode(asked)
    scopes: list[str] = []
    info: Json = {}
    user, wrong = None, ""
    try:
        scopes, info = endpoint.validate_authorization_request("/", body=body)
        user = _user(request, form, info["request"])
    except errors.InvalidRedirectURIError:
        detail = f"redirect_uri is no absolute URI: {dict(asked)['redirect_uri']}"
        raise Problem(400, "invalid_request", detail) from None
    except errors.FatalClientError as error:
        code = error.error
        raise Problem(400, code, error.description) from None
    except errors.OAuth2Error as error:
        error.description = plain(error.description or _UNSAID.get(error.error, ""))
        outcome.reason = Reason(error.error, error.description)
        return _redirect(request, error.in_uri(error.redirect_uri))
    except Refusal as refusal:
        outcome.reason = Reason(refusal.code, refusal.detail)
        wrong = refusal.detail
    if user is None:
        return pages.question(
            403 if wrong else 200,
            info["redirect_uri"],
            client=info["client_id"],
            scopes={scope: flow.scopes[scope] for scope in scopes},
            fields=asked,
            username=form.get("username", ""),
            wrong=wrong,
        )
    headers, _, _ = endpoint.create_authorization_response(
        "/", body=body, credentials={"user": user}
    )
    outcome.notes.append(f"{user} has allowed {info['client_id']}: {' '.join(scopes)}")
    return _redirect(request, headers["Location"])


def request_token(request: Request, outcome: Outcome, flow: Flow) -> Json:
    """Change a code or a refresh token into tokens."""
    if not outcome.data["grant_type"]:
        raise TokenError(400, "invalid_request", "grant_type is missing")
    told: Json = _ask(request, outcome, flow, "create_token_response")
    outcome.notes.append(f"for {told['username']}: {told['scope'] or 'no scope'}")
    return told


def revoke(request: Request, outcome: Outcome, flow: Flow) -> None:
    """Revoke a token."""
    _ask(request, outcome, flow, "create_revocation_response")


def refuse(outcome: Outcome, problem: Problem) -> None:
    """Answer with a page that says what is wrong: there is no address to send the user to."""
    outcome.reason = Reason(problem.code, problem.detail)
    outcome.answer = pages.refusal(problem.status, problem.code, problem.detail)


def _user(request: Request, form: Json, asked: Any) -> str | None:
    """Return the user who allows it; None where the page must ask.

    Raises:
        OAuth2Error: It is denied.
        Refusal: The login is wrong.
    """
    world, approving = request.sandbox.world, asked.client.auto_approve
    if approving is not None:
        if world.accounts[approving].is_active:
            return str(approving)
        detail = f"the account {approving} of auto_approve is not active"
        raise errors.AccessDeniedError(detail, request=asked)
    decision = form.get("decision")
    if decision == "deny":
        raise errors.AccessDeniedError("the user has denied it", request=asked)
    if decision != "allow":
        return None
    name, password = normal_form(form.get("username", "")), normal_form(form.get("password", ""))
    account = log_in(world, name, password)
    if account is None:
        raise Refusal("credentials-wrong", "No account has this username and password.")
    if not account.is_active:
        raise Refusal("account-inactive", f"The account {account.username} is not active.")
    return account.username


def _ask(request: Request, outcome: Outcome, flow: Flow, endpoint: str) -> Any:
    """Return the answer of an endpoint of oauthlib's. Raises TokenError."""
    if request.query:
        detail = "the parameters belong in the body, and not in the address"
        raise TokenError(400, "invalid_request", detail)
    world = request.sandbox.world
    validator = Validator(world, flow, _basic(request, flow))
    before = world.copy()
    sent = _known(outcome.data.items(), outcome, flow)
    try:
        _, body, status = getattr(server(validator), endpoint)("/", body=urlencode(sent))
        told = json.loads(body) if body else {}
    except errors.OAuth2Error as error:
        told, status = dict(error.twotuples), error.status_code
    if validator.client is not None:
        outcome.notes.append(f"client {validator.client.client_id}")
    if status == 200:
        outcome.undo = partial(setattr, request.sandbox, "world", before)
        return told
    code = told["error"]
    detail = told.get("error_description") or _UNSAID.get(code, "")
    logins = [part for reading in validator.basic or () for part in reading]
    detail += unset_hint(*logins, *(value for _, value in sent))
    raise client_refused(flow, detail) if status == 401 else TokenError(status, code, detail)


def _known(sent: Iterable[tuple[str, str]], outcome: Outcome, flow: Flow) -> list[tuple[str, str]]:
    """Return the parameters that are known, and not empty. Raises Problem: 400; one is too long."""
    known = flow.known[outcome.operation or ""]
    found = [(name, value) for name, value in sent if value and name in known]
    for name, value in found:
        if len(value) > _LONGEST:
            raise Problem(400, "invalid_request", f"{name} is longer than {_LONGEST} characters")
    return found


def _basic(request: Request, flow: Flow) -> Logins | None:
    """Return the client's id and secret by HTTP Basic, in each reading. Raises TokenError: 401."""
    value = request.headers.get(b"authorization")
    if value is None:
        return None
    try:
        credentials = parse_authorization(value)
    except Malformed as error:
        detail = f"the Authorization header cannot be read: {error}"
        raise client_refused(flow, detail) from None
    if isinstance(credentials, BasicCredentials):
        return credentials.readings
    detail = "clients log in by HTTP Basic or in the body: leave the Bearer token out here"
    raise client_refused(flow, detail)


def _redirect(request: Request, location: str) -> Answer:
    # RFC 9700, section 4.12: after a form, 303 has no browser send it on.
    return Answer(303 if request.method == "POST" else 302, [(b"location", location.encode())], b"")


def _is_foreign(request: Request) -> bool:
    """Tell whether a form comes from a page of another origin."""
    site = request.headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = request.headers.get(b"origin")
    return origin is not None and not OriginPolicy().may_read(request, origin)
