"""The reference as a static site: files in a folder that need no server, and no network."""

from __future__ import annotations

import os
import re
from pathlib import Path

from accounts_contract import Contract
from mockserver.accounts.state import state_of
from mockserver.accounts.world import World
from mockserver.docs.served_contract import PLACEHOLDER
from mockserver.docs.site import build

_LIST = ".mockserver-docs"
_HEADING = "These files were written by `mockserver docs`, which may replace and remove them:"

# What may stand in code of three languages and in HTML as it is.
_SERVER = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?"
)


class ExportError(Exception):
    """The site cannot be written; `str()` gives the reason and the fix."""


def check_server(server: str) -> None:
    """Refuse what is no base URL. Raises ExportError."""
    if not _SERVER.fullmatch(server):
        raise ExportError(
            f"--server {server!r} is no base URL; write it as http://host:port, or http://host:port/~NAME"
        )


def write(
    contract: Contract,
    oauth: Contract,
    control: Contract,
    world: World,
    server: str,
    folder: Path,
) -> int:
    """Write the site; gives the number of its files.

    A folder that holds something else is left as it is. An older site is replaced.

    Args:
        contract: The contract of the Accounts API.
        oauth: The contract of the token flow.
        control: The contract of the control API.
        world: The world whose logins the pages offer.
        server: The base URL of the mock server that they call.
        folder: Where to write.

    Raises:
        ExportError: The folder cannot be used.
    """
    files = build(contract, oauth, control, state_of(world), static=True)
    try:
        former = _former(folder)
        for name in files:
            path = folder / name
            is_ours = name in former and path.is_file() and not path.is_symlink()
            if not is_ours and os.path.lexists(path):
                raise ExportError(f"{path} is not of an older site: move it away first")
        folder.mkdir(parents=True, exist_ok=True)
        # First the names, so that a site that was written in part can be replaced too.
        names = "\n".join(sorted({*files, *former}))
        _put(folder / _LIST, f"{_HEADING}\n{names}\n".encode())
        for name, body in files.items():
            _put(folder / name, body.replace(PLACEHOLDER.encode(), server.rstrip("/").encode()))
        for name in former - files.keys():
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ExportError(f"{error.filename or folder} cannot be written: {reason}") from None
    return len(files)


def _former(folder: Path) -> frozenset[str]:
    """Return the files of the site that stands in a folder; none in one that is empty or not there yet.

    Raises:
        ExportError: It holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is no folder: name another one")
    if not folder.exists() or not any(folder.iterdir()):
        return frozenset()
    listed = folder / _LIST
    if listed.is_symlink() or not listed.is_file():
        raise ExportError(
            f"{folder} is not empty, and holds no site that `mockserver docs` has written: name a new or an empty folder"
        )
    heading, *names = listed.read_text("utf-8", "replace").splitlines()
    if heading != _HEADING or any(
        not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", name) for name in names
    ):
        raise ExportError(f"{listed} was changed: name a new or an empty folder")
    return frozenset(names)


def _put(path: Path, body: bytes) -> None:
    """Write a file that is new, in place of an older one; never through a link."""
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(body)
