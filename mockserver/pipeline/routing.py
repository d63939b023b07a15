"""From a path and a method to an operation, by the paths of the contract.

Connexion's own routing redirects a path without its trailing slash and takes `%2F` for a slash;
this one answers 404 with a hint, and 405 with `Allow`. It leaves its findings where
connexion's `RoutedMiddleware` looks for them.
"""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from accounts_contract.contract import METHODS
from mockserver.accounts.world import normal_form
from mockserver.pipeline.answer import Answer
from mockserver.pipeline.connexion_doors import ROUTING_CONTEXT, Specification, SpecMiddleware
from mockserver.pipeline.outcome import OUTCOME, Outcome
from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import DONE, REQUEST, App, Receive, Request, Scope, Send

_KNOWN = frozenset(method.upper() for method in METHODS)
_KEPT = 1024  # paths whose route is kept,
_SHORT = 200  # each of so many characters at most


def allow(methods: Iterable[str]) -> str:
    """Return the `Allow` field of a path that has operations for some methods (RFC 9110, sections 9.3.2 and 10.2.1)."""
    taken = {"OPTIONS", *methods}
    return ", ".join(sorted(taken | {"HEAD"} if "GET" in taken else taken))


def _meant(method: str, taken: Collection[str]) -> str:
    """Ask whether a method in small letters was meant: `fetch` sends `patch` as it is written, which is another one."""
    meant = method.upper()
    return f"; did you mean {meant}?" if meant != method and meant in taken else ""


@dataclass(slots=True)
class Route:
    """One path of a contract, and its operations by method."""

    template: str
    base_path: str
    operations: dict[str, str] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        """The methods that it takes, as `Allow` lists them."""
        return allow(self.operations)


class RouteTable:
    """All routes; a path is split once and compared segment by segment."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self._by_length: dict[int, list[tuple[Route, tuple[tuple[int, str, bool], ...]]]] = {}

    def add(self, template: str, base_path: str, method: str, operation: str) -> None:
        """Add an operation. `GET` serves `HEAD` too (RFC 9110, section 9.3.2)."""
        full = base_path + template
        route = next((one for one in self.routes if one.template == full), None)
        if route is None:
            route = Route(full, base_path)
            self.routes.append(route)
            parts = full.split("/")
            steps = tuple(
                (index, part[1:-1], True)
                if part.startswith("{") and part.endswith("}")
                else (index, part, False)
                for index, part in enumerate(parts)
            )
            candidates = self._by_length.setdefault(len(parts), [])
            candidates.append((route, steps))
            # Where a fixed segment and a parameter both match, the fixed one is meant.
            candidates.sort(key=lambda one: [is_parameter for _, _, is_parameter in one[1]])
        route.operations[method.upper()] = operation
        if method == "get":
            route.operations.setdefault("HEAD", operation)

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route of a percent-encoded path, with its decoded parameters; None if there is none."""
        parts = path.split("/")
        if "%" in path:
            parts = [normal_form(unquote(part)) for part in parts]
        for route, steps in self._by_length.get(len(parts), ()):
            params = {}
            for index, name, is_parameter in steps:
                part = parts[index]
                if is_parameter and part:
                    params[name] = part
                elif is_parameter or part != name:
                    break
            else:
                return route, params
        return None

    def hint(self, path: str, base: str) -> str:
        """Return the likely fix for a path that leads nowhere; `base` is what stands before all paths."""
        if self.find(f"{path}/") is not None:
            return f"a slash is missing at the end: {base}{path}/"
        if path.endswith("/") and self.find(path.rstrip("/")) is not None:
            return f"there is a slash too many at the end: {base}{path.rstrip('/')}"
        single = "/" + "/".join(filter(None, path.split("/")))
        heads = [""]
        for route in self.routes if single.count("/") > 1 else ():
            # A base URL that holds the prefix already, or lacks a part of it.
            parts = route.template.partition("{")[0].split("/")
            heads += ["/".join(parts[:end]) for end in range(2, len(parts))]
        likely = [f"{head}{single}{end}" for head in dict.fromkeys(heads) for end in ("", "/")]
        found = next((one for one in likely if one != path and self.find(one) is not None), None)
        if found is None:
            templates = [route.template for route in self.routes]
            found = next(
                iter(difflib.get_close_matches(path[:200], templates, n=1, cutoff=0.5)), None
            )
        if found is None:
            return f"the contract, {base}/openapi.yaml, lists all paths"
        return f"did you mean {base}{found}?"


class RoutingMiddleware(SpecMiddleware):  # type: ignore[misc]  # connexion ships no types
    """The middleware that finds the operation of a request, and leaves it in scope and outcome.

    Args:
        app: The next stage.
        patches: The media types of each operation that patches, as `Accept-Patch` lists them.
        pages: The operations that serve a page for people.
    """

    def __init__(self, app: App, *, patches: Mapping[str, bytes], pages: Collection[str]) -> None:
        self.app = app
        self.table = RouteTable()
        self._patches = patches
        self._pages = pages
        self._find = lru_cache(_KEPT)(self.table.find)

    def add_api(self, specification: Specification, base_path: str | None = None, **_: Any) -> None:
        """Add the paths of a contract."""
        if base_path is not None:
            specification.base_path = base_path
        for path, item in specification["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = item[method]["operationId"]
                    self.table.add(path, specification.base_path, method, operation)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Route one request. Raises Problem: 404, 405 or 501."""
        request: Request = scope[REQUEST]
        outcome: Outcome = scope[OUTCOME]
        path = request.path
        found = self._find(path) if len(path) <= _SHORT else self.table.find(path)
        if found is None:
            outcome.answer = self._without_route(request)
            if outcome.answer is not None:
                return DONE
            shown, base = path[:200], request.prefix
            hint = self.table.hint(shown, base)
            if request.method not in _KNOWN:  # RFC 9110, section 9.1
                detail = (
                    f"there is no {base}{shown}, nor a path that takes {request.method[:20]}"
                    f"{_meant(request.method, _KNOWN)}; {hint}"
                )
                raise Problem(501, "method-unknown", detail)
            raise Problem(404, "path-unknown", f"there is no {base}{shown}; {hint}")
        route, outcome.params = found
        operation = route.operations.get(request.method)
        if operation is None:
            headers = [(b"allow", route.allow.encode("ascii"))]
            if request.method == "OPTIONS":
                patch = self._patches.get(route.operations.get("PATCH", ""))
                if patch is not None:
                    headers.append((b"accept-patch", patch))  # RFC 5789, section 3.1
                outcome.answer = Answer(204, headers, b"")
                return DONE
            detail = f"{route.template} does not take {request.method[:20]}, but {route.allow}"
            detail += _meant(request.method, route.operations)
            raise Problem(405, "method-not-allowed", detail, headers=headers)
        outcome.operation = operation
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = {
            "api_base_path": route.base_path,
            "operation_id": operation,
        }
        return self.app(scope, receive, send)

    def _without_route(self, request: Request) -> Answer | None:
        """Answer what has no route of its own: `OPTIONS *`, and the address of a page without its slash."""
        if request.path == "*":
            methods = {method for route in self.table.routes for method in route.operations}
            return Answer(204, [(b"allow", allow(methods).encode("ascii"))], b"")
        if request.method not in ("GET", "HEAD"):
            return None
        found = self.table.find(f"{request.path}/")
        if found is None or found[0].operations.get("GET") not in self._pages:
            return None
        query = b"?" + request.query if request.query else b""
        location = f"{request.prefix}{request.path}/".encode("latin-1") + query
        return Answer(308, [(b"location", location)], b"")
