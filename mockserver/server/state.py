"""The states of a connection, and how long each may last."""

from __future__ import annotations

from enum import Enum, auto

HEAD_SECONDS = 30.0
"""The longest time for the header of a request to arrive, and for the first one to begin."""

BODY_SECONDS = 60.0
"""The longest time for the body of a request to arrive."""

KEEP_ALIVE_SECONDS = 65.0
"""The longest time between two requests; common clients close earlier, and so first."""

READ_SECONDS = 60.0
"""The longest time in which a client reads nothing of an answer that waits for it."""

LINGER_SECONDS = 5.0
"""The longest time for a client that still sends to read the last answer."""


class State(Enum):
    """The states of a connection, each with the events that end it, and the state after it.

    A request is read after the one before it was answered: until then, what else has arrived is held.
    """

    WAITING = auto()
    """Nothing but empty lines has come. First byte of a request: HEADER. Too long: CLOSED."""

    HEADER = auto()
    """A header arrives. Whole: BODY. Too long, too large or broken: refused, LINGERING."""

    BODY = auto()
    """The request is served while its body arrives. Whole: SERVING. Answered: DRAINING, or LINGERING if the
    connection ends with it. Too long or broken: refused, LINGERING."""

    SERVING = auto()
    """The request is served. Answered: IDLE, or CLOSED if the connection ends with it."""

    DRAINING = auto()
    """The request was answered; the rest of its body is read and dropped. Whole: IDLE. Too long: CLOSED. Broken:
    LINGERING."""

    IDLE = auto()
    """The last request was answered. First byte of a request: HEADER; an empty line: WAITING. Too long: CLOSED."""

    LINGERING = auto()
    """The last answer was sent; further bytes are dropped, so that the client can read it. Too long: CLOSED."""

    CLOSED = auto()
    """The connection has ended, or ends when the client has what was written."""


ENDED = (State.LINGERING, State.CLOSED)


def limit(state: State) -> float:
    """Return how many seconds a connection may be in a state."""
    match state:
        case State.WAITING | State.HEADER:
            return HEAD_SECONDS
        case State.BODY | State.DRAINING:
            return BODY_SECONDS
        case State.IDLE:
            return KEEP_ALIVE_SECONDS
        case State.LINGERING:
            return LINGER_SECONDS
        case _:
            return float("inf")
