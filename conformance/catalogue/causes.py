"""The causes of a run's failures: those that share one become a finding, told once under its best name."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from conformance.catalogue.requirements import Requirement, packaged_contract
from conformance.catalogue.results import CheckResult, Finding, RequirementResult, Status, Step

_GENERAL = re.compile(r"documented-answers|error-body|refused-unchanged.*|others-untouched")
"""The requirements that name a cause only where no other does."""

_FORM = re.compile(r"json|no-byte-order-mark|no-body|members|date-joined|.*challenge|error-body")
"""The requirements of the form of an answer. Apart from the status, each is broken for a reason of its own."""

_LOGINS = {"basic-accepted": "-u ", "bearer-accepted": "Authorization: Bearer"}
_FORMS = {"form": "x-www-form-urlencoded", "form-decoding": "x-www-form-urlencoded"}
_WAYS = {"success": "", **_LOGINS, **_FORMS}
"""The requirements of a correct request, each with what its curl line shares with others of its kind.

Where the plain request of a kind fails, all others of that kind fail alike.
"""

_SIMPLER = {"former-primary": "primary-refused"}
"""Requirements of a sequence, each with that of one request whose failure explains its own."""

_VARIANTS = {*_WAYS, "json-charset", "json-without-content-type"}
"""The requirements that name a cause only where it touches this way to send a request, and no other."""

_STATUS = re.compile(r"status (?P<came>\d{3})(?: for (?P<right>\d{3})(?P<others>(?: or \d{3})*))?")


def find_causes(results: Sequence[RequirementResult], level: str = "must") -> tuple[Finding, ...]:
    """Return the failures by their causes: those that fail the run first, then those that explain others.

    Args:
        results: The results of all requirements, in the order of the catalogue. Waived ones are left out.
        level: The level that fails the run, "must" or "should".
    """
    failures = [
        _Failure(check, result.requirement, place)
        for place, result in enumerate(results)
        if result.status is Status.FAILED
        for check in result.checks
        if check.status is Status.FAILED
    ]
    _explain(failures)
    causes = [_cause(group, level) for group in _joined(_grouped(failures))]
    return tuple(finding for _, finding in sorted(causes, key=lambda one: one[0]))


@dataclass(eq=False)
class _Failure:
    """A failed check of a requirement, with its place in the catalogue.

    Attributes:
        follows: The failure that this one follows from.
        rank: The place of a correct request among those that explain others; the last for all other failures.
        only_as_form: True if its requirement fails in forms alone.
    """

    check: CheckResult
    requirement: Requirement
    place: int
    follows: _Failure | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.only_as_form = False
        operation = packaged_contract().operations.get(self.requirement.operation)
        self.kind = self.requirement.id.partition("/")[2]
        self.should = self.requirement.level == "SHOULD"
        self.general = _GENERAL.fullmatch(self.kind) is not None
        self.of_form = _FORM.fullmatch(self.kind) is not None
        self.rank = list(_WAYS).index(self.kind) if self.kind in _WAYS else len(_WAYS)
        self.reads = operation is not None and not operation.writes
        self.operation = self.check.operation or self.requirement.operation
        self.curl = self.check.curl or (self.check.steps[-1].curl if self.check.steps else "")
        alone = [Step(self.check.curl, self.check.actual)] if self.check.curl else []
        self.steps: Sequence[Step] = self.check.steps or alone
        # Whichever status of success an operation has, the deviation is the same.
        self.deviation, self.came, self.right = self.check.deviation, "", ""
        if status := _STATUS.fullmatch(self.check.deviation):
            self.came, self.right = status["came"], status["right"] or ""
            if self.right < "300" and " 4" in (status["others"] or ""):
                self.right = ""  # a refusal is right as well: no correct request, but any
                self.rank, self.general = len(_WAYS), True
            right = "2xx" if "" < self.right < "300" else self.right
            came = "2xx" if self.came < "300" and right >= "300" else self.came
            self.deviation = f"status {came} for {right}"

    def explains(self, other: _Failure) -> bool:
        """Return whether another failure follows from this one."""
        alike = self.deviation == other.deviation
        if self.came and self.came == other.came:
            alike |= self.came >= "400" or not other.right
        if not self.deviation or self.kind == other.kind:
            return False
        if self.reads and not other.reads:
            return alike and (not self.came or self.operation == other.operation)
        return (
            self.rank < min(other.rank, len(_WAYS))
            and (self.reads or not other.reads)
            and self.operation in (other.operation, other.requirement.operation)
            and _WAYS[self.kind] in other.curl
            and (other.only_as_form if self.kind in _FORMS else alike)
            and (alike or other.right not in ("401", "403"))
        )


def _explain(failures: Sequence[_Failure]) -> None:
    """Set the failure that each of some follows from."""
    logins = defaultdict(set)
    for one in failures:
        if one.kind in _LOGINS:
            logins[one.requirement.operation].add(one.kind)
    otherwise = {one.requirement.id for one in failures if _FORMS["form"] not in one.curl}
    for one in failures:
        one.only_as_form = one.requirement.id not in otherwise
        # Where one kind of login fails, the plain request only shows what that kind meets.
        if one.kind == "success" and len(logins[one.requirement.operation]) == 1:
            one.rank = len(_WAYS)
    leaders = {
        (one.requirement.id, one.deviation): one
        for one in sorted(failures, key=lambda one: (not one.reads, one.rank))
        if one.reads or one.rank < len(_WAYS)
    }
    let_in = {
        (one.operation, one.check.credential): one
        for one in failures
        if one.kind.startswith("forbidden/") and "" < one.came < "300"
    }
    for one in failures:
        one.follows = next((head for head in leaders.values() if head.explains(one)), None)
        if one.kind in _SIMPLER and one.follows is None:
            # One request shows what the sequence fails by.
            sought = (one.operation, one.deviation, _SIMPLER[one.kind])
            one.follows = next(
                (two for two in failures if (two.operation, two.deviation, two.kind) == sought),
                None,
            )
        if one.kind == "order/access-before-body" and one.follows is None:
            # A login that is let in has its body read.
            one.follows = let_in.get((one.operation, one.check.credential))


def _grouped(failures: Sequence[_Failure]) -> list[list[_Failure]]:
    """Group the failures that share a key with each other, or with a third."""
    heads: dict[int, _Failure] = {}
    for one in sorted(failures, key=lambda one: (one.general, one.should, not one.came)):
        heads.setdefault(one.check.exchange, one)
    parents: dict[object, object] = {}

    def root(key: object) -> object:
        while (parent := parents.setdefault(key, key)) != key:
            parents[key] = key = parents[parent]
        return key

    keys_of = [[id(one), *_keys(one, heads[one.check.exchange])] for one in failures]
    for first, *others in keys_of:
        for key in others:
            parents[root(key)] = root(first)
    groups: defaultdict[object, list[_Failure]] = defaultdict(list)
    for one in failures:
        groups[root(id(one))].append(one)
    return list(groups.values())


def _keys(failure: _Failure, head: _Failure) -> Iterator[object]:
    """Yield what a failure shares with those of the same cause.

    Args:
        failure: The failure.
        head: The failure that names its exchange best.
    """
    if failure.follows is not None:
        yield id(failure.follows)
        return
    deviation = failure.deviation
    alike = deviation == head.deviation
    led = not alike and bool(head.came or not deviation)
    apart = failure.of_form or head.of_form or failure.should or head.should
    if failure.check.exchange and (alike or led or not apart):
        yield "exchange", failure.check.exchange
        if head.follows is not None:
            yield id(head.follows)
        if led:
            return
    if failure.should:
        yield "requirement", failure.kind
    elif not deviation:
        yield "requirement", failure.requirement.id
    else:
        yield "requirement", _family(failure), deviation
        # A request that is let through, or crashes, has a reason of its own for each requirement.
        if failure.right < "300" or "400" <= failure.came < "500":
            yield "operation", failure.operation, deviation


def _joined(groups: Sequence[list[_Failure]]) -> list[list[_Failure]]:
    """Add what breaks requirements in another way to the first cause that breaks all of them, and more.

    What is let through, what is refused wrongly and what crashes stay apart.
    """
    kept: list[tuple[str, set[str], list[_Failure]]] = []
    for group in sorted(groups, key=lambda group: -len({one.requirement.id for one in group})):
        named = [one for one in group if not one.follows]
        ids = {one.requirement.id for one in named}
        way = named[0].came[:1]
        home = next((one for one in kept if one[0] == way and ids <= one[1]), None)
        if home is None or any(one.should for one in named):
            kept.append((way, ids, group))
        else:
            home[2].extend(group)
    return [group for _, _, group in kept]


def _family(failure: _Failure) -> str:
    """Return the kind of a failure, whichever kind of login it is about."""
    return re.sub("-(basic|bearer)$", "", failure.kind)


def _cause(failures: Sequence[_Failure], level: str) -> tuple[tuple[int, ...], Finding]:
    """Return failures that share their cause, as they are told; and before it what orders it among others."""
    named = [one for one in failures if one.follows is None]
    told = {one.requirement.id for one in named}
    followers = Counter(
        one.follows.requirement.id
        for one in failures
        if one.follows and one.requirement.id not in told
    )

    def merit(one: _Failure) -> tuple[bool, bool, int, bool, bool, int, int]:
        explained, variant = -followers[one.requirement.id], one.kind in _VARIANTS
        # What must be refused, and is not, may be answered in any form.
        taken = not ("" < one.came < "300" and one.right >= "400")
        return one.general, one.should, explained, variant, taken, len(one.steps), one.place

    kind = min(named, key=merit).kind
    best = min((one for one in named if one.kind == kind), key=_length)
    ids = list(dict.fromkeys(one.requirement.id for one in (best, *named, *failures)))
    sides = [best.check]
    if best.check.exchange and not best.came:
        sides += [one.check for one in named if one.check.exchange == best.check.exchange]
    finding = Finding(
        title=_title(best, named, explains=len(named) < len(failures)),
        requirements=[one for one in ids if one in told],
        operations=list(dict.fromkeys(one.operation for one in named if one.operation)),
        expected=_lines(side.expected for side in sides),
        actual=_lines(side.actual or side.message for side in sides),
        steps=best.steps,
        examples=len(failures),
        follows=[one for one in ids if one not in told],
    )
    warns = level == "must" and all(one.should for one in failures)
    # What is read wrongly may be the reason of more than can be told.
    return (warns, len(named) == len(failures), not best.reads, -len(ids), best.place), finding


def _title(best: _Failure, named: Sequence[_Failure], *, explains: bool) -> str:
    """Return a cause in a sentence, without the words of one operation where several share it."""
    named = [one for one in named if one.deviation == best.deviation and not one.general]
    if best.came and not explains and len(set(map(_family, named))) > 1:
        if "" < best.right < "300":
            return f"Correct requests are answered with {best.came}."
        return f"Requests to be refused with {best.right} are answered with {best.came}."
    title = best.requirement.title
    alike = {one.requirement.title for one in named if one.kind == best.kind}
    operation = packaged_contract().operations.get(best.requirement.operation)
    if len(alike) > 1 and operation is not None:
        title = title.replace(f"with {operation.success} ", "with its status of success ")
        scope = rf"(the scope )?\b{operation.scope}\b"
        title = re.sub(scope, "the scope of the operation", title)
    return title


def _length(failure: _Failure) -> tuple[bool, int, int, int]:
    # A correct request shows best what is wrong with all of its form.
    refused = failure.kind in _FORMS and not "" < failure.right < "300"
    length = sum(len(step.curl) for step in failure.steps)
    return refused, len(failure.steps), length, failure.place


def _lines(texts: Iterator[str]) -> str:
    return "\n".join(text for text in dict.fromkeys(texts) if text)
