"""A sandbox: the world that callers see and change, and the fixtures it goes back to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from mockserver.redaction import redact
from mockserver.world import World


class Sandbox:
    """One world in use.

    Args:
        fixtures: What it starts with.
        secrets: What must not be repeated, beside the secrets of the world.
    """

    __slots__ = ("_secrets", "fixtures", "world")

    def __init__(self, fixtures: World, secrets: Sequence[str] = ()) -> None:
        self._secrets = secrets
        self.fixtures = fixtures
        self.world = fixtures.copy()

    def reset(self) -> None:
        """Go back to the fixtures."""
        self.world = self.fixtures.copy()

    def redact(self, text: str) -> str:
        """A piece of a request without the secrets of this world."""
        return redact(text, chain(self.world.secrets(), self._secrets))
