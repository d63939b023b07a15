"""Defects in what a caller may do: scopes, ownership, unknown usernames, and the order of refusals."""

from __future__ import annotations

from conformance.mutants.access import (
    ALL,
    SCOPE,
    WRITES,
    Visit,
    acts_all_the_same,
    acts_on_caller,
    admits,
    answers_refusal,
    looks_first_for,
    operation,
    refuses,
    visit,
    without_owner,
)
from conformance.mutants.builds import Build, Change, Mutant, ids, together
from conformance.mutants.messages import Forward, Request, Response, answer

_SCOPES = (*ids("forbidden/scope", ALL), *ids("forbidden/scope-subsets", ALL))
_OWNER_BASIC = ids("forbidden/owner-basic", ALL)
_OWNER_BEARER = ids("forbidden/owner-bearer", ALL)
_UNKNOWN = ids("not-found/username", ALL)
_NEW = {"email": "new@example.com", "verified": False, "primary": False}
_CREDENTIALS = ("credentials-", "token-")


def _valid(seen: Visit) -> bool:
    """Whether the credentials are good, whatever they may do."""
    if seen.token is not None:
        return not seen.token.revoked and seen.token.expires_at is None
    return bool(seen.name) and seen.right == seen.password


def _stand_in(operation_id: str, scope: str) -> Mutant:
    return Mutant(
        f"{scope.replace('_', '-')}-does-for-{operation_id.replace('_', '-')}",
        f"The scope {scope} is enough for {operation_id}.",
        (
            *ids("forbidden/scope", [operation_id]),
            *ids("forbidden/scope-subsets", [operation_id]),
        ),
        admits(lambda seen: _valid(seen) and scope in seen.scopes, [operation_id]),
        family="scope-stands-in",
    )


def _owner_forgotten(operation_id: str) -> Mutant:
    return Mutant(
        f"owner-forgotten-on-{operation_id.replace('_', '-')}",
        f"{operation_id} does not ask whose account it is.",
        (
            *ids("forbidden/owner-basic", [operation_id]),
            *ids("forbidden/owner-bearer", [operation_id]),
        ),
        operation(without_owner, operation_id),
        family="owner-forgotten",
    )


def _any_account(scheme: str) -> Change:
    """Whoever has logged in with a scheme has the account in the path."""

    def is_let_in(seen: Visit) -> str | bool:
        if not _valid(seen) or seen.scheme != scheme:
            return False
        needed = SCOPE[seen.request.operation]
        return (scheme == "basic" or needed in seen.scopes) and seen.request.username

    return admits(is_let_in)


def _answers_unknown(*names: str, status: int, data: object = None) -> Change:
    """What some operations answer for an unknown username."""

    def change(build: Build) -> None:
        async def layer(request: Request, forward: Forward) -> Response:
            response = await forward(request)
            if request.operation in names and response.code == "user-unknown":
                response = answer(status, data)
                if status == 204:
                    response = Response(204)
            return response

        build.layers.append(layer)

    return change


def _misdirected(build: Build) -> None:
    async def layer(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        if request.operation in ("update_user", "add_email") and response.code == "not-the-owner":
            caller = visit(request, build.sandbox.world).asks_as
            await forward(request.with_username(caller))
        return response

    build.layers.append(layer)


MUTANTS = (
    # -- scopes -----------------------------------------------------------------------------------
    _stand_in("get_user", "profile_write"),
    _stand_in("get_user", "email_read"),
    _stand_in("update_user", "profile_read"),
    _stand_in("update_user", "email_write"),
    _stand_in("list_emails", "email_write"),
    _stand_in("list_emails", "profile_read"),
    _stand_in("add_email", "email_read"),
    _stand_in("add_email", "profile_write"),
    _stand_in("update_email", "email_read"),
    _stand_in("update_email", "profile_write"),
    _stand_in("delete_email", "email_read"),
    _stand_in("delete_email", "profile_write"),
    Mutant(
        "scopes-not-checked",
        "Scopes are not looked at.",
        _SCOPES,
        admits(lambda seen: _valid(seen) and seen.token is not None),
    ),
    Mutant(
        "any-scope-does",
        "A token with any scope at all may do everything.",
        _SCOPES,
        admits(lambda seen: _valid(seen) and bool(seen.scopes)),
    ),
    Mutant(
        "no-scope-is-every-scope",
        "A token without scopes is not limited.",
        ids("forbidden/scope", ALL),
        admits(lambda seen: _valid(seen) and seen.token is not None and not seen.scopes),
    ),
    Mutant(
        "scope-by-its-ending",
        "Whatever ends in _read reads, and whatever ends in _write writes.",
        _SCOPES,
        admits(
            lambda seen: (
                _valid(seen)
                and any(
                    one.split("_")[1] == SCOPE[seen.request.operation].split("_")[1]
                    for one in seen.scopes
                )
            )
        ),
    ),
    Mutant(
        "two-scopes-do",
        "A token with two scopes or more may do everything: only single scopes were thought of.",
        ids("forbidden/scope-subsets", ALL),
        admits(lambda seen: _valid(seen) and len(seen.scopes) > 1),
    ),
    Mutant(
        "pairs-of-scopes-refused",
        "A token with exactly two scopes is refused.",
        ids("forbidden/scope-subsets", ALL),
        refuses(lambda seen: _valid(seen) and len(seen.scopes) == 2, 403),
    ),
    Mutant(
        "scope-forgotten-for-forms",
        "What comes as a form needs no scope.",
        ids("forbidden/scope", WRITES),
        admits(lambda seen: _valid(seen) and seen.request.is_form, WRITES),
    ),
    Mutant(
        "missing-scope-is-401",
        "A token without the scope is answered with 401.",
        ids("forbidden/scope", ALL),
        answers_refusal("scope-missing", 401),
    ),
    Mutant(
        "missing-scope-is-404",
        "A token without the scope is answered with 404, to hide the account.",
        ids("forbidden/scope", ALL),
        answers_refusal("scope-missing", 404),
    ),
    Mutant(
        "missing-scope-is-400",
        "A token without the scope is answered with 400 where something would be written.",
        ids("forbidden/scope", WRITES),
        answers_refusal("scope-missing", 400, WRITES),
    ),
    # -- ownership --------------------------------------------------------------------------------
    *(_owner_forgotten(name) for name in ALL),
    Mutant(
        "owner-checked-for-tokens-only",
        "With Basic, every account is open to everybody.",
        _OWNER_BASIC,
        _any_account("basic"),
    ),
    Mutant(
        "owner-checked-for-basic-only",
        "With a token of the right scope, every account is open to everybody.",
        _OWNER_BEARER,
        _any_account("bearer"),
    ),
    Mutant(
        "owner-forgotten-for-forms",
        "With a form, every account is open to everybody.",
        ids("forbidden/owner-basic", WRITES),
        admits(
            lambda seen: _valid(seen) and seen.request.is_form and seen.request.username, WRITES
        ),
    ),
    Mutant(
        "owner-is-caller",
        "The username in the path is not used: everybody reads and changes the own account there.",
        (*_OWNER_BASIC, *_OWNER_BEARER),
        acts_on_caller(),
    ),
    Mutant(
        "not-owner-is-404",
        "Somebody else's account is answered with 404, as if it did not exist.",
        (*_OWNER_BASIC, *_OWNER_BEARER),
        answers_refusal("not-the-owner", 404),
    ),
    Mutant(
        "not-owner-is-401",
        "Somebody else's account is answered with 401.",
        (*_OWNER_BASIC, *_OWNER_BEARER),
        answers_refusal("not-the-owner", 401),
    ),
    Mutant(
        "not-owner-is-400-on-writes",
        "Writing to somebody else's account is answered with 400.",
        (*ids("forbidden/owner-basic", WRITES), *ids("forbidden/owner-bearer", WRITES)),
        answers_refusal("not-the-owner", 400, WRITES),
    ),
    Mutant(
        "not-owner-reads-nothing",
        "Somebody else's addresses are an empty list instead of a refusal.",
        (
            *ids("forbidden/owner-basic", ["list_emails"]),
            *ids("forbidden/owner-bearer", ["list_emails"]),
        ),
        answers_refusal("not-the-owner", 200, ["list_emails"], data=[]),
    ),
    # -- unknown usernames ------------------------------------------------------------------------
    Mutant(
        "unknown-user-is-403",
        "An unknown username is answered with 403: it is compared before it is looked up.",
        _UNKNOWN,
        answers_refusal("user-unknown", 403),
    ),
    Mutant(
        "unknown-user-crashes",
        "An unknown username is answered with 500.",
        _UNKNOWN,
        answers_refusal("user-unknown", 500),
    ),
    Mutant(
        "unknown-user-is-400",
        "An unknown username is answered with 400.",
        ids("not-found/username", WRITES),
        answers_refusal("user-unknown", 400, WRITES),
    ),
    Mutant(
        "unknown-user-is-401",
        "An unknown username is answered with 401.",
        _UNKNOWN,
        answers_refusal("user-unknown", 401),
    ),
    Mutant(
        "unknown-user-has-no-addresses",
        "An unknown username has an empty list of addresses, and deleting there succeeds.",
        ids("not-found/username", ["list_emails", "delete_email"]),
        together(
            _answers_unknown("list_emails", status=200, data=[]),
            _answers_unknown("delete_email", status=204),
        ),
    ),
    Mutant(
        "unknown-user-gets-address",
        "An address is added for an unknown username.",
        ids("not-found/username", ["add_email"]),
        _answers_unknown("add_email", status=201, data=_NEW),
    ),
    Mutant(
        "unknown-user-is-empty",
        "An unknown username has an empty profile.",
        ids("not-found/username", ["get_user", "update_user"]),
        _answers_unknown("get_user", "update_user", status=200, data={}),
    ),
    # -- order ------------------------------------------------------------------------------------
    Mutant(
        "404-before-401",
        "An unknown username is told to people who have not logged in.",
        ids("order/unauthenticated-first", ALL),
        refuses(lambda seen: seen.request.username not in seen.world.accounts, 404),
    ),
    Mutant(
        "400-before-401",
        "The body is validated before anybody has logged in.",
        ids("order/unauthenticated-first", WRITES),
        looks_first_for([400], _CREDENTIALS, WRITES),
    ),
    Mutant(
        "address-404-before-401",
        "An unknown address is told to people who have not logged in.",
        ids("order/unauthenticated-first", ["update_email", "delete_email"]),
        looks_first_for([404], _CREDENTIALS, ["update_email", "delete_email"]),
    ),
    Mutant(
        "400-before-404",
        "The body is validated before the username is looked up.",
        ids("order/access-before-body", WRITES),
        looks_first_for([400], ["user-unknown"], WRITES),
    ),
    Mutant(
        "400-before-owner",
        "The body is validated before it is asked whose account it is.",
        ids("order/access-before-body", WRITES),
        looks_first_for([400], ["not-the-owner"], WRITES),
    ),
    Mutant(
        "400-before-scope",
        "The body is validated before the scope is asked for.",
        ids("order/access-before-body", WRITES),
        looks_first_for([400], ["scope-missing"], WRITES),
    ),
    Mutant(
        "unreadable-before-access",
        "A body that cannot be read is refused before anything else but the login.",
        ids("order/access-before-body", WRITES),
        looks_first_for(
            [400], ["not-the-owner", "user-unknown", "scope-missing"], WRITES, ["body-malformed"]
        ),
    ),
    # -- refused, and done all the same -----------------------------------------------------------
    Mutant(
        "401-acts",
        "A request without good credentials is refused, and carried out.",
        ids("refused-unchanged/access", WRITES),
        acts_all_the_same(_CREDENTIALS),
    ),
    Mutant(
        "scope-403-acts",
        "A request without the scope is refused, and carried out.",
        ids("refused-unchanged/access", WRITES),
        acts_all_the_same(["scope-missing"]),
    ),
    Mutant(
        "owner-403-acts",
        "A request by somebody else is refused, and carried out.",
        ids("refused-unchanged/access", WRITES),
        acts_all_the_same(["not-the-owner"]),
    ),
    Mutant(
        "owner-403-acts-on-caller",
        "A request by somebody else is refused, and carried out on the caller's own account.",
        ids("refused-unchanged/access", ["update_user", "add_email"]),
        _misdirected,
    ),
)
