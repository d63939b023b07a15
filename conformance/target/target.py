"""A target as data: the URL, the accounts and their logins."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.target.redaction import Redactor

Scopes = frozenset[str]

ROLES = ("owner", "other")
_TOKEN_COMMAND_SECONDS = 30


class TokenCommandError(Exception):
    """A token_command that printed no token."""


@dataclass(frozen=True)
class Account:
    """One of the two accounts. None of the secrets is shown by repr().

    Attributes:
        tokens: By their scopes.
        disposable: True if nothing of it needs to be put back.
        variables: The variables of the environment that hold its secrets, by key or scopes: those that the
            target file names alone in ${…}.
    """

    role: str
    username: str
    password: str | None = field(default=None, repr=False)
    tokens: Mapping[Scopes, str] = field(default_factory=dict, repr=False)
    gravatar_email: str | None = None
    expired_token: str | None = field(default=None, repr=False)
    revoked_token: str | None = field(default=None, repr=False)
    disposable: bool = False
    variables: Mapping[str | Scopes, str] = field(default_factory=dict, repr=False)

    def variable(self, secret: str | Scopes) -> str:
        """Return the variable that stands for a secret in curl lines: the target file's, or one named alike."""
        if secret in self.variables:
            return self.variables[secret]
        if isinstance(secret, str):
            return f"{self.role}_{secret.removesuffix('_token')}".upper()
        return "_".join((self.role, *(sorted(secret) or ("none",)))).upper()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in `seconds`."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Target:
    """A target file, read and found good.

    Attributes:
        file: The path of the file; messages name keys in it.
        base_url: Without a slash at its end; may have a path prefix.
        header_variables: The variables that stand for the values of `headers` in curl lines.
        ca_bundle: The file with the CAs to trust, beside the system's.
        client_cert: The file with the certificate that the suite shows, and its key if `client_key` is None.
        consistency: The seconds for which a read may show the state before a write.
        wrong_logins: The number of wrong passwords that may be sent in a row.
        connections: The number of requests that may be under way at once.
        email_domain: The domain of the addresses that the suite makes.
        token_command: The command that prints a token for scopes that are not listed, or None.
        redact: Masks every secret of the file.
    """

    file: Path
    base_url: str
    owner: Account
    other: Account | None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    header_variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_bundle: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    verify_tls: bool = True
    timeout: float = 10.0
    rate_limit: RateLimit | None = None
    consistency: float = 0.0
    wrong_logins: int = 4
    connections: int = 8
    email_domain: str = "example.com"
    token_command: tuple[str, ...] | None = None
    unknown_username: str | None = None
    redact: Redactor = field(default_factory=Redactor, repr=False)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The owner, and the other user if there is one."""
        return (self.owner,) if self.other is None else (self.owner, self.other)

    def mint(self, account: Account, scopes: Scopes) -> str:
        """Mint a token with the token_command, which runs without a shell, beside the target file.

        Raises:
            TokenCommandError: There is no command, or it fails, takes too long or prints nothing.
        """
        if self.token_command is None:
            raise TokenCommandError("the target file has no token_command")
        words = {"username": account.username, "scopes": " ".join(sorted(scopes))}
        command = [_fill(argument, words) for argument in self.token_command]
        try:
            done = subprocess.run(  # noqa: S603 - the target file names it, and no shell reads it
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TOKEN_COMMAND_SECONDS,
                cwd=self.file.parent,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TokenCommandError(
                f"token_command took longer than {_TOKEN_COMMAND_SECONDS} s"
            ) from None
        except OSError as error:
            raise TokenCommandError(
                f"token_command cannot be run: {error.strerror or error}"
            ) from None
        token = done.stdout.decode("utf-8", "replace").strip()
        self.redact.add(token)
        if done.returncode != 0:
            raise TokenCommandError(
                f"token_command ended with exit code {done.returncode} for {account.username} and "
                f"{words['scopes']!r}; run it by hand, in the folder of the target file, to see why"
            )
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise TokenCommandError("token_command printed no token: one line of printable ASCII")
        return token


def _fill(argument: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        argument = argument.replace(f"{{{name}}}", value)
    return argument
