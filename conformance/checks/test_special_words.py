"""Words that are special in an implementation's language: to the API they are like any other."""

from __future__ import annotations

import re
from typing import Any

from conformance.checks.support import cases
from conformance.checks.support.asking import ask, ask_all, asks
from conformance.checks.support.context import CheckContext
from conformance.checks.support.marking import proves
from conformance.checks.support.question import Ask
from conformance.target.credentials import plain

_WORDS = [word for words in cases.SPECIAL_WORDS.values() for word in words]
_NOBODY = [word for word in _WORDS if word.startswith("__")]
"""Words that no account has as its name."""


@proves("{op}/not-found/username")
def test_a_special_word_is_an_unknown_username(run: CheckContext, op: str) -> None:
    # A user may be called null, or be served as self; dots and wild cards may name another path.
    words = [word for word in _WORDS if not re.fullmatch(r"[.*{}\[\]]+", word)]
    group = []
    for word in words if op == "get_user" else _NOBODY:
        statuses = (400, 404) if word in _NOBODY else (200, 400, 403, 404)
        how: dict[str, Any] = {"statuses": statuses, "requirement": "not-found/username"}
        group.append(Ask(op, cases.correct_value(run, op), username=word, **how))
    ask_all(run, group)


@proves("get-user/unauthenticated/wrong", writes=False)
def test_a_special_word_is_no_token(run: CheckContext) -> None:
    logins = [
        plain(f"Bearer {word}", f"Bearer {word}")
        for word in _WORDS
        if re.fullmatch(r"[\w.-]+", word)
    ]
    how: dict[str, Any] = {"statuses": (401,), "requirement": "unauthenticated/wrong"}
    ask_all(run, [Ask("get_user", login=login, **how) for login in logins])


@proves("{op}/invalid-body/invalid-address", "{op}/not-found/address", of=cases.names_an_address)
def test_a_special_word_is_no_address(run: CheckContext, op: str) -> None:
    extra = {"verified": True} if op == "update_email" else {}
    ask_all(run, asks(op, ({"email": word, **extra} for word in _WORDS)))


@proves("add-email/success", "add-email/others-untouched")
def test_a_special_word_before_the_at_sign(run: CheckContext) -> None:
    # Which letters are kept as capitals is left open, and so is which signs are taken.
    words = [word for word in _WORDS if re.fullmatch(r"[^A-Z@]*[^A-Za-z@][^A-Z@]*", word)]
    labels = [(word, run.address().partition("@")[0]) for word in words]
    ask_all(run, asks("add_email", ({"email": f"{a}@{b}.example.com"} for a, b in labels)))


@proves("{op}/documented-answers", of=cases.BODIES)
def test_a_special_word_is_an_unknown_member(run: CheckContext, op: str) -> None:
    odd = {"verified": True, "primary": True, "company": run.text("Odd")}
    proto, *others = _WORDS
    for more in ({proto: odd}, dict.fromkeys(others, "odd")):
        ask(run, op, {**(cases.fresh_value(run, op) or {}), **more})
    form = {f"{proto}[{name}]": value for name, value in odd.items()}
    ask(run, op, {**(cases.fresh_value(run, op) or {}), **form}, form=True)
