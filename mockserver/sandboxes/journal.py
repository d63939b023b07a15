"""The journal of a sandbox: its last requests, each with its caller, its answer, and the reason for it."""

from __future__ import annotations

import asyncio
import marshal
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mockserver.accounts.world import format_time
from mockserver.sandboxes.faults import Fired
from mockserver.sandboxes.hiding import HIDDEN, hide_in_body, hide_parameters, is_secret_field

Json = dict[str, Any]

MAX_KEPT = 16 * 1024
"""The most that is kept of a body, in bytes."""

_MAX_WAITING = 200  # entries that wait for a reader of events


@dataclass(slots=True)
class Entry:
    """One request and its answer. Bodies are cut at `MAX_KEPT` bytes; the sizes are the whole ones.

    `event` is for those who write the entry as an event, so that it is written once for all readers.
    """

    number: int
    started: float
    seconds: float
    method: str
    path: str
    query: bytes
    operation: str | None
    username: str | None
    scheme: str | None
    status: int
    code: str | None
    why: str | None
    notes: list[str]
    fault: Fired | None
    request_headers: list[tuple[bytes, bytes]]
    request_body: bytes
    request_size: int
    response_headers: list[tuple[bytes, bytes]]
    response_body: bytes
    response_size: int
    event: bytes | None = None

    def json(self) -> Json:
        """Return the entry as the control API shows it, without what has the name of a secret."""
        return {
            "id": self.number,
            "time": format_time(self.started),
            "ms": round(self.seconds * 1000, 3),
            "method": self.method,
            "path": self.path,
            "query": hide_parameters(self.query.decode("latin-1")),
            "operation": self.operation,
            "username": self.username,
            "scheme": self.scheme,
            "status": self.status,
            "code": self.code,
            "why": self.why,
            "notes": self.notes,
            "fault": None if self.fault is None else str(self.fault),
            "request": {
                "headers": dict(header_fields(self.request_headers)),
                "body": shown(self.request_body),
                "size": self.request_size,
            },
            "response": {
                "headers": dict(header_fields(self.response_headers)),
                "body": shown(self.response_body),
                "size": self.response_size,
            },
        }


Record = bytes
"""A request that is over, in one piece: a thousand of them are kept, and what they are made of is freed while
it is at hand. It becomes an entry only when somebody reads it."""


def pack(members: tuple[Any, ...]) -> Record:
    """Return a record from the members of its `Entry`, in their order, all but `number` and `event`."""
    # Version 2 looks for no repetitions, which takes half the time.
    return marshal.dumps(members, 2)


def unpack(number: int, record: Record) -> Entry:
    """Return the entry of a record that has a number in its journal."""
    entry = Entry(number, *marshal.loads(record))  # noqa: S302 - packed by ourselves
    if entry.fault is not None:
        entry.fault = Fired(*entry.fault)
    return entry


class Limits:
    """The bounds of all journals together; past them the oldest requests go, whosever they are.

    Args:
        per_journal: How many requests one journal may hold.
        most_bytes: How much memory the requests of all journals may take.
    """

    __slots__ = ("_most", "_most_bytes", "_order", "_used", "per_journal")

    def __init__(self, per_journal: int = 1000, most_bytes: int = 128 * 1024 * 1024) -> None:
        self.per_journal = per_journal
        self._most_bytes = most_bytes
        # A request that is let go of before its turn leaves the turn behind, which takes room too.
        self._most = most_bytes // 1024
        self._used = 0
        self._order: deque[Journal] = deque()  # the journal of each request, the oldest first

    def take(self, journal: Journal, size: int) -> None:
        """Make room for a request of so many bytes that a journal has got."""
        self._used += size
        order = self._order
        order.append(journal)
        while self._used > self._most_bytes or len(order) > self._most:
            order.popleft().lose()

    def give(self, size: int) -> None:
        """Give back the bytes of a request that a journal has let go of."""
        self._used -= size


class Journal:
    """The last requests, and the readers of each as it comes."""

    __slots__ = ("_cleared", "_gone", "_limits", "_made", "_readers", "_records")

    def __init__(self, limits: Limits) -> None:
        self._records: deque[Record] = deque()
        self._limits = limits
        self._made = 0
        self._cleared = 0  # how many of those were forgotten because somebody wanted that
        self._gone = 0  # requests that were let go of before their turn came in `Limits`
        self._readers: list[Reader] = []

    def append(self, record: Record) -> None:
        """Add a request; the oldest goes when there are too many."""
        records, limits = self._records, self._limits
        records.append(record)
        self._made += 1
        limits.take(self, len(record))
        if len(records) > limits.per_journal:
            self._gone += 1
            limits.give(len(records.popleft()))
        if self._readers:
            entry = unpack(self._made, record)
            for reader in self._readers:
                reader.tell(entry)

    def lose(self) -> None:
        """Let go of the oldest request, as its turn has come, unless that was done already."""
        if self._gone:
            self._gone -= 1
        else:
            self._limits.give(len(self._records.popleft()))

    def __len__(self) -> int:
        return len(self._records)

    def entries(self) -> Iterator[Entry]:
        """Return the requests that it holds now, the newest last, numbered from the first that there ever was."""
        records = list(self._records)
        return (unpack(*one) for one in enumerate(records, self._made - len(records) + 1))

    @property
    def lost(self) -> int:
        """The number of requests that had to go because there were too many, since it was last cleared."""
        return self._made - self._cleared - len(self._records)

    def clear(self) -> None:
        """Forget all requests; readers go on reading."""
        self._cleared = self._made
        self._gone += len(self._records)
        self._limits.give(sum(len(record) for record in self._records))
        self._records.clear()

    def close(self) -> None:
        """Forget all requests, and end all reading."""
        self.clear()
        for reader in list(self._readers):
            reader.close()

    def read(self) -> Reader:
        """Return a reader of each further entry; close it in the end."""
        reader = Reader(self._readers)
        self._readers.append(reader)
        return reader

    @property
    def is_read(self) -> bool:
        """True if it has a reader."""
        return bool(self._readers)


class Reader:
    """A reader of each entry as it comes. One that does not keep up loses the oldest ones.

    Attributes:
        is_closed: Whether it reads no more.
    """

    def __init__(self, readers: list[Reader]) -> None:
        self.is_closed = False
        self._readers = readers
        self._waiting: deque[Entry] = deque(maxlen=_MAX_WAITING)
        self._something = asyncio.Event()

    def tell(self, entry: Entry) -> None:
        """Add an entry for the reader."""
        self._waiting.append(entry)
        self._something.set()

    async def next(self, seconds: float) -> Entry | None:
        """Return the next entry, as soon as there is one; None after so many seconds, or when closed."""
        if not self._waiting and not self.is_closed:
            self._something.clear()
            alarm = asyncio.get_running_loop().call_later(seconds, self._something.set)
            await self._something.wait()
            alarm.cancel()
        # One at a time: a reader that stalls holds on to no more than the others.
        return self._waiting.popleft() if self._waiting and not self.is_closed else None

    def close(self) -> None:
        """End the reading."""
        if not self.is_closed:
            self.is_closed = True
            self._readers.remove(self)
            self._something.set()


def text_of(body: bytes) -> str:
    """Return a body as text, for people."""
    return body.decode("utf-8", "replace")


def shown(body: bytes) -> str:
    """Return a body as text, without what has the name of a secret."""
    return hide_in_body(text_of(body))


def header_fields(fields: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    """Give header fields as text; of credentials, and of what has the name of a secret, only the scheme is left."""
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if is_secret_field(name):
            scheme = value.split(" ", 1)[0].lower()
            known = {"basic": "Basic ", "bearer": "Bearer "}
            yield name, known.get(scheme, "") + HIDDEN
        else:
            yield name, value
