"""The context of a check: logins, requests, the state of both accounts, values of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from accounts_contract import Operation
from conformance.account.restorer import Part
from conformance.account.state import AccountState, Email, documented_user, steady
from conformance.checks.support.accounts import Accounts
from conformance.checks.support.conformity import problems
from conformance.checks.support.judge import Deferred, Guessing, Judge, NotVerified
from conformance.checks.support.logins import Ground
from conformance.checks.support.model import is_plain_address
from conformance.checks.support.question import JSON, Ask
from conformance.target.credentials import Credentials
from conformance.wire.client import Body, Call
from conformance.wire.exchange import Exchange
from conformance.wire.transport import TransportError

DEFAULT_DOMAIN = "example.com"
FORM = "application/x-www-form-urlencoded"


class CheckContext(Accounts):
    """The run as a check sees it.

    Attributes:
        examples: The number of generated examples per operation and kind; 0 until it is known.
        serial: Why requests are sent one by one after all; empty if they are not.
    """

    def __init__(self, ground: Ground, main: CheckContext | None = None) -> None:
        super().__init__(ground, main)
        self.examples = ground.settings.max_examples or 0
        self.serial = ""
        self.numbers: Iterator[int] = itertools.count(1) if main is None else main.numbers

    # -- judging ----------------------------------------------------------------------------------

    @contextmanager
    def judging(self, judge: Judge) -> Iterator[None]:
        """Let another judge collect what is found in this block."""
        before, self.judge = self.judge, judge
        try:
            yield
        finally:
            self.judge = before

    # -- requests ---------------------------------------------------------------------------------

    def call(
        self, op: str, login: Credentials, value: Any = None, username: str | None = None
    ) -> Exchange:
        """Send one request to the owner's account of which nobody says what it does. Raises as `send_all`."""
        self.verify_before([op])
        return self.send_all([Ask(op, value, login=login, username=username)])[0]

    def _prepare(self, one: Ask, *, refused: bool) -> Call:
        """Make the request that is asked for; `refused` says that it must be refused.

        Raises:
            NotVerified: It might do what nothing undoes.
            Deferred: It may change something, and nothing may be changed now.
        """
        operation, login = self.operations[one.op], one.login or self.login(one.op, one.role)
        username = one.username or self.account(one.role).username
        if (self.frozen and operation.writes and not refused) or not self._is_here(one.op):
            raise Deferred
        body = one.body
        if body is None and one.value is not None:
            body = form_body(one.value) if one.form else json_body(one.value)
        # What a member is made from can be put back only if the target file has it.
        made = [one for one in self._derived.values() if body and one.encode() in body.content]
        if self.alone and any(getattr(self.target.owner, one, None) is None for one in made):
            raise Deferred
        self._spare(operation, login, username)
        path = self.path(one.op, username) + one.query
        return Call(operation.method.upper(), path, login, body, one.op, one.accept)

    def _is_here(self, operation: str) -> bool:
        return self.within in ("all", self.descriptions[operation].touches)

    def send_all(self, asks: Sequence[Ask], refused: Sequence[bool] = ()) -> list[Exchange]:
        """Send requests of operations that do not depend on each other; return their exchanges in this order.

        They are on their way at once, as many as the target has connections for; wrong passwords are not.

        Args:
            asks: The requests.
            refused: Of each, whether it must be refused: of one that is not, only the status is wrong.

        Raises:
            TransportError: There is no answer that could be judged.
            NotVerified: A login has ended, an account is locked, or a request might do what nothing undoes.
            Deferred: A request may change something, and nothing may be changed now.
        """
        refused = refused or [False] * len(asks)
        calls = [self._prepare(one, refused=no) for one, no in zip(asks, refused, strict=True)]
        guesses = [self.guessed(call.credentials) for call in calls]
        if any(guesses) and not self.may_guess:
            raise Guessing
        together = iter(
            self._together([one for one, guess in zip(calls, guesses, strict=True) if not guess])
        )
        sent = []
        for call, guess in zip(calls, guesses, strict=True):
            if not guess:
                sent.append(next(together))
                continue
            with self.incidents.guessing[guess]:
                self.before_guess(guess)
                sent.append(self.client.exchange(call))
        answers = zip(calls, sent, strict=True)
        found = [self._with_living_login(call, exchange) for call, exchange in answers]
        changes = [
            one for one in found if self.operations[one.operation].writes and one.status < 300
        ]
        self.trail.note(found, changes)
        for exchange, refusal in zip(found, refused, strict=True):
            self._look_at(exchange, refused=refusal)
        return found

    def _with_living_login(self, call: Call, exchange: Exchange) -> Exchange:
        """Return the answer to a request whose login has not ended: sent again, if it has. Raises NotVerified."""
        # With the token that another request has had minted, then with its own: if that is refused, it is refused.
        for _ in range(2):
            again = self.after_answer(exchange)
            if again is None:
                break
            exchange = self.client.exchange(replace(call, credentials=again))
        return exchange

    def is_success(self, exchange: Exchange) -> bool:
        """Return whether an exchange was answered as a correct request is."""
        return exchange.status == self.operations[exchange.operation].success

    def _together(self, calls: Sequence[Call]) -> list[Exchange]:
        try:
            return self.client.send_together(calls, self.connections)
        except TransportError as error:
            if len(calls) > 1 and self.connections > 1:
                self.connections = 1
                self.serial = f"requests are sent one by one: several at once failed ({error})"
            raise

    def _look_at(self, exchange: Exchange, *, refused: bool) -> None:
        """Judge an answer by the contract; by the status alone, if it must be refused."""
        judged, found = problems(exchange)
        if refused:
            found = [one for one in found if one.requirement.endswith("/documented-answers")]
        for problem in found:
            self.judge.that(
                problem.requirement,
                condition=False,
                expected="an answer as the contract documents it",
                actual=f"{problem.actual}; {exchange.describe()}",
                at=exchange,
                deviation=problem.deviation,
            )
        broken = {problem.requirement for problem in found}
        for requirement in judged:
            if requirement in self.judge.requirements and requirement not in broken:
                self.judge.that(requirement, condition=True, expected="as documented", at=exchange)
        self._dirty |= self.operations[exchange.operation].writes

    def _spare(self, operation: Operation, credentials: Credentials, username: str) -> None:
        """Refuse to do what nothing undoes, with the account's own login. Raises NotVerified."""
        reason = self.descriptions[operation.id].irreversible
        opens = credentials.scopes is None or operation.scopes <= credentials.scopes
        account = self.restorer.accounts.get(credentials.role)
        if reason and opens and account is not None and account.username == username:
            raise NotVerified(f"{operation.id} is not sent with the login of its account: {reason}")

    def path(self, operation: str, username: str | None = None) -> str:
        """Return the path of a correct request, to the owner's account or to another one."""
        one = self.operations[operation]
        owner, last = self.target.owner.username, self.target.accounts[-1]
        role = last.role if username == last.username else "owner"
        further = self.descriptions[operation].parameters
        values = further(self, role) if further is not None else {}
        return one.fill({str(one.owner): username or owner, **values})

    def send(self, method: str, operation: str, credentials: Credentials) -> Exchange:
        """Send another method to the path of an operation."""
        if self.frozen or self.alone:
            raise Deferred
        self._dirty = True
        return self.client.send(method, self.path(operation), credentials)

    def user_told(self, exchange: Exchange) -> dict[str, Any]:
        """Return the user that an answer shows, without what varies by itself; nobody, if it shows none."""
        user = exchange.data if isinstance(exchange.data, dict) else {}
        return steady(documented_user(user), signed=self.restorer.signed)

    def is_foreign_page(self, exchange: Exchange) -> bool:
        """Return whether a refusal is a web page, where the target's own refusals are none."""
        own = self.ground.refusal_type
        return bool(own) and exchange.media_type != own and "html" in exchange.media_type

    # -- values of its own ------------------------------------------------------------------------

    def address(self, hint: str = "", domain: str = "") -> str:
        """Return a new address that is valid by anyone's reading, and ours."""
        own = self.target.email_domain
        chosen = domain if domain and own == DEFAULT_DOMAIN else own
        return f"{self.tag}.{next(self.numbers)}{hint}@{chosen}"

    def must_take(self, address: Any) -> bool:
        """Return whether an address is one that this target may not refuse."""
        domain = str(address).rpartition("@")[2]
        # Those of any domain, where the target file names none of its own.
        return self.target.email_domain in (DEFAULT_DOMAIN, domain) and is_plain_address(address)

    def text(self, words: str) -> str:
        """Return a new text for the profile that is ours."""
        return f"{words} {self.tag}.{next(self.numbers)}"

    def added(self, role: str = "owner", *, verified: bool = False, address: str = "") -> Email:
        """Return a new address of an account, for a check to work on. Raises NotVerified."""
        if role == "owner" and self._provided and not (verified or address):
            return self._provided.pop()
        address = address or self.address()
        writes: list[tuple[str, dict[str, Any]]] = [("add_email", {"email": address})]
        if verified:
            writes.append(("update_email", {"email": address, "verified": True}))

        def is_there(state: AccountState) -> bool:
            found = state.find(address)
            return found is not None and (found.verified or not verified)

        if not self.make(*writes, role=role, until=is_there):
            what = "a verified address" if verified else "an address"
            late = f": {self.lag}" if self.lag else ""
            raise NotVerified(f"the check needs {what}, and adding one did not work{late}")
        return Email(address, verified=verified, primary=False)

    def provide(self, count: int) -> None:
        """Add addresses to the owner's account at once, which `added` then returns one by one."""
        addresses = [self.address() for _ in range(count)]
        if count and self.make(*(("add_email", {"email": one}) for one in addresses)):
            self._provided = [Email(one, verified=False, primary=False) for one in addresses]

    def make(
        self,
        *writes: tuple[str, Mapping[str, Any]],
        role: str = "owner",
        until: Callable[[AccountState], bool] = lambda _: True,
    ) -> bool:
        """Prepare something with whatever login works, and read the accounts again.

        Args:
            writes: Operations with their bodies; those of one operation in a row do not depend on each other.
            role: The account.
            until: The effect, by which a reading that lags behind is known.

        Returns:
            Whether each write succeeded, and had this effect.
        """
        if self.frozen or not all(self._is_here(operation) for operation, _ in writes):
            raise Deferred
        self.account(role)
        self.before(role)
        self._dirty = True
        done: list[Exchange] = []
        for operation, same in itertools.groupby(writes, key=lambda one: one[0]):
            values = [value for _, value in same]
            done += self.restorer.write_all(role, operation, values)
        self.trail.note(done, done)
        if not self.careful and len(done) == len(writes):
            state = self.before(role)
            for operation, value in writes:
                state = self.descriptions[operation].follows(state, value).after
            if until(state):
                self.expect({role: state})
                return True
        # What it does to the other account is to be known before a check begins.
        touches = self.descriptions[writes[0][0]].touches
        parts: dict[str, Part] = {one: "all" if one == role else touches for one in self.watched}
        all_done = len(done) == len(writes)
        now = self.observe_until(parts, lambda now: not all_done or until(now[role]))
        return all_done and until(now[role])

    def standing(self, role: str = "owner") -> Email:
        """Return an address of an account, neither verified nor primary, that stays for the next checks."""
        email = self.standing_addresses.get(role)
        if email is None or self.before(role).find(email.email) != email:
            email = self.standing_addresses[role] = self.added(role)
            if role in self.resting:
                self.resting[role] = self.resting[role].with_email(email)
        return email


def json_body(value: Any, media_type: str | None = JSON) -> Body:
    """Return a value as JSON, its text as UTF-8."""
    return Body(json.dumps(value, ensure_ascii=False).encode("utf-8"), media_type)


def form_body(value: Mapping[str, Any], media_type: str = FORM) -> Body:
    """Return members as a URL-encoded form: true and false as words, a space as +."""
    pairs = {
        name: str(text).lower() if isinstance(text, bool) else text for name, text in value.items()
    }
    return Body(urlencode(pairs).encode("ascii"), media_type)
