"""The logins of a run: those of the target file, minted ones, and whether they still work."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from accounts_contract import Operation
from conformance.account.restore_file import Record
from conformance.account.restorer import Part, ascii_body
from conformance.catalogue.requirements import packaged_contract
from conformance.checks.support.descriptions import Descriptions
from conformance.checks.support.judge import Deferred, Judge, NotConfigured, NotVerified, Trail
from conformance.settings import Settings
from conformance.target.credentials import Credentials, password_of, token_label, token_of
from conformance.target.target import Account, Scopes, Target, TokenCommandError
from conformance.wire.client import Client
from conformance.wire.exchange import Exchange
from conformance.wire.presence import told_briefly
from conformance.wire.transport import TransportError

_LOCKS = (401, 403, 423, 429)  # that a right login gets when its account is locked


@dataclass(frozen=True)
class Ground:
    """The settings, the target and the way to it, its operations, and the findings before the first check.

    Attributes:
        tag: Stands in everything that this run writes.
        record: How the accounts were; None if they could not be read.
        no_writes: Why nothing may be written; empty if it may.
        dead: Logins without effect that are no error, by their keys: why they cannot be judged.
        fixed: Members of each profile that the target would not let us put back, by role.
        refusal_type: The media type of the target's own refusals.
        signed: Whether `gravatar_url` is made anew for each answer.
        first: The reading requests of the start, with each login.
        connections: The requests that are worth having on their way at once.
    """

    settings: Settings
    target: Target
    client: Client
    descriptions: Descriptions
    tag: str
    record: Record | None
    no_writes: str
    dead: Mapping[str, str]
    fixed: Mapping[str, Sequence[str]]
    refusal_type: str
    signed: bool
    first: Sequence[Exchange]
    connections: int


class Incidents:
    """Events at the accounts of a run, for all its threads: wrong passwords, locks, tokens minted, another run.

    Attributes:
        guessing: Held while a wrong password for a username is on its way: they are sent one after the other.
        sent: The wrong passwords for a username since a right one that was sent when none of them was on its way.
        guesses: All wrong passwords for a username.
        locked: The usernames that take their right password no longer, with the reason.
        minting: Held while a token is minted: whoever waits for the same one takes it.
        minted: The tokens of token_command, by username and scopes.
        opened: The fields of minted tokens that were let in.
        unminted: The reasons why there is no token, by username and scopes: the command is not run again.
        minted_again: How often a token was minted again, since it had ended.
        disturbed: The trace of another run; empty if none was seen.
        late: The sign that reads lag behind writes, where the target file does not say so; empty if none was seen.
    """

    def __init__(self) -> None:
        self.guessing: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self.sent: Counter[str] = Counter()
        self.guesses: Counter[str] = Counter()
        self.locked: dict[str, str] = {}
        self.minting = threading.Lock()
        self.minted: dict[tuple[str, Scopes], str] = {}
        self.opened: set[str | None] = set()
        self.unminted: dict[tuple[str, Scopes], str] = {}
        self.minted_again = 0
        self.disturbed = ""
        self.late = ""


class Logins:
    """The logins of both accounts.

    Attributes:
        judge: The judge of the check that is being run.
        trail: What its steps are taken from.
        incidents: The events at the accounts so far.
        may_guess: Whether wrong passwords are sent here; elsewhere, one thread alone sends them.
        alone: Whether the owner's account is all that is here: the other one is in use elsewhere.
        within: The part of the account that is here: the other one is changed elsewhere meanwhile.
    """

    def __init__(self, ground: Ground, main: Logins | None = None) -> None:
        """Make the logins of a run; `main` are those of the whole run, if these are for a thread beside it."""
        self.ground = ground
        self.settings = ground.settings
        self.target = ground.target
        self.contract = packaged_contract()
        self.client = ground.client
        self.descriptions = ground.descriptions
        self.tag = ground.tag
        self.operations: Mapping[str, Operation] = self.contract.operations
        self.trail = Trail()
        self.judge = Judge((), "", ground.target.redact, self.trail)
        self.incidents: Incidents = main.incidents if main is not None else Incidents()
        self.may_guess = True
        self.alone = False
        self.within: Part = "all"
        self._accounts = {one.role: one for one in ground.target.accounts}
        self._reads = tuple(ground.descriptions.keeping.reads.values())
        self._dead = dict(ground.dead)

    @property
    def watched(self) -> tuple[str, ...]:
        """The roles of the accounts that are looked at."""
        return tuple(one.role for one in self.target.accounts[: 1 if self.alone else 2])

    def account(self, role: str) -> Account:
        """Return the owner or the other user. Raises NotVerified, Deferred."""
        if role == "other" and self.target.other is None:
            raise NotVerified("the target file has no accounts.other; add a second user")
        if role == "other" and self.alone:
            raise Deferred
        return self._accounts[role]

    def basic(self, role: str = "owner") -> Credentials:
        """Return the Basic login of an account. Raises NotVerified."""
        account = self.account(role)
        login = password_of(account)
        if login is None:
            raise NotVerified(f"the target file has no accounts.{role}.password; add it")
        if account.username in self.incidents.locked:
            raise NotVerified(self.incidents.locked[account.username])
        return self._alive(login)

    def token(self, role: str, scopes: Scopes) -> Credentials:
        """Return a listed token of an account, or a minted one. Raises NotVerified, NotConfigured."""
        account = self.account(role)
        if scopes in account.tokens:
            return self._alive(token_of(account, scopes, account.tokens[scopes]))
        return self._minted(account, scopes)

    def tokens(self, role: str, scopes: Iterable[Scopes]) -> list[Credentials]:
        """Return tokens of an account; those that are not to be had are noted as not verified or not configured."""
        found = []
        for one in scopes:
            try:
                found.append(self.token(role, one))
            except NotVerified as reason:
                self.judge.lacks(reason.status, str(reason), token_label(role, one))
        return found

    def _minted(
        self, account: Account, scopes: Scopes, ended: Credentials | None = None
    ) -> Credentials:
        """Return the minted token of an account; a new one, if the one that has ended is all there is."""
        # Not kept as credentials: in the lane of each account, that account is the owner.
        incidents, key = self.incidents, (account.username, scopes)
        with incidents.minting:
            if key in incidents.unminted:
                raise NotVerified(incidents.unminted[key])
            found = incidents.minted.get(key)
            if found is None:
                incidents.minted[key] = self._mint(account, scopes)
            elif ended == token_of(account, scopes, found):
                incidents.minted_again += 1
                incidents.minted[key] = self._mint(account, scopes)
            return token_of(account, scopes, incidents.minted[key])

    def _mint(self, account: Account, scopes: Scopes) -> str:
        name = " ".join(sorted(scopes))
        if self.target.token_command is None:
            missing = f'accounts.{account.role}.tokens has none for "{name}"'
            if len(scopes) in (0, 1, len(self.contract.scopes)):
                raise NotVerified(f"{missing}; add one")
            raise NotConfigured(f"{missing}, and there is no token_command")
        try:
            return self.target.mint(account, scopes)
        except TokenCommandError as error:
            reason = self.incidents.unminted[account.username, scopes] = str(error)
            raise NotVerified(reason) from None

    def try_minting(self) -> None:
        """Mint tokens to read the accounts with, where none is listed. Raises NotVerified if they are not let in."""
        if self.target.token_command is None:
            return
        for account in self.target.accounts:
            for name in self._reads:
                scopes = self.scopes(name)
                if scopes not in account.tokens:
                    token = self._minted(account, scopes)
                    self.after_answer(
                        self.client.call(self.operations[name], account.username, token)
                    )

    def scopes(self, operation: str) -> Scopes:
        """Return the scopes that an operation demands of a token."""
        return self.operations[operation].scopes

    def login(self, operation: str, role: str = "owner") -> Credentials:
        """Return a login that opens an operation: the token with its scope alone, else what else there is."""
        return self.logins(operation, role)[0]

    def logins(self, operation: str, role: str = "owner") -> list[Credentials]:
        """Return the logins that open an operation: by its scope alone, by Basic; else one with all scopes.

        Raises:
            NotVerified: There is none.
        """
        found: list[Credentials] = []
        with contextlib.suppress(NotVerified):
            found.append(self.token(role, self.scopes(operation)))
        with contextlib.suppress(NotVerified):
            found.append(self.basic(role))
        with contextlib.suppress(NotVerified):
            return found or [self.token(role, frozenset(self.contract.scopes))]
        raise NotVerified(f"the target file has no login of accounts.{role} that opens {operation}")

    def _alive(self, login: Credentials) -> Credentials:
        if login.key in self._dead:
            raise NotVerified(self._dead[login.key])
        return login

    # -- logins that end --------------------------------------------------------------------------

    def after_answer(self, exchange: Exchange) -> Credentials | None:
        """Tell a login that has ended from one that is refused.

        Returns:
            The login to send the request with again; None if its answer stands.

        Raises:
            NotVerified: The login worked at the start and no longer does.
        """
        login = exchange.credentials
        if not login.key:
            return None
        account, scopes, incidents = self._accounts[login.role], login.scopes, self.incidents
        is_minted = scopes is not None and scopes not in account.tokens
        if exchange.status != 401 or self._works(login):
            if is_minted:
                incidents.opened.add(login.authorization)
            return None
        if scopes is not None and is_minted:
            if login.authorization in incidents.opened:
                return self._minted(account, scopes, ended=login)
            reason = (
                f"token_command printed a token of {account.username} for {' '.join(sorted(scopes))!r} "
                "that every operation refuses with 401: it must print the token and nothing else"
            )
            incidents.unminted[account.username, scopes] = reason
            raise NotVerified(reason)
        locked = self._lock(account.username, exchange.status) if login.scopes is None else ""
        self._dead[login.key] = locked or f"{login.key} worked at the start and no longer does"
        raise NotVerified(self._dead[login.key])

    def change_under(self, exchange: Exchange) -> str:
        """Ask whether the target changed under a request that got a wrong answer.

        Returns:
            The reason, if what was answered with success at the start, to the same login or to one of its
            account, now gets such an answer too; else empty. To let in, and to fail, is the target's own doing.
        """
        login, wrong = exchange.credentials, exchange.status
        good = [one for one in self.ground.first if one.status == 200]
        if not good or wrong in (401, 500) or (200 <= wrong < 300 and exchange.is_json):
            return ""

        def unlike(one: Exchange) -> tuple[bool, ...]:
            # A password that is locked says nothing about a token.
            other, kind = one.credentials, bool(login.key) and login.scopes is None
            return (
                other.key != login.key,
                other.role != (login.role or "owner"),
                (other.scopes is None) != kind,
                one.operation != exchange.operation,
            )

        start = min(good, key=unlike)
        username = self._accounts[start.credentials.role].username
        try:
            now = self.client.call(self.operations[start.operation], username, start.credentials)
        except TransportError as error:
            return str(error)
        kinds = {(one.status, one.media_type) for one in (now, exchange)}
        if len(kinds) > 1 or (start.status, start.media_type) in kinds:
            return ""
        locked = self._lock(username, wrong) if wrong in _LOCKS else ""
        for key in {start.credentials.key, login.key} - {""}:
            self._dead[key] = locked or (
                f"{key} worked at the start and no longer does: "
                f"{now.request.method} {urlsplit(now.url).path} is answered {told_briefly(now)} now; "
                "run again when the target answers as before"
            )
        return self._dead[start.credentials.key]

    def _lock(self, username: str, status: int) -> str:
        """Note that wrong passwords have locked an account; return the reason, empty if none was sent."""
        incidents = self.incidents
        if guesses := incidents.guesses[username]:
            row = min(guesses, self.target.wrong_logins)
            incidents.locked.setdefault(
                username,
                f"the account {username} is locked after {guesses} wrong passwords, at most {row} in a row "
                f"(its right login is answered {status}); set a lower wrong_logins in the target file, "
                "if it counts those in a row",
            )
        return incidents.locked.get(username, "")

    def _works(self, login: Credentials) -> bool:
        """Return whether an operation still takes a login for one: one that reads, or one that it opens."""
        username = self._accounts[login.role].username
        bodies = {
            name: ascii_body(self.descriptions.part(name, "refused"))
            for name, one in self.operations.items()
            if one.body is not None and (login.scopes is None or one.scopes <= login.scopes)
        }
        return any(
            self.client.call(self.operations[name], username, login, body).status != 401
            for name, body in {**dict.fromkeys(self._reads), **bodies}.items()
        )

    def guessed(self, credentials: Credentials) -> str:
        """Return the username that credentials give a wrong password for; empty if they give none."""
        scheme, _, value = (credentials.authorization or "").partition(" ")
        if credentials.key or scheme != "Basic":
            return ""
        try:
            name = base64.b64decode(value.split(" ")[0]).partition(b":")[0].decode()
        except ValueError:
            return ""
        return name if name in [one.username for one in self.target.accounts] else ""

    def before_guess(self, username: str) -> None:
        """Send a right password before one wrong password too many in a row. Raises NotVerified for a lock."""
        if username in self.incidents.locked:
            raise NotVerified(self.incidents.locked[username])
        if self.incidents.sent[username] >= self.target.wrong_logins:
            self.look_for_lock(username)
        self.incidents.sent[username] += 1
        self.incidents.guesses[username] += 1

    def look_for_lock(self, username: str) -> None:
        """Send a right password. Raises NotVerified if wrong ones have locked the account."""
        login = next(password_of(one) for one in self.target.accounts if one.username == username)
        # Another one's answer may be late: the wrong ones that have overtaken it would not be counted.
        with self.incidents.guessing[username]:
            self.incidents.sent.pop(username, None)
            if login is None or login.key in self._dead:
                return
            answer = self.client.call(self.operations[self._reads[0]], username, login)
        if answer.status in _LOCKS and (locked := self._lock(username, answer.status)):
            self._dead[login.key] = locked
            raise NotVerified(locked)
