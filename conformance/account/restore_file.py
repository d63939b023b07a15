"""The restore file: how both accounts were before the first write, on disk until they are so again.

A path may name anything, and the process may be root's: so only a regular file of ours, known by its first
line, is ever read, changed or removed.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from accounts_contract import file_kind
from conformance.account.state import AccountState, Email

try:
    import fcntl
except ImportError:  # Windows: a second run is noticed by what it writes, not by the lock
    fcntl = None  # type: ignore[assignment]  # a module, or nothing

_VERSION = 2
_MOST = 100_000  # characters of a damaged file that are read
_MEMBER = re.compile(
    r'"((?:[^"\\]|\\.)*)"\s*:\s*("(?:[^"\\]|\\.)*"|true|false|null|-?[0-9][-+.0-9eE]*|[{\[])'
)
_WHAT = "the state of two accounts before a conformance run"
_FIRST_LINE = f'{{"what": "{_WHAT}; `conformance cleanup` restores it",\n'
_MARK = _FIRST_LINE.replace(" ", "").encode().strip()
_NAMED = re.compile(r"\.[0-9a-f]{8}\.journal")
_ALIKE = 0.9  # of the mark: a damage there must not hide the data behind it
TAG_PATTERN = re.compile(r"conformance[0-9a-z]{6}")
"""The mark of a run, which stands in all that it writes."""
_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def is_foreign(text: str, tag: str) -> bool:
    """Return whether a text has the mark of another run."""
    return any(found != tag for found in TAG_PATTERN.findall(text.lower()))


class RestoreFileError(Exception):
    """The restore file cannot be written, or a file that is there is none of ours."""


class RestoreFileInUse(RestoreFileError):
    """Another run holds the restore file."""


@dataclass(frozen=True)
class Record:
    """The content of a restore file. `accounts` are by role."""

    base_url: str
    tag: str
    usernames: Mapping[str, str]
    accounts: Mapping[str, AccountState]

    def to_json(self) -> str:
        """Return the record as text."""
        data = {
            "base_url": self.base_url,
            "tag": self.tag,
            "usernames": dict(self.usernames),
            "accounts": {
                role: {"user": dict(state.user), "emails": [asdict(one) for one in state.emails]}
                for role, state in self.accounts.items()
            },
        }
        whole = {"version": _VERSION, "digest": _digest(data), **data}
        return _FIRST_LINE + json.dumps(whole, indent=1).removeprefix("{\n") + "\n"

    @classmethod
    def from_json(cls, text: str) -> Record:
        """Return a record from its text. Raises ValueError."""
        try:
            data: Any = json.loads(text)
            members = {name: data[name] for name in ("base_url", "tag", "usernames", "accounts")}
            if data["version"] != _VERSION:
                raise ValueError("no restore file of this version")
            if data["digest"] != _digest(members):
                raise ValueError("a byte of it has changed")
        except (KeyError, TypeError):
            raise ValueError("it lacks a member") from None
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        # Its digest says that all of it is as a run has written it.
        accounts = {
            role: AccountState(one["user"], tuple(Email(**email) for email in one["emails"]))
            for role, one in data["accounts"].items()
        }
        return cls(**{**members, "accounts": accounts})


class RestoreFile:
    """A restore file, held by this process alone until it is closed."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path) -> Self:
        """Hold the file that is there, or create one (0600).

        Raises:
            RestoreFileInUse: Another run holds it.
            RestoreFileError: It cannot be written, or what is there is none of ours.
        """
        with contextlib.ExitStack() as failed:
            try:
                descriptor, new = _opened(path)
                failed.callback(os.close, descriptor)
                _hold(descriptor)
                if new:
                    failed.callback(path.unlink, missing_ok=True)
                    _write(descriptor, _FIRST_LINE)
                elif not _is_ours(os.read(descriptor, 200)):
                    raise _not_ours(path, "it does not begin as one")
            except BlockingIOError:
                raise RestoreFileInUse(
                    f"another run is at work on these accounts: it holds {path}"
                ) from None
            except OSError as error:
                raise _unwritable(path, error) from None
            failed.pop_all()
        return cls(path, descriptor)

    def read(self) -> Record | None:
        """Read the record that an unfinished run left; None if it wrote nothing yet. Raises RestoreFileError."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        with os.fdopen(self._descriptor, "rb", closefd=False) as file:
            text = file.read()
        if text == _FIRST_LINE.encode():
            return None
        try:
            return Record.from_json(text.decode("utf-8"))
        except ValueError as error:
            kept = "\n".join(salvage(text.decode("utf-8", "replace")))
            raise RestoreFileError(
                f"the restore file {self.path} is damaged ({error}), and nothing was changed; "
                "put back by hand what can still be read of it, then remove it:\n"
                f"{kept or 'nothing can be read'}"
            ) from None

    def write(self, record: Record) -> None:
        """Write the record, and have it on the disk before anything else happens. Raises RestoreFileError."""
        try:
            _write(self._descriptor, record.to_json())
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def close(self, *, remove: bool) -> None:
        """Let go of the file, and remove it where nothing is left to restore.

        Raises:
            RestoreFileError: It cannot be removed.
        """
        try:
            # Another file may have taken its name meanwhile.
            if remove and os.path.samestat(self.path.lstat(), os.fstat(self._descriptor)):
                self.path.unlink()
        except FileNotFoundError:
            pass
        except OSError as error:
            raise RestoreFileError(
                f"the restore file {self.path} is not needed any more and cannot be removed: {error.strerror}"
            ) from None
        finally:
            os.close(self._descriptor)


def _opened(path: Path) -> tuple[int, bool]:
    """Open a regular file, without waiting and through no link, or create it; whether it is new."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600), True
    # Opening alone has effects on some devices; and what is there may be another thing a moment later.
    if kind := file_kind(found.st_mode):
        raise _not_ours(path, f"it is {kind}")
    descriptor = os.open(path, _FLAGS)
    if kind := file_kind(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_ours(path, f"it is {kind}")
    return descriptor, False


def _digest(members: Mapping[str, Any]) -> str:
    return sha256(json.dumps(members, sort_keys=True).encode()).hexdigest()


def _is_ours(beginning: bytes) -> bool:
    """Return whether a file begins as a restore file, of whichever version, but for a damaged byte or two."""
    found = b"".join(beginning.split())
    alike = sum(one == other for one, other in zip(found, _MARK, strict=False))
    return alike >= len(_MARK) * _ALIKE


def _unwritable(path: Path, error: OSError) -> RestoreFileError:
    return RestoreFileError(
        f"the restore file {path} cannot be written: {error.strerror}; choose another place with --journal"
    )


def _not_ours(path: Path, why: str) -> RestoreFileError:
    return RestoreFileError(
        f"{path} is no restore file of ours ({why}); move it away, or name another with --journal"
    )


def _write(descriptor: int, text: str) -> None:
    """Put a text in the place of what a file holds. Raises OSError."""
    left = text.encode("utf-8", "surrogatepass")
    os.lseek(descriptor, 0, os.SEEK_SET)
    while left:
        left = left[os.write(descriptor, left) :]
    os.ftruncate(descriptor, os.lseek(descriptor, 0, os.SEEK_CUR))
    os.fsync(descriptor)


def _hold(descriptor: int) -> None:
    """Hold a file. Raises BlockingIOError if another process holds it, or has just removed it."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not os.fstat(descriptor).st_nlink:
        raise BlockingIOError


def salvage(text: str) -> Iterator[str]:
    """Yield what can be read of a damaged record: the members in their order, one a line."""
    for name, value in _MEMBER.findall(text[:_MOST]):
        if name not in ("what", "version", "digest"):
            yield f"{name}:" if value in "[{" else f"  {name}: {value}"


def default_path(target_file: Path, base_url: str = "") -> Path:
    """Return the restore file of a target file and a URL.

    It stands beside the target file; where that folder cannot be written to, among the temporary files.
    """
    folder, name = _place(target_file)
    url = f".{sha256(base_url.encode()).hexdigest()[:8]}" if base_url else ""
    return folder / f"{name}{url}.journal"


def restore_files(target_file: Path) -> dict[Path, str]:
    """Return the restore files of a target file, with the URL of each; "" where that cannot be read."""
    folder, name = _place(target_file)
    found = {}
    for path in sorted(folder.glob(f"{glob.escape(name)}*.journal")):
        try:
            descriptor, _ = _opened(path)
            with os.fdopen(descriptor, "rb") as file:
                beginning = file.read(_MOST)
        except (OSError, RestoreFileError):
            continue
        members = dict(_MEMBER.findall(beginning.decode("utf-8", "replace")))
        # By its name, one is told of that has lost its beginning.
        if _is_ours(beginning) or _NAMED.search(path.name):
            found[path] = ""
            with contextlib.suppress(ValueError):
                found[path] = str(json.loads(members.get("base_url", '""')))
    return found


def _place(target_file: Path) -> tuple[Path, str]:
    """Return the folder of the restore files of a target file, and the beginning of their names."""
    whole = target_file.resolve()
    if os.access(whole.parent, os.W_OK):
        return whole.parent, f".{target_file.name}"
    digest = sha256(str(whole).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()), f"conformance-{digest}"
