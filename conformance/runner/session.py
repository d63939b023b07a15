"""A run from its first request to its last: trial of the logins, restore file, clean-up, verdict."""

from __future__ import annotations

import contextlib
import secrets
import ssl
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from accounts_contract import DocumentError
from conformance.account.restore_file import Record, RestoreFileError, default_path, is_foreign
from conformance.account.restorer import Restored, Restorer, StateUnreadable, ascii_body
from conformance.account.state import SIGNED, AccountState
from conformance.catalogue.causes import find_causes
from conformance.catalogue.requirements import catalogue, packaged_contract
from conformance.catalogue.results import EXIT_CODES, INTERRUPTED, RunResult, Verdict
from conformance.catalogue.verdict import VerdictBuilder
from conformance.catalogue.waivers import read_waivers
from conformance.checks.support.accounts import texts_of
from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.logins import Ground
from conformance.checks.support.operations import DESCRIPTIONS, fixed_members
from conformance.runner.safekeeping import Safekeeping
from conformance.settings import Settings
from conformance.target.credentials import NOBODY, Credentials, logins_of
from conformance.target.file import read_target
from conformance.wire.client import Client, RateLimited
from conformance.wire.exchange import Exchange
from conformance.wire.presence import absence
from conformance.wire.transport import ProxyUnusable, Transport, TransportError

_WATCH_SECONDS = 1.5  # within which another active run changes something
WORK = 0.001  # seconds that the suite takes itself for each answer
_TRIES = 3  # of the first request, before a target counts as out of reach


class RunError(Exception):
    """A run that cannot begin: usage, configuration, or the target. Exit code 2."""


class Session:
    """The resources of a run: the client, the restore file, the results."""

    def __init__(self, settings: Settings, transport: Transport | None = None) -> None:
        """Read the configuration. Raises RunError."""
        self.settings = settings
        self.contract = packaged_contract()
        self.begun = time.monotonic()
        self.started = _now()
        try:
            self.target = read_target(
                settings.target, self.contract.scopes, base_url=settings.base_url
            )
            waivers = read_waivers(settings.waivers, catalogue()) if settings.waivers else {}
        except DocumentError as error:
            raise RunError(str(error)) from None
        chosen = catalogue().chosen(settings.only)
        for choice in settings.only:
            if not catalogue().chosen([choice]):
                raise RunError(f"--only {choice}: no requirement begins so; see `conformance list`")
        self.verdict = VerdictBuilder(chosen, waivers, settings.level)
        try:
            self.client = Client(self.target, transport)
        except ProxyUnusable as error:
            raise RunError(str(error)) from None
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or str(error)
            raise RunError(
                f"{self.target.ca_bundle}: holds no certificates (PEM): {reason}"
            ) from None
        # No other run has the mark of this one, whatever its seed.
        self.tag = settings.tag or f"conformance{secrets.token_hex(3)}"
        self._restorer = Restorer(
            self.client, self.contract.operations, self.target.accounts, DESCRIPTIONS.keeping
        )
        path = settings.journal or default_path(settings.target, self.target.base_url)
        self.safekeeping = Safekeeping(path, self.target, self._restorer, self.verdict.notes)

    # -- the beginning ----------------------------------------------------------------------------

    def start(self) -> CheckContext:
        """Try the logins, read both accounts, write the restore file; return the context of the checks.

        Raises:
            RunError: The target is not there, a login or token_command is of no use, or a file cannot be used.
        """
        if not self.target.verify_tls:
            self.verdict.notes.append(
                "WARNING: tls.verify is false: the passwords and tokens can be read on the way"
            )
        connections = self.target.connections
        try:
            tried = self._try_reading()
            connections = min(connections, self._worth_having(tried))
            if self.settings.read_only:
                no_writes = "--read-only: no request that could change anything is sent"
            else:
                no_writes = self.safekeeping.open()
            record, unreadable = self._read_accounts()
            no_writes = no_writes or unreadable
            written = record.accounts if record is not None and not no_writes else {}
            if record is not None and written:
                self.safekeeping.keep(record)
            dead = self._dead(tried, may_write=not no_writes)
            fixed = {
                role: fixed_members(self._restorer, role, state.user)
                for role, state in written.items()
                if not self._restorer.accounts[role].disposable
            }
        except RateLimited as error:
            record, no_writes, dead, fixed, tried = None, str(error), {}, {}, []
        except (TransportError, RestoreFileError, RunError) as error:
            outcome = self.finish_accounts()
            # A restore file that cannot be used is named by its own message, and a login by its key.
            place = f"{self.target.base_url}: " if isinstance(error, TransportError) else ""
            lines = (f"{place}{error}", *outcome.problems, *outcome.notes)
            raise RunError(self.target.redact("\n".join(lines))) from None
        refusal = next((one.media_type for one in tried if one.status == 403), "")
        first = tuple(one for one in tried if one.credentials.key)
        known = (self.settings, self.target, self.client, DESCRIPTIONS, self.tag)
        self.ground = Ground(
            *known,
            record,
            no_writes,
            dead,
            fixed,
            refusal,
            self._restorer.signed,
            first,
            connections,
        )
        context = CheckContext(self.ground)
        try:
            with contextlib.suppress(TransportError):  # the checks tell of it
                context.try_minting()
        except NotVerified as reason:
            self.finish_accounts()
            raise RunError(f"{self.settings.target}: {self.target.redact(str(reason))}") from None
        return context

    def _try_reading(self) -> list[Exchange]:
        """Try all logins. Raises RunError if there are none, or the target is not there at all."""
        if not any(one.password or one.tokens for one in self.target.accounts):
            raise RunError(
                f"{self.settings.target}: accounts has neither a password nor a token; add "
                "accounts.owner.password: both accounts are read and restored with it, "
                "and what token_command prints may end"
            )
        first = self.contract.operations[DESCRIPTIONS.keeping.reads["user"]]
        for left in range(_TRIES - 1, -1, -1):
            try:
                self.client.call(first, self.target.owner.username)
                break
            except TransportError as error:
                if not left or isinstance(error, RateLimited):
                    raise
                time.sleep(0.2)
        logins = [(one.username, login) for one in self.target.accounts for login in logins_of(one)]
        tried = self.client.send_together(
            [
                self.client.prepare(self.contract.operations[name], username, login)
                for username, login in [(logins[0][0], NOBODY), *logins]
                for name in DESCRIPTIONS.keeping.reads.values()
            ],
            self.target.connections,
        )
        if reason := absence(tried):
            raise RunError(f"{self.target.base_url}: {reason}")
        good = [one for one in tried if one.credentials.key and one.status == 200]
        if good:
            login = good[0].credentials
            operation = self.contract.operations[good[0].operation]
            username = self._restorer.accounts[login.role].username
            again = partial(self.client.call, operation, username, login)
            self.client.canary = lambda: again().status == 200
        return tried

    def _worth_having(self, tried: Sequence[Exchange]) -> int:
        """Return how many requests at once are worth having: where answers come quickly, threads take turns only.

        Raises TransportError.
        """
        # Of Basic and Bearer, since one may take much longer.
        logins = [one for one in tried if one.credentials.key and one.status == 200]
        good = {one.credentials.scopes is None: one for one in logins}
        slowest = 0.0
        for one in good.values():
            operation, login = self.contract.operations[one.operation], one.credentials
            begun = time.monotonic()
            self.client.call(operation, self._restorer.accounts[login.role].username, login)
            slowest = max(slowest, time.monotonic() - begun)
        return 2 + int(slowest / WORK)

    def _read_accounts(self) -> tuple[Record | None, str]:
        """Read the accounts; return their state, and the reason to write nothing, or ""."""
        try:
            states = {role: self._restorer.read(role) for role in self._restorer.accounts}
            again = {role: self._restorer.read(role, states[role], "user") for role in states}
            if any(
                states[role].user.get(SIGNED) != again[role].user.get(SIGNED) for role in states
            ):
                self._restorer.signed = True
                self.verdict.notes.append(
                    f"{SIGNED} differs each time it is read: compared without what varies"
                )
                states = {role: self._restorer.read(role) for role in states}
            at_work = self._changes_by_itself(states)
        except StateUnreadable as error:
            why = f"the accounts could not be read before the first write: {error}"
            return None, self.target.redact(why)
        if at_work:
            return None, "another run uses these accounts; wait for its end"
        usernames = {role: account.username for role, account in self._restorer.accounts.items()}
        return Record(self.target.base_url, self.tag, usernames, states), ""

    def _changes_by_itself(self, states: Mapping[str, AccountState]) -> bool:
        """Return whether the accounts have the mark of another run that is still at work.

        The marks of a run that broke off stay as they are; an active run changes the accounts.
        Raises StateUnreadable, TransportError.
        """
        texts = [text for one in states.values() for text in texts_of(one)]
        marked = sorted({text for text in texts if is_foreign(text, self.tag)})
        deadline = time.monotonic() + _WATCH_SECONDS
        while marked and time.monotonic() < deadline:
            time.sleep(0.1)
            if {role: self._restorer.read(role) for role in states} != states:
                return True
        if marked:
            self.verdict.notes.append(
                f"a run that broke off has left {', '.join(marked[:3])}; its restore file is not here, "
                "so that stays: put it back by hand, or by `conformance cleanup` where that file is"
            )
        return False

    def _dead(self, tried: Sequence[Exchange], *, may_write: bool) -> dict[str, str]:
        """Return the logins that cannot be judged, with the reason. Raises RunError for those that never work."""
        known = {one.credentials.key: one.credentials for one in tried if one.credentials.key}
        working = {one.credentials.key for one in tried if one.status != 401}
        silent = [login for key, login in known.items() if key not in working]
        silent = [one for one in silent if not (may_write and self._may_write(one))]
        dead = {
            login.key: f"{login.key} does not work: {self.target.base_url} answers 401 to it on every "
            f"operation; renew it in the target file{login.hint and '; '}{login.hint}"
            for login in silent
        }
        fatal = [
            dead[login.key]
            for login in silent
            if login.scopes is None
            or (login.scopes and (may_write or any("read" in scope for scope in login.scopes)))
        ]
        if fatal:
            raise RunError("\n".join(fatal))
        return dead

    def _may_write(self, login: Credentials) -> bool:
        """Return whether a writing operation answers a login with something other than 401.

        The bodies that are sent are invalid: an operation that lets the login in refuses them.
        """
        username = self._restorer.accounts[login.role].username
        for name, operation in self.contract.operations.items():
            if operation.body is not None:
                body = ascii_body(DESCRIPTIONS.part(name, "refused"))
                with contextlib.suppress(TransportError):
                    if self.client.call(operation, username, login, body).status != 401:
                        return True
        return False

    # -- the end ----------------------------------------------------------------------------------

    def finish_accounts(self) -> Restored:
        """Restore both accounts and verify it. A Ctrl-C in here waits for the end."""
        self.client.rate_limited = None
        return self.safekeeping.give_back()

    def finish(self, lag: float, *, interrupted: bool = False) -> RunResult:
        """Restore the accounts, where reads lag so many seconds behind writes, and return the result of the run."""
        self._restorer.lag = lag
        outcome = self.finish_accounts()
        redact = self.target.redact
        if self.client.gateway_errors:
            self.verdict.notes.append(
                f"{self.client.gateway_errors} times a gateway answered 502, 503 or 504, and the "
                "same request was answered when it was repeated"
            )
        if outcome.problems:
            self.verdict.incomplete.append("the accounts are not restored")
        notes = [
            *self.verdict.notes,
            *self.verdict.incomplete,
            *(f"not restored: {problem}" for problem in outcome.problems),
            *outcome.notes,
        ]
        results = self.verdict.results()
        verdict = self.verdict.decide(results)
        notes += self.verdict.broken_waivers(results)
        self.client.close()
        return run_result(
            self.settings,
            verdict,
            INTERRUPTED if interrupted else EXIT_CODES[verdict],
            redact(self.target.base_url),
            duration_s=round(time.monotonic() - self.begun, 3),
            requirements=results,
            notes=[redact(note) for note in notes],
            requests=self.client.requests,
            findings=find_causes(results, self.settings.level),
            started=self.started,
        )


def clean_up(settings: Settings) -> Restored | None:
    """Restore the accounts after an interrupted run, from its restore file.

    Returns:
        The outcome; None if there is no restore file.

    Raises:
        RunError: The target file cannot be used.
        RestoreFileError: Another run holds the restore file, or it is of another target.
    """
    session = Session(settings)
    try:
        outcome = session.safekeeping.clean_up()
    finally:
        session.client.close()
    if outcome is None:
        return None
    redact = session.target.redact
    return Restored(
        [redact(one) for one in outcome.problems], [redact(one) for one in outcome.notes]
    )


def _now() -> str:
    """Return the time as RFC 3339 has it, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def run_result(
    settings: Settings, verdict: Verdict, code: int, target: str, **more: Any
) -> RunResult:
    """Return the result of a run; of one that could not be begun, without more than the reason."""
    info = packaged_contract().document.data["info"]
    release = ""
    with contextlib.suppress(PackageNotFoundError):
        release = version("accounts-mock")
    return RunResult(
        verdict=verdict,
        exit_code=code,
        target=target,
        contract=f"{info['title']} {info['version']}",
        seed=settings.seed,
        level=settings.level,
        version=release,
        **{"duration_s": 0.0, "requirements": (), "started": _now(), **more},
    )
