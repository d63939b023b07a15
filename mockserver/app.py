"""The wiring: contracts, rules and middleware become one ASGI application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

from accounts_contract import Contract, Operation
from mockserver.accounts.operations import RULES, Rule
from mockserver.control import coverage, faults, pages, requests, tokens, verification, worlds
from mockserver.control import sandboxes as sandboxes_control
from mockserver.control.access import ControlAccess
from mockserver.docs.served_contract import own_servers
from mockserver.oauth import handlers as token_flow
from mockserver.pipeline.access import Access, AccessRule
from mockserver.pipeline.body import BodyReader, accept, media_types
from mockserver.pipeline.connexion_doors import (
    Compile,
    ConnexionMiddleware,
    Resolver,
    StagesMiddleware,
)
from mockserver.pipeline.cors import OriginPolicy
from mockserver.pipeline.faults import FaultStage
from mockserver.pipeline.front_door import FrontDoor, Reporter
from mockserver.pipeline.operation import AccountOperation, HandledOperation, Handler
from mockserver.pipeline.problems import Headers
from mockserver.pipeline.request import MAX_BODY, App
from mockserver.pipeline.response_check import ResponseCheck
from mockserver.pipeline.routing import RoutingMiddleware, allow
from mockserver.pipeline.sandbox import SandboxRequired
from mockserver.sandboxes.hiding import token_hider
from mockserver.sandboxes.sandbox import Sandboxes

Stage = Callable[[App], App]
"""Puts a stage around the next one."""


@dataclass(frozen=True)
class Settings:
    """The settings of a server.

    Attributes:
        strict: Whether members that are not documented are refused.
        policy: The origins and hosts that may use the control API.
        control_token: The token that the control API asks for; None: it is open.
        require_sandbox: Whether callers who name no sandbox are refused.
    """

    strict: bool = False
    policy: OriginPolicy = field(default_factory=OriginPolicy)
    control_token: str | None = None
    require_sandbox: bool = False


def create_app(
    contract: Contract,
    oauth: Contract,
    control: Contract,
    sandboxes: Sandboxes,
    settings: Settings,
    reporter: Reporter,
) -> App:
    """Return the mock server as an ASGI application; everything is compiled before it returns.

    Args:
        contract: The contract of the Accounts API; `read_contract` and `check_rules` have passed it.
        oauth: The contract of the token flow.
        control: The contract of the control API.
        sandboxes: The worlds to serve.
        settings: The settings.
        reporter: The log.
    """
    app = ConnexionMiddleware(
        _nothing_here,
        import_name=__name__,
        middlewares=[
            partial(
                FrontDoor,
                sandboxes=sandboxes,
                policy=settings.policy,
                reporter=reporter,
                closed={oauth.operations[name].path for name in token_flow.PAGES},
            ),
            _routing(contract, control),
            StagesMiddleware,
        ],
    )
    flow = token_flow.handlers(oauth, contract.scopes)
    handlers = _control_handlers(contract, oauth, control, sandboxes, settings)
    # Connexion looks an operation up in the last of them first, and a miss costs a microsecond.
    for api, functions, stages in (
        (oauth, flow, _flow_stages(oauth, settings)),
        (control, handlers, _control_stages(control, settings)),
        (contract, RULES, _account_stages(contract, settings)),
    ):
        app.add_api(_outline(api), resolver=Resolver(functions.__getitem__), stages=stages)
    return cast("App", app)


def _routing(contract: Contract, control: Contract) -> Stage:
    """Return the middleware that finds the operation of a request."""
    operations = [*contract.operations.values(), *control.operations.values()]
    pages = {one.id for one in operations if "text/html" in one.responses[str(one.success)].content}
    patches = {one.id: media_types(one) for one in operations if one.method == "patch"}
    return partial(RoutingMiddleware, patches=patches, pages=pages)


def _account_stages(contract: Contract, settings: Settings) -> Compile:
    """Return what puts the stages of an operation of the Accounts API together."""

    def compile_stages(name: str, rule: Rule) -> App:
        operation = contract.operations[name]
        access = AccessRule(operation, contract.title)
        return _in_order(
            SandboxRequired if settings.require_sandbox else None,
            _fault_stage(contract, operation, access, access.challenge),
            partial(ResponseCheck, operation=operation),
            partial(Access, admit=access.admit),
            _body_stage(operation, strict=settings.strict),
            innermost=AccountOperation(operation, rule),
        )

    return compile_stages


def _flow_stages(oauth: Contract, settings: Settings) -> Compile:
    """Return what puts the stages of an operation of the token flow together."""

    def compile_stages(name: str, handler: Handler) -> App:
        operation = oauth.operations[name]
        # Everybody is let in: clients log in by the flow's own rules.
        access = AccessRule(operation, oauth.title)
        challenge = token_flow.challenge(oauth.title)
        return _in_order(
            SandboxRequired if settings.require_sandbox else None,
            _fault_stage(oauth, operation, access, challenge),
            partial(ResponseCheck, operation=operation),
            partial(token_flow.TokenFlow, operation=name),
            # RFC 6749, section 3.1: what is unknown is ignored.
            _body_stage(operation, strict=False),
            innermost=HandledOperation(handler),
        )

    return compile_stages


def _control_stages(control: Contract, settings: Settings) -> Compile:
    """Return what puts the stages of an operation of the control API together."""
    access = ControlAccess(settings.policy, settings.control_token)
    shared = frozenset(_extension(control, "x-shared"))
    largest = _extension(control, "x-largest-body")

    def compile_stages(name: str, handler: Handler) -> App:
        operation = control.operations[name]
        return _in_order(
            SandboxRequired if settings.require_sandbox and name not in shared else None,
            partial(ResponseCheck, operation=operation),
            partial(Access, admit=access.admit) if operation.security else None,
            _body_stage(operation, strict=True, most=largest.get(name, MAX_BODY)),
            innermost=HandledOperation(handler),
        )

    return compile_stages


def _body_stage(operation: Operation, *, strict: bool, most: int = MAX_BODY) -> Stage | None:
    if operation.body is None:
        return None
    body = operation.body
    return partial(BodyReader, operation=operation, body=body, strict=strict, most=most)


def _in_order(*stages: Stage | None, innermost: App) -> App:
    """Put stages around the innermost one, the first of them outermost.

    Each gets the method of the next one that serves a request: with the object, every request would look it up.
    """
    app = innermost.__call__
    for stage in reversed(stages):
        if stage is not None:
            app = stage(app).__call__
    return app


def _control_handlers(
    contract: Contract, oauth: Contract, control: Contract, sandboxes: Sandboxes, settings: Settings
) -> Mapping[str, Handler]:
    hide = token_hider(settings.control_token)
    both = replace(contract, operations={**contract.operations, **oauth.operations})
    return {
        **pages.handlers(contract, oauth, control),
        **worlds.handlers(contract, control),
        **tokens.handlers(contract),
        **faults.handlers(both),
        **requests.handlers(hide),
        **verification.handlers(both, hide),
        **sandboxes_control.handlers(sandboxes),
        **coverage.handlers([contract, oauth], sandboxes),
    }


def _extension(control: Contract, name: str) -> dict[str, Any]:
    """Return an extension of the control API by the ids of the operations that have it."""
    found = {one.id: one.raw.get(name) for one in control.operations.values()}
    return {one: value for one, value in found.items() if value}


async def warm_up(app: App) -> None:
    """Have connexion build its stack, which it does when it is first called, before the first request."""
    await app({"type": "lifespan"}, _nothing_here, _nothing_here)


def _outline(contract: Contract) -> dict[str, Any]:
    """Return the part of a contract that connexion gets: paths, operations, parameters and security.

    It checks each document that it gets; with schemas and examples that takes longer than all the rest of
    `create_app`.
    """
    data = contract.document.data
    paths: dict[str, dict[str, Any]] = {}
    for operation in contract.operations.values():
        paths.setdefault(operation.path, {})[operation.method] = {
            "operationId": operation.id,
            "parameters": [
                {
                    "name": one.name,
                    "in": one.location,
                    "required": one.location == "path",
                    "schema": {},
                }
                for one in operation.parameters
            ],
            "security": operation.raw.get("security", data.get("security", [])),
            "responses": {"default": {"description": "as the contract says"}},
        }
    schemes = data.get("components", {}).get("securitySchemes", {})
    # The path of the servers stands before all others. Connexion fills its copy in; ours stays as it was read.
    return deepcopy(
        {
            "openapi": data["openapi"],
            "info": {"title": contract.title, "version": "1"},
            "servers": own_servers(data),
            "paths": paths,
            "components": {"securitySchemes": schemes},
        }
    )


def _fault_stage(
    contract: Contract, operation: Operation, access: AccessRule, challenge: Headers
) -> Stage:
    """Return the stage for answers on demand.

    It has the header fields that belong to a status, wherever it comes from (RFC 9110, section 15.5).
    """
    beside = [one for one in contract.operations.values() if one.path == operation.path]
    methods = allow(one.method.upper() for one in beside)
    return partial(
        FaultStage,
        operation=operation,
        access=access,
        headers={
            401: challenge,
            405: [(b"allow", methods.encode("ascii"))],
            415: accept(operation) if operation.body is not None else [],
        },
    )


async def _nothing_here(*_: Any) -> Any:
    raise RuntimeError("no operation took this request")
