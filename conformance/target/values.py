"""The values of a target file, one by one: each function returns one, or raises ValueError with the fix."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from conformance.target.target import RateLimit

MOST_CONNECTIONS = 32
_RATE = re.compile(r"([1-9][0-9]{0,8})/(s|m|h)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_LAG = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s)?")
_LONGEST_LAG = 60.0
_LONGEST_DOMAIN = (
    30  # an address that everybody takes has 64 characters, and ours need half of them
)
_DOMAIN = re.compile(r"(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+([a-z]{2,})")
_RESERVED = frozenset({"test", "invalid", "local", "localhost", "onion"})


def text(value: Any) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError('must be a text; put it in quotes ("…") if it looks like a number')
    return value


def boolean(value: Any) -> bool:
    """Read true or false."""
    if value is True or value is False:
        return bool(value)
    raise ValueError("must be true or false")


def timeout(value: Any) -> float:
    """Read a number of seconds."""
    try:
        seconds = float(value) if not isinstance(value, bool) else 0.0
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise ValueError("must be a number of seconds, above 0 and at most 3600")
    return seconds


def rate_limit(value: Any) -> RateLimit:
    """Read a number of requests per second, minute or hour."""
    match = _RATE.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
    if match is None:
        raise ValueError("must be a number per second, minute or hour: 10/s, 100/m, 5000/h")
    return RateLimit(int(match[1]), _SECONDS[match[2]])


def consistency(value: Any) -> float:
    """Read a duration: 2s, 500ms, or a number of seconds."""
    match = None if isinstance(value, bool) else _LAG.fullmatch(str(value).replace(" ", ""))
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1) if match else -1.0
    if not 0 <= seconds <= _LONGEST_LAG:
        raise ValueError(f"must be a duration of at most {_LONGEST_LAG:.0f}s: 2s, 500ms")
    return seconds


def whole(least: int, most: int) -> Callable[[Any], int]:
    """Return the reader of a whole number between two others."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return read


def email_domain(value: Any) -> str:
    """Read a domain whose addresses are valid by anyone's reading."""
    match = _DOMAIN.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[1] in _RESERVED or len(str(value)) > _LONGEST_DOMAIN:
        raise ValueError(
            f"must be a domain in lower case that mail could go to, of at most {_LONGEST_DOMAIN} "
            "characters, such as staging.example.com"
        )
    return str(value)


def token_command(value: Any) -> tuple[str, ...]:
    """Read a program and its arguments."""
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise ValueError(
        'must be a list: the program and its arguments, such as [./mint, "{username}", "{scopes}"]'
    )


def pem(folder: Path, value: Any) -> Path:
    """Read the path of a file, which counts from a folder."""
    path = folder / value if isinstance(value, str) else None
    if path is None:
        raise ValueError("must be the path of a file (PEM)")
    if not path.is_file():
        raise ValueError(f"there is no file {path}; the path counts from the target file")
    return path


def ca_bundle(path: Path) -> Path:
    """Return the path of a file with certificates of CAs."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except OSError as error:
        raise ValueError(f"{path} holds no certificates (PEM): {_reason(error)}") from None
    return path


def client_cert(path: Path, key: Path | None) -> None:
    """Refuse a certificate and a key that do not belong together."""
    named = f"{path} and {key}" if key else str(path)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path, key, _no_password)
    except OSError as error:
        raise ValueError(
            f"{named}: no certificate with its key (PEM): {_reason(error)}; "
            "name the key's file under client_key"
        ) from None
    except (
        ValueError
    ) as error:  # of ours: without a password, OpenSSL would ask the terminal for it
        raise ValueError(
            f"{named}: {error}; decrypt it first: openssl pkey -in KEY -out NEW"
        ) from None


def _no_password() -> NoReturn:
    raise ValueError("the key is encrypted")


def _reason(error: OSError) -> str:
    return (error.reason if isinstance(error, ssl.SSLError) else error.strerror) or str(error)


def base_url(value: Any) -> str:
    """Read a base URL; return it without a slash at its end."""
    url = text(value)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is no URL; write https://host or https://host:port/prefix") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https URL, such as https://staging.example.com")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry credentials; put them under accounts")
    if parts.query or parts.fragment:
        raise ValueError("must end with its path: no ? and no #")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(
            "must be printable ASCII; percent-encode the path, and write the host in Punycode"
        )
    return url.rstrip("/")


def base_url_given(value: str) -> str:
    """Read the base URL of the command line."""
    try:
        return base_url(value)
    except ValueError as error:
        raise ValueError(f"--base-url {error}") from None


def without_line_break(value: str) -> str:
    """Refuse a secret that ends in a line break."""
    if value.endswith(("\n", "\r")):
        raise ValueError(
            "ends in a line break, which nobody's password or token does; a file or `echo` adds it: "
            'set the variable as export NAME="$(cat FILE)"'
        )
    return value


def token(value: str) -> str:
    """Read a token."""
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise ValueError("is no token: it must be printable ASCII without spaces")
    return value


def header(value: Any) -> str:
    """Read the value of a header."""
    line = without_line_break(value) if isinstance(value, str) else "\n"
    if not line.isprintable() or max(line, default="") > "\xff":
        raise ValueError('must be a line of text; put it in quotes ("…") if it is a number')
    return line
