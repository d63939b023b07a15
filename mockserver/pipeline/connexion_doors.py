"""The doors of connexion that we use, in one place, and the stages of an operation behind one of them.

Importing connexion imports Starlette's test client, which warns about its own dependency: that is
nothing to our users.

A stage is ASGI middleware that holds its rules for one operation, compiled when the server starts. All stages
of an operation stand behind one `RoutedMiddleware`: one for each stage costs half a microsecond per request
each, 7 % of a read in all.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from mockserver.pipeline.request import App

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from connexion.middleware.abstract import (
        ROUTING_CONTEXT,
        RoutedAPI,
        RoutedMiddleware,
        SpecMiddleware,
    )
    from connexion.middleware.main import ConnexionMiddleware
    from connexion.operations import AbstractOperation
    from connexion.resolver import Resolver
    from connexion.spec import Specification

__all__ = [
    "ROUTING_CONTEXT",
    "ConnexionMiddleware",
    "Resolver",
    "SpecMiddleware",
    "Specification",
    "StagesMiddleware",
]

Compile = Callable[[str, Callable[..., Any]], App]
"""Puts the stages of an operation together; takes its id and the function that carries it out."""


class StagesAPI(RoutedAPI[App]):  # type: ignore[misc]  # connexion ships no types
    """The operations of one contract, each with its stages."""

    def __init__(
        self,
        specification: Specification,
        *,
        next_app: App,
        stages: Compile,
        base_path: str | None = None,
        resolver: Resolver | None = None,
        **_: Any,
    ) -> None:
        super().__init__(specification, next_app=next_app, base_path=base_path, resolver=resolver)
        self._stages = stages
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> App:
        """Return the first stage of an operation."""
        return self._stages(operation.operation_id, operation.function)


class StagesMiddleware(RoutedMiddleware[StagesAPI]):  # type: ignore[misc]  # connexion ships no types
    """The middleware that hands each request to the first stage of its operation."""

    api_cls = StagesAPI
