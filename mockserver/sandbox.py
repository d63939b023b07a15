"""A sandbox: the world that callers see and change, and the fixtures it goes back to."""

from __future__ import annotations

from mockserver.redaction import redact
from mockserver.world import World


class Sandbox:
    """One world in use."""

    __slots__ = ("fixtures", "world")

    def __init__(self, fixtures: World) -> None:
        self.fixtures = fixtures
        self.world = fixtures.copy()

    def reset(self) -> None:
        """Go back to the fixtures."""
        self.world = self.fixtures.copy()

    def redact(self, text: str) -> str:
        """A text without the secrets of this world."""
        return redact(text, self.world.secrets())
