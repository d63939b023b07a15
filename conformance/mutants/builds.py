"""What a mutant is, and how a faulty server is built from the mock server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from accounts_contract import Contract, Document, accounts_file, read_contract
from conformance.mutants.messages import Layer, layered
from mockserver.accounts import user_json
from mockserver.app import RULES, Rule, Settings, create_app
from mockserver.exchange import App, Exchange
from mockserver.sandbox import Sandbox, Sandboxes
from mockserver.world import Account, Email, World


@dataclass
class Build:
    """A server that is being put together; a change edits it before it is made.

    Attributes:
        contract: What is enforced.
        rules: What carries out each operation.
        layers: What requests and answers pass on their way, the outermost first.
        sandbox: The world that is served.
        settings: How the mock server behaves.
    """

    contract: Contract
    rules: dict[str, Rule]
    sandbox: Sandbox
    layers: list[Layer] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)


Change = Callable[[Build], None]
"""Edits a build. What a defect has to remember is made here, so that each build starts afresh."""


@dataclass(frozen=True)
class Mutant:
    """A deliberately faulty implementation.

    Attributes:
        id: Says what is wrong; unique among mutants and variations.
        sentence: What is wrong, in a sentence.
        breaks: The ids of the requirements that it breaks; each must find it.
        change: What makes it so.
        family: The name of the rule, where one rule is repeated per operation; else empty.
    """

    id: str
    sentence: str
    breaks: tuple[str, ...]
    change: Change = field(repr=False)
    family: str = ""


@dataclass(frozen=True)
class Variation:
    """Another implementation that is just as right.

    Attributes:
        id: Says what is different; unique among mutants and variations.
        sentence: What is different, in a sentence.
        clause: The clause of the reading that leaves it open; one of `variations.CLAUSES`.
        change: What makes it so.
        misses: The ids of the SHOULD requirements that it does not meet; none may find more.
        visible: Whether an answer tells it from the mock server; if not, its pace does.
    """

    id: str
    sentence: str
    clause: str
    change: Change = field(repr=False)
    misses: tuple[str, ...] = ()
    visible: bool = True


def together(*changes: Change) -> Change:
    """Several changes, one after the other."""

    def change(build: Build) -> None:
        for one in changes:
            one(build)

    return change


class Witness:
    """Is told what the server does, and keeps the tracebacks of what it did not mean to do."""

    def __init__(self) -> None:
        self.defects: list[str] = []

    def request(self, exchange: Exchange, seconds: float) -> None:
        """A request was answered."""

    def defect(self, text: str) -> None:
        """The server failed."""
        self.defects.append(text)


def build_app(change: Change | None, sandboxes: Sandboxes, witness: Witness | None = None) -> App:
    """The mock server with a change to it, as an application."""
    rules = {**RULES, **_TOLERANT}
    build = Build(packaged_contract(), rules, sandboxes.common)
    if change is not None:
        change(build)
    app = create_app(
        replace(build.contract, document=_routes()),
        None,  # nobody steers a mutant
        sandboxes,
        build.settings,
        witness or Witness(),
        build.rules,
    )
    return layered(app, build.layers)


@cache
def packaged_contract() -> Contract:
    """The contract that comes with the package."""
    return read_contract(accounts_file(), validate=False)


@cache
def _routes() -> Document:
    """The contract's document without what is compiled already: connexion reads it for each server anew.

    What is left are the paths with their operations, by which requests are routed.
    """
    document = packaged_contract().document
    paths: dict[str, dict[str, Any]] = {}
    for one in packaged_contract().operations.values():
        bare = {"operationId": one.id, "responses": {"default": {"description": "any"}}}
        paths.setdefault(one.path, {})[one.method] = bare
    data = {**document.data, "paths": paths, "components": {}}
    return replace(document, data=data)


def _with_primary(account: Account) -> Account:
    """An account whose profile can be shown, whatever a defect did to its primary address."""
    if any(email.primary for email in account.emails):
        return account
    first, *rest = account.emails or (Email("nobody@example.com", verified=False, primary=False),)
    return replace(account, emails=(replace(first, primary=True), *rest))


def _get_user(world: World, username: str) -> Any:
    account = world.accounts.get(username)
    return RULES["get_user"](world, username) if account is None else _shown(account)


def _update_user(world: World, username: str, body: Mapping[str, Any]) -> Any:
    account = world.accounts.get(username)
    if account is None or _with_primary(account) is account:
        return RULES["update_user"](world, username, body)
    emails = account.emails
    world.put(_with_primary(account))
    shown = RULES["update_user"](world, username, body)
    world.put(replace(world.accounts[username], emails=emails))
    return shown


def _shown(account: Account) -> Any:
    return user_json(_with_primary(account))


_TOLERANT: Mapping[str, Rule] = {"get_user": _get_user, "update_user": _update_user}
"""The rules that would fail on an account without a primary address, made to bear it."""


def ids(part: str, operations: Sequence[str]) -> tuple[str, ...]:
    """The id of a requirement that each of some operations has."""
    return tuple(f"{operation.replace('_', '-')}/{part}" for operation in operations)
