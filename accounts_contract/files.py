"""The files of the contracts: inside the installed package, or beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def accounts_file() -> Path:
    """Return the path of `accounts.yaml`, the contract of the Accounts API."""
    return _find("accounts.yaml")


def control_file() -> Path:
    """Return the path of `control.yaml`, the contract of the mock server's own control API."""
    return _find("control.yaml")


def oauth_file() -> Path:
    """Return the path of `oauth.yaml`, the contract of the token flow."""
    return _find("oauth.yaml")


def reading_file() -> Path:
    """Return the path of `reading.yaml`: how we read the text that the contract was made from."""
    return _find("reading.yaml")


def _find(name: str) -> Path:
    # The wheel carries the files inside the package; a checkout has them once, at the top.
    installed = _PACKAGE / "openapi" / name
    return installed if installed.exists() else _PACKAGE.parent / "openapi" / name
