"""The journal: how both accounts were before the first write, on disk until they are so again."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from conformance.state import AccountState, Email

try:
    import fcntl
except ImportError:  # Windows: a second run is noticed by what it writes, not by the lock
    fcntl = None  # type: ignore[assignment]  # a module, or nothing

_VERSION = 1


class JournalError(Exception):
    """The journal cannot be written, or a file that is there is none of ours."""


class JournalInUse(JournalError):
    """Another run holds the journal."""


@dataclass(frozen=True)
class Record:
    """What a journal holds. `accounts` are by role."""

    base_url: str
    tag: str
    usernames: Mapping[str, str]
    accounts: Mapping[str, AccountState]

    def to_json(self) -> str:
        """The record as text."""
        data = {
            "what": "the state of two accounts before a conformance run; `conformance cleanup` restores it",
            "version": _VERSION,
            "base_url": self.base_url,
            "tag": self.tag,
            "usernames": dict(self.usernames),
            "accounts": {
                role: {"user": dict(state.user), "emails": [asdict(one) for one in state.emails]}
                for role, state in self.accounts.items()
            },
        }
        return json.dumps(data, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Record:
        """A record from its text. Raises ValueError."""
        data: Any = json.loads(text)
        if not isinstance(data, dict) or data.get("version") != _VERSION:
            raise ValueError("no journal of this version")
        try:
            return cls(
                base_url=data["base_url"],
                tag=data["tag"],
                usernames=data["usernames"],
                accounts={
                    role: AccountState(
                        one["user"], tuple(Email(**email) for email in one["emails"])
                    )
                    for role, one in data["accounts"].items()
                },
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"an incomplete journal ({error})") from None


class Journal:
    """A journal file, held by this process alone until it is closed."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file (0600), and hold it.

        Raises:
            JournalInUse: Another run holds it.
            JournalError: It cannot be written.
        """
        try:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise JournalError(
                f"the journal {path} cannot be written: {error.strerror}; choose another place with --journal"
            ) from None
        try:
            _hold(descriptor)
            path.chmod(0o600)
        except BlockingIOError:
            os.close(descriptor)
            raise JournalInUse(
                f"another run is at work on these accounts: it holds {path}"
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise JournalError(f"the journal {path} cannot be used: {error.strerror}") from None
        return cls(path, descriptor)

    def read(self) -> Record | None:
        """What an unfinished run left; None if the file is empty. Raises JournalError."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        parts = []
        while part := os.read(self._descriptor, 1 << 16):
            parts.append(part)
        if not parts:
            return None
        try:
            return Record.from_json(b"".join(parts).decode("utf-8"))
        except ValueError as error:
            raise JournalError(
                f"{self.path} is no journal of ours ({error}); move it away, or name another with --journal"
            ) from None

    def write(self, record: Record) -> None:
        """Write the record, and have it on the disk before anything else happens. Raises JournalError."""
        try:
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            left = record.to_json().encode("utf-8", "surrogatepass")
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fsync(self._descriptor)
        except OSError as error:
            raise JournalError(
                f"the journal {self.path} cannot be written: {error.strerror}"
            ) from None

    def close(self, *, remove: bool) -> None:
        """Let go of the file, and remove it where nothing is left to restore."""
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


def _hold(descriptor: int) -> None:
    """Hold a file. Raises BlockingIOError if another process holds it, or has just removed it."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not os.fstat(descriptor).st_nlink:
        raise BlockingIOError


def wait_for(descriptor: int) -> None:
    """Wait until this process alone holds a file; it lets go by closing it."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def default_path(target_file: Path) -> Path:
    """Beside the target file; where that folder cannot be written to, among the temporary files."""
    folder = target_file.resolve().parent
    if os.access(folder, os.W_OK):
        return folder / f".{target_file.name}.journal"
    digest = sha256(str(target_file.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"conformance-{digest}.journal"
