"""Trying what was generated, one example after the other, and keeping the smallest that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from conformance.checks.support.context import CheckContext
from conformance.checks.support.judge import Judge, NotVerified
from conformance.wire.transport import TransportError

_SHRINK_CALLS = 40  # tries to make a failing request smaller, each of a few requests to the target
_STEPS = 6  # of a sequence of requests
Check = Callable[[Judge, Any], None]


class _Failing(Exception):
    """An example fails: said to hypothesis, which then looks for a smaller one."""


class _Enough(BaseException):
    """Nothing more is to be tried. No Exception, so that hypothesis lets it through at once."""


class Search:
    """A search by hypothesis; of what fails it keeps the last, which is the smallest."""

    def __init__(self, run: CheckContext, judge: Judge) -> None:
        self._seed = hypothesis.seed(run.settings.seed)
        self._judge = judge
        self._failing: Judge | None = None
        self._ended: NotVerified | TransportError | None = None
        self._calls = 0

    @contextmanager
    def trying(self) -> Iterator[None]:
        """End the search with the first request in this block that cannot be judged."""
        try:
            yield
        except (NotVerified, TransportError) as error:
            self._ended = error
            raise _Enough from error

    def fresh(self) -> Judge:
        """Return a judge of the next example."""
        if self._failing is not None:
            self._calls += 1
            if self._calls > _SHRINK_CALLS:
                raise _Enough
        return self._judge.fresh()

    def tell(self, inner: Judge) -> None:
        """Tell hypothesis whether the example failed so far."""
        if inner.failures:
            self._failing = inner
            raise _Failing

    def go(self, test: Any, call: Callable[[Any], None]) -> None:
        """Let hypothesis search through `call` of a test, and judge by what was found.

        Raises:
            NotVerified, TransportError: An example could not be tried to the end.
        """
        try:
            call(self._seed(test))
        except (_Failing, _Enough, HypothesisException):
            # An example that fails only now and then has failed nevertheless.
            if self._failing is None and self._ended is None:
                raise
        if self._failing is not None:
            self._judge.adopt(self._failing)
        elif self._ended is not None:
            raise self._ended
        else:
            self._judge.pass_all()


def explore(run: CheckContext, judge: Judge, strategy: SearchStrategy[Any], check: Check) -> None:
    """Try generated examples, and keep the failures of the smallest one that fails.

    Raises:
        NotVerified, TransportError: An example could not be tried to the end.
    """
    search = Search(run, judge)

    def one(example: Any) -> None:
        inner = search.fresh()
        with search.trying():
            check(inner, example)
        search.tell(inner)

    search.go(hypothesis.given(strategy)(settings(run)(one)), lambda test: test())


def try_each(judge: Judge, examples: Iterable[Any], check: Check) -> None:
    """Try given examples up to the first that fails; members it does not fail by are left out of it.

    Raises:
        NotVerified, TransportError: An example could not be tried to the end.
    """
    for example in examples:
        found = _failures(judge, example, check)
        if found is not None:
            judge.adopt(_shrunk(judge, example, check, found))
            return
    judge.pass_all()


def _failures(judge: Judge, example: Any, check: Check) -> Judge | None:
    inner = judge.fresh()
    check(inner, example)
    return inner if inner.failures else None


def _shrunk(judge: Judge, example: Any, check: Check, found: Judge) -> Judge:
    """Return the failures of the example with as few members as still fail."""
    for name in list(example) if isinstance(example, dict) else ():
        smaller = {other: value for other, value in example.items() if other != name}
        less = _failures(judge, smaller, check) if smaller else None
        if less is not None:
            example, found = smaller, less
    return found


def settings(run: CheckContext) -> hypothesis.settings:
    """Configure hypothesis: the same search with the same seed, and without a memory."""
    return hypothesis.settings(
        max_examples=run.settings.max_examples,
        stateful_step_count=_STEPS,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
