"""Trying examples: refusals as a group, the others one by one; those that fail are made smaller."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import compress
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from conformance.checks.support.asking import ask_all
from conformance.checks.support.booking import outcome_of
from conformance.checks.support.context import CheckContext
from conformance.checks.support.generation import Example, asked
from conformance.checks.support.judge import Deferred, Judge, NotVerified
from conformance.checks.support.question import Ask
from conformance.wire.transport import TransportError

Among = SearchStrategy[Example] | None


class _Failing(Exception):
    """An example fails: said to hypothesis, which then looks for a smaller one."""


class _Enough(BaseException):
    """Nothing more is to be tried. No Exception, so that hypothesis lets it through at once."""


class Search:
    """A search for the smallest example that fails; `failing` is the judge of the smallest so far."""

    def __init__(self, run: CheckContext, failing: Judge | None = None) -> None:
        self.failing = failing
        self._run = run
        self._alike = _broken(failing)
        self._ended: NotVerified | TransportError | None = None
        self._calls = 0

    def begin(self) -> Judge:
        """Return the judge of the next example; after a failure, it begins with the accounts at rest."""
        if self.failing is not None:
            self._calls += 1
            if self._calls > self._run.settings.shrinking:
                raise _Enough
            self._run.settle()
        return self._run.judge.fresh()

    @contextlib.contextmanager
    def trying(self, judge: Judge) -> Iterator[None]:
        """Judge the requests in this block, and end the search with the first that cannot be judged."""
        try:
            with self._run.judging(judge):
                yield
        except (NotVerified, TransportError) as error:
            self._ended = error
            raise _Enough from error

    def tell(self, judge: Judge) -> None:
        """Tell hypothesis whether an example failed so far, by a requirement that the first one failed by."""
        if judge.failures and (self.failing is None or _broken(judge) & self._alike):
            self._alike = self._alike or _broken(judge)
            self.failing = judge
            raise _Failing

    def go(self, test: Any, call: Callable[[Any], object]) -> None:
        """Let hypothesis search through `call` of a test.

        Raises:
            NotVerified, TransportError: An example could not be tried to the end, and none has failed.
        """
        try:
            call(hypothesis.seed(self._run.settings.seed)(test))
        except (_Failing, _Enough, HypothesisException):
            # An example that fails only now and then has failed nevertheless.
            if self.failing is None and self._ended is None:
                raise
        if self.failing is None and self._ended is not None:
            raise self._ended


def explore(run: CheckContext, op: str, strategy: SearchStrategy[Example]) -> None:
    """Try generated examples of an operation as try_each does, which finds smaller ones among them. Raises as it."""
    try_each(run, op, _generated(strategy, run.settings.seed, run.examples), strategy)


@lru_cache(maxsize=64)
def _generated(strategy: SearchStrategy[Example], seed: int, count: int) -> tuple[Example, ...]:
    """Return the examples of a seed, which are the same for each run of a process."""
    found: list[Example] = []

    def collect(example: Example) -> None:
        found.append(example)

    hypothesis.seed(seed)(hypothesis.given(strategy)(settings(count)(collect)))()
    return tuple(found)


def try_each(run: CheckContext, op: str, examples: Sequence[Example], among: Among = None) -> None:
    """Try examples of an operation, all of them, and keep the smallest that fail.

    Args:
        run: The context.
        op: The operationId.
        examples: The examples.
        among: The strategy that they are from; left out, a smaller one is without some members.

    Raises:
        NotVerified, TransportError: An example could not be tried to the end.
    """
    failing: list[tuple[float, Example, Judge]] = []
    try:
        alone, judge = _grouped(run, op, examples)
        if judge.failures:
            failing.append((_GROUP, examples[0], judge))
        for example in alone:
            if failing:
                run.settle()  # what failed may have left something
            judge = run.judge.fresh()
            with run.judging(judge):
                _send(run, op, example)
            if judge.failures:
                failing.append((_size(example), example, judge))
        run.judge.pass_all()
    finally:
        known: set[str] = set()
        for size, example, judge in sorted(failing, key=lambda one: one[0]):
            new, known = _broken(judge) - known, known | _broken(judge)
            if new and size < _GROUP:
                with contextlib.suppress(NotVerified, TransportError):
                    run.judge.adopt(_smallest(run, op, example, judge, among))
            run.judge.adopt(judge)


_GROUP = math.inf
"""The size of a group, which is shown only where none of its requests fails alone."""


def _grouped(
    run: CheckContext, op: str, examples: Sequence[Example]
) -> tuple[list[Example], Judge]:
    """Try what must be refused as one group.

    Returns:
        What is to be tried alone, with the suspects of the group, and the judge of the group.
    """
    group: list[tuple[Example, Ask, tuple[int, ...]]] = []
    alone: list[Example] = []
    for example in examples:
        request = asked(run, op, example, alone=False)
        if request is not None:
            account = {request.role: run.before(request.role)}
            statuses = outcome_of(run, request, account).statuses
            if min(statuses) >= 400:
                group.append((example, request, statuses))
            else:
                alone.append(example)
    if alone and run.frozen and run.operations[op].writes:
        raise Deferred  # and the group would be sent twice
    judge = run.judge.fresh()
    with run.judging(judge):
        exchanges = ask_all(run, [one for _, one, _ in group]) if group else []
    # Looking for the one that changed something has sent some of them again.
    told = {one.curl for one in judge.failures}
    suspects: dict[tuple[int, ...], Example] = {}
    for (example, _, statuses), exchange in zip(group, exchanges, strict=True):
        if run.target.redact(exchange.curl()) in told or exchange.status not in statuses:
            # Of many that are wrong alike, the smallest says it.
            kind = (exchange.status, *statuses)
            suspects[kind] = min(suspects.get(kind, example), example, key=_size)
    if not suspects and run.descriptions[op].on_known:
        run.provide(len(alone))
    return [*suspects.values(), *alone], judge


def _send(run: CheckContext, op: str, example: Example) -> None:
    request = asked(run, op, example, alone=True)
    if request is not None:
        ask_all(run, [request])


def _smallest(run: CheckContext, op: str, failing: Example, found: Judge, among: Among) -> Judge:
    """Find a smaller example than one that fails; return what was found by it."""
    search, (value, form), count = Search(run, found), failing, run.examples
    generated = among is not None
    if among is None:
        members = value if isinstance(value, dict) else {}
        kept, count = st.tuples(*[st.booleans()] * len(members)), 100  # more than there are of most
        parts = kept.map(lambda some: dict(compress(members.items(), some)) if some else value)
        among = st.tuples(parts, st.just(form))

    def attempt(other: Example) -> None:
        # The same seed gives the same examples: those before the one that fails are not sent again.
        if generated and search.failing is found and other != failing:
            return
        judge = search.begin()
        with search.trying(judge):
            _send(run, op, other)
        search.tell(judge)

    search.go(hypothesis.given(among)(settings(count)(attempt)), lambda test: test())
    return search.failing or found


def _broken(judge: Judge | None) -> set[str]:
    return {one.requirement for one in judge.failures} if judge is not None else set()


def _size(example: Example) -> int:
    return len(json.dumps(example, default=repr))


def settings(examples: int) -> hypothesis.settings:
    """Configure hypothesis: the same search with the same seed, and without a memory."""
    return hypothesis.settings(
        max_examples=examples,
        stateful_step_count=6,  # requests of a sequence
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
