"""The accounts of a run: read from the target, expected by the model, and put back between checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from conformance.account.restore_file import is_foreign
from conformance.account.restorer import Part, Restorer, StateUnreadable
from conformance.account.state import AccountState, Email, differences
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.logins import Ground, Logins
from conformance.wire.exchange import Exchange

_CROWD = 12  # addresses of ours, from which on they are deleted between two checks of a lane
_LOOKS = 3  # second looks that show nothing new, after which no more are taken


class Accounts(Logins):
    """Both accounts, as they rest between checks and as they are.

    Attributes:
        resting: The accounts as each check finds them, by role.
        standing_addresses: The address of each account that is there for checks to name.
        connections: The number of requests that may be on their way at once.
        frozen: Whether nothing may be sent that may change something: other checks are at work.
        careful: Whether the accounts are read after each request, and not at the end of a check alone.
        surprise: What was not as it must be at the end of a check; empty if all was.
        lag: The sign that reads show an earlier state for a while; empty if none was seen.
    """

    def __init__(self, ground: Ground, main: Accounts | None = None) -> None:
        super().__init__(ground, main)
        keeping, record = ground.descriptions.keeping, ground.record
        accounts = ground.target.accounts
        self.restorer = Restorer(ground.client, self.operations, accounts, keeping)
        self.restorer.signed = ground.signed
        self.connections = ground.connections
        self.lag = ""
        self._looks = 0
        """The second looks that showed nothing new."""
        self._state: dict[str, AccountState] = {}
        self.resting: dict[str, AccountState] = dict(record.accounts) if record else {}
        self.standing_addresses: dict[str, Email] = {}
        self._provided: list[Email] = []
        """Addresses of the owner that were added for what comes next in the same check."""
        self._known = {text for state in self.resting.values() for text in texts_of(state)}
        """The texts that were there before: no mark in them tells of another run."""
        self._before = dict(self.resting)
        self._dirty = True
        """True if something was sent of which nobody knows what it did."""
        self._unread = False
        """True if the accounts were not read since something changed them."""
        self._derived = keeping.derived
        self.careful = self.frozen = False
        self.surprise = ""

    # -- what is stored ---------------------------------------------------------------------------

    @property
    def consistency(self) -> float:
        """The seconds in which reads may lag behind: as the target file says, or as was seen in this run."""
        late = self.settings.patience if self.incidents.late else 0.0
        return self.target.consistency or late

    def observe_all(self, parts: Mapping[str, Part]) -> dict[str, AccountState]:
        """Return accounts as they are now, each read as far as is said. Raises NotVerified, TransportError."""
        here = parts if self.within == "all" else dict.fromkeys(parts, self.within)
        try:
            found = self.restorer.read_all(here, self._state, self.connections)
        except StateUnreadable as error:
            raise NotVerified(f"the account cannot be read back: {error}") from None
        for role, state in found.items():
            self._notice_others(state)
            self._state[role] = state
        if "owner" in found:
            self._dirty = False
        if all(parts.get(role) == "all" for role in self.watched):
            self._unread = False
        return found

    def observe_until(
        self, parts: Mapping[str, Part], holds: Callable[[Mapping[str, AccountState]], bool]
    ) -> dict[str, AccountState]:
        """Return accounts as they are once something holds, or as they are after a while.

        A while is `consistency`; without it, a second look of less than a second tells a late change from
        none. A change that comes late where the target file does not say so leaves the reason in `lag`.
        """
        found = self.observe_all(parts)
        if holds(found):
            return found
        patience = self.consistency
        if not patience and self._looks < _LOOKS:
            patience = self.settings.patience
        begun, pause = time.monotonic(), 0.02
        while (waited := time.monotonic() - begun) < patience:
            time.sleep(pause)
            pause *= 2
            found = self.observe_all(parts)
            if holds(found):
                if not self.target.consistency:
                    self.lag = (
                        f"the change appeared {waited * 1000:.0f} ms later: "
                        "set consistency in the target file"
                    )
                    self.incidents.late = self.incidents.late or self.lag
                return found
        self._looks += 1
        return found

    def before(self, role: str = "owner") -> AccountState:
        """Return the account as it was last read. Raises as `observe_all`."""
        if role not in self._state:
            self.account(role)
            self.observe_all({role: "all"})
        return self._state[role]

    def known(self) -> dict[str, AccountState]:
        """Return both accounts as they are, by the last reading or as they must be since. Raises as `observe_all`."""
        if self._dirty:
            return self.observe_all(dict.fromkeys(self.watched, "all"))
        return {role: self.before(role) for role in self.watched}

    def readings(self, role: str, operation: str) -> list[Exchange]:
        """Return the last exchange that read the part of an account that an operation touches."""
        reading = self.descriptions.keeping.reads[self.descriptions[operation].touches]
        found = self.restorer.readings.get((role, reading))
        return [] if found is None else [found]

    # -- between checks ---------------------------------------------------------------------------

    def begin_as(
        self, resting: Mapping[str, AccountState], now: Mapping[str, AccountState]
    ) -> None:
        """Take the accounts to rest, and to be now, as another context has them."""
        self.resting = dict(resting)
        self._before = dict(resting)
        self.expect(now)

    def expect(self, accounts: Mapping[str, AccountState]) -> None:
        """Take accounts to be as they must be now; the next reading tells whether they are."""
        self._state.update(accounts)
        self._dirty = False
        self._unread = True

    def verify_before(self, operations: Iterable[str]) -> None:
        """Read what is expected so far, before something is sent of which nobody knows what it does."""
        if self._unread and any(self.operations[one].writes for one in operations):
            self.verify()

    def settle(self, *, wholly: bool = False) -> None:
        """Put back what a check that writes has left; beside others, only where there is need, or `wholly`.

        Raises:
            TransportError, NotVerified: The accounts could not be read or put back.
        """
        lax = self.alone and not wholly
        self.trail.clear()
        self._provided.clear()
        if self.frozen:
            return  # what is not as it was is to be seen at the end
        if self._dirty and self.resting:
            self.observe_all(dict.fromkeys(self.watched, "all"))
        elif self._unread and not lax:
            self.verify()
        for role, resting in self.resting.items():
            if role in self.watched and self.before(role) != resting:
                if lax and self._may_stay(role, resting):
                    continue
                if self._unread:
                    self.verify()  # what a check did beside what it meant to is seen now, or never
                self._put_back(role, resting)
        self._dirty = False

    def _may_stay(self, role: str, resting: AccountState) -> bool:
        """Return whether what a check left in an account is no hindrance for the next one of its lane."""
        now = self.before(role)
        few = len(now.emails) - len(resting.emails) < _CROWD
        return few and now.primary == resting.primary and set(resting.emails) <= set(now.emails)

    def forget(self) -> None:
        """Take nothing for known: the accounts are read before anything else is sent."""
        if self.within == "all":
            self._state.clear()
        self._dirty = self.within != "all"
        self._unread = False
        self.surprise = ""

    def leave(self) -> None:
        """Put the accounts back as they were when this context was made. Raises TransportError, NotVerified."""
        self.resting = dict(self._before)
        self.forget()
        self.settle(wholly=True)

    def verify(self) -> None:
        """Read the accounts, and note what is not as it must be."""
        expected = {role: state for role, state in self._state.items() if role in self.watched}
        # Within this time, a change that must not be would show itself.
        time.sleep(self.consistency)
        now = self.observe_all(dict.fromkeys(expected, "all"))
        found = [one for role in expected for one in differences(expected[role], now[role])]
        self.surprise = self.surprise or "; ".join(found)

    def _put_back(self, role: str, resting: AccountState) -> None:
        before, failures, account = self.before(role), self.restorer.failures, self.account(role)
        unknown = [made for made, source in self._derived.items() if not getattr(account, source)]
        ours = [one for one in resting.emails if self.tag in one.email and not one.verified]
        verified = [one for one in ours if replace(one, verified=True) in before.emails]
        if verified and self.ground.record:
            # Nothing takes that back, and there is no need to wait for it: the next check adds another.
            resting = self.resting[role] = self.ground.record.accounts[role]
        self.restorer.settle(role, resting, before, self.tag)
        derived = [before.user.get(name) == resting.user.get(name) for name in self._derived]
        whole = all(derived) and set(resting.emails) <= set(before.emails)
        if not self.careful and failures == self.restorer.failures and whole:
            self.expect({role: resting})
            return
        now = self.observe_until({role: "all"}, lambda now: now[role] == resting)[role]
        left = [one for one in now.emails if one not in resting.emails]
        if any(self.tag in one.email.lower() for one in left):
            # What cannot be deleted is there to stay; its own check reports that.
            for one in left:
                self.resting[role] = self.resting[role].with_email(one)
            return
        kept = [one for one in resting.emails if self.tag in one.email]
        if any(one not in now.emails for one in kept) and self.ground.record:
            self.resting[role] = self.ground.record.accounts[role]
        elif account.disposable or not differences(resting, now, ignore=unknown):
            # What is made from a member that nobody knows is not put back, and is not waited for again.
            self.resting[role] = now

    def look_for_others(self) -> str:
        """Return the sign of another run that is at work on these accounts, or nothing."""
        for role in () if self.incidents.disturbed else self.restorer.accounts:
            try:
                self._notice_others(self.restorer.read(role))
            except StateUnreadable:
                continue
        return self.incidents.disturbed

    def _notice_others(self, state: AccountState) -> None:
        if self.ground.record is None or self.incidents.disturbed:
            return
        for text in texts_of(state):
            if text not in self._known and is_foreign(text, self.tag):
                self.incidents.disturbed = (
                    f"another conformance run is at work on these accounts: {text[:80]!r} is its mark; "
                    "let one run end before the next begins"
                )


def texts_of(state: AccountState) -> list[str]:
    """Return all texts of an account."""
    return [
        *(value for value in state.user.values() if isinstance(value, str)),
        *(email.email for email in state.emails),
    ]
