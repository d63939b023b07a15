"""Coverage of the contracts: the operations, statuses, codes and scopes that requests have met, and those that not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from accounts_contract import Contract, Operation
from accounts_contract.codes import read_codes
from mockserver.pipeline.answer import Answer
from mockserver.pipeline.operation import Handler, by_name
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.request import Request
from mockserver.sandboxes.coverage import CORRUPTED, FORCED, Met
from mockserver.sandboxes.sandbox import Sandboxes

Json = dict[str, Any]

_PLAIN = [(b"content-type", b"text/plain; charset=utf-8")]


def handlers(contracts: Sequence[Contract], sandboxes: Sandboxes) -> Mapping[str, Handler]:
    """Return the operations, for the operations of the contracts that are served."""

    @cache
    def expected() -> list[Expected]:
        return [one for contract in contracts for one in documented(contract)]

    def coverage(request: Request) -> Json:
        """Return the coverage of a sandbox, or that of the run to those who name none."""
        sandbox = request.sandbox
        found = sandbox.coverage if sandbox.name else sandboxes.counted()
        return {
            "sandbox": sandbox.name or None,
            "complete": found.complete,
            **report(expected(), found.numbers),
        }

    def get_coverage(request: Request, _: Outcome) -> Json:
        return coverage(request)

    def get_coverage_text(request: Request, _: Outcome) -> Answer:
        return Answer(200, _PLAIN, text(coverage(request)).encode())

    def forget_coverage(request: Request, _: Outcome) -> None:
        sandboxes.forget_coverage(request.sandbox if request.sandbox.name else None)

    return by_name(get_coverage, get_coverage_text, forget_coverage)


Expected = tuple[Operation, Mapping[str, Sequence[str]]]
"""An operation, and the codes that its contract documents for each of its statuses."""


def documented(contract: Contract) -> Iterator[Expected]:
    """Give the operations of a contract, each with the statuses and codes that it documents."""
    codes = read_codes(contract)
    for operation in contract.operations.values():
        yield (
            operation,
            {
                status: [code.name for code in codes if code.is_of(operation, status)]
                for status in operation.responses
            },
        )


def report(expected: Sequence[Expected], numbers: Mapping[Met, int]) -> Json:
    """Return what was met of what is expected, as the control API shows it.

    Args:
        expected: The operations.
        numbers: How often each answer was met.
    """
    of_operations: dict[str | None, dict[Met, int]] = {}
    for met, times in numbers.items():
        of_operations.setdefault(met[0], {})[met] = times
    operations = [
        _operation(operation, codes, of_operations.pop(operation.id, {}))
        for operation, codes in expected
    ]
    elsewhere: Counter[tuple[int, str | None]] = Counter()
    for rest in of_operations.values():
        for (_, status, code, _), times in rest.items():
            elsewhere[status, code] += times
    return {
        "requests": sum(numbers.values()),
        **_sums(operations),
        "operations": operations,
        "elsewhere": [
            {"status": str(status), "code": code, "met": times}
            for (status, code), times in sorted(elsewhere.items(), key=str)
        ],
    }


def _operation(
    operation: Operation, codes: Mapping[str, Sequence[str]], numbers: Mapping[Met, int]
) -> Json:
    statuses: Counter[str] = Counter()
    forced: Counter[str] = Counter()
    undocumented: Counter[str] = Counter()
    of_codes: Counter[tuple[str, str | None]] = Counter()
    corrupted = granted = refused = 0
    for (_, status, code, way), times in numbers.items():
        if way == CORRUPTED:
            corrupted += times
            continue
        key = operation.entry(status)
        if key is None:
            undocumented[str(status)] += times
            continue
        statuses[key] += times
        of_codes[key, code] += times
        if way == FORCED:
            forced[key] += times
        elif code == "scope-missing":
            refused += times
        elif way == "Bearer" and status < 300:
            granted += times
    return {
        "operation": operation.id,
        "method": operation.method.upper(),
        "path": operation.path,
        "requests": sum(numbers.values()),
        "corrupted": corrupted,
        "statuses": [
            {
                "status": status,
                "met": statuses[status],
                "forced": forced[status],
                "codes": [{"code": code, "met": of_codes[status, code]} for code in names],
            }
            for status, names in codes.items()
        ],
        "undocumented": [
            {"status": status, "met": times} for status, times in sorted(undocumented.items())
        ],
        "scopes": [
            {"scope": scope, "granted": granted, "refused": refused}
            for scope in sorted(operation.scopes)
        ],
    }


def _sums(operations: Sequence[Json]) -> Json:
    """Return how much of each kind was met, and of all of it in percent: rounded down, so that 100 is all."""
    statuses = [status for one in operations for status in one["statuses"]]
    met = {
        "operations": [one["requests"] for one in operations],
        "statuses": [one["met"] for one in statuses],
        "codes": [code["met"] for one in statuses for code in one["codes"]],
        "scopes": [scope["granted"] for one in operations for scope in one["scopes"]],
    }
    sums = {kind: {"met": sum(map(bool, each)), "all": len(each)} for kind, each in met.items()}
    whole = sum(one["all"] for one in sums.values())
    part = sum(one["met"] for one in sums.values())
    return {"percent": part * 1000 // whole / 10 if whole else 100.0, "summary": sums}


def text(coverage: Json) -> str:
    """Return coverage as a table for people: a row for each operation, and the codes that nobody has met."""
    statuses = sorted({one["status"] for row in coverage["operations"] for one in row["statuses"]})
    rows = [["", "requests", *statuses, "scope"]]
    rows += [_row(one, statuses) for one in coverage["operations"]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if 0 < index < len(row) - 1 else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    unmet = [f"  {status}  {', '.join(names)}" for status, names in _unmet(coverage)]
    if unmet:
        lines += ["", "Codes that no operation has answered with:", *unmet]
    sums = ", ".join(
        f"{one['met']} of {one['all']} {kind}" for kind, one in coverage["summary"].items()
    )
    lines += ["", f"{coverage['percent']} % of the contract: {sums}"]
    if not coverage["complete"]:
        lines.append("There were too many different answers to count: some are missing here.")
    return "".join(f"{line}\n" for line in lines)


def _row(operation: Json, statuses: Sequence[str]) -> list[str]:
    cells = {one["status"]: _cell(one["met"], one["forced"]) for one in operation["statuses"]}
    scopes = [f"{one['scope']} {one['granted'] or '-'}" for one in operation["scopes"]]
    return [
        operation["operation"],
        str(operation["requests"]),
        *(cells.get(status, "") for status in statuses),
        ", ".join(scopes),
    ]


def _cell(met: int, forced: int) -> str:
    """Return a number of answers: in brackets if all were forced, `-` if there were none."""
    return "-" if not met else f"({met})" if met == forced else str(met)


def _unmet(coverage: Json) -> Iterator[tuple[str, list[str]]]:
    """Give the codes that no operation has answered with, by status."""
    met: dict[str, Counter[str]] = {}
    for operation in coverage["operations"]:
        for one in operation["statuses"]:
            for code in one["codes"]:
                met.setdefault(one["status"], Counter())[code["code"]] += code["met"]
    for status, codes in sorted(met.items()):
        names = [name for name, times in codes.items() if not times]
        if names:
            yield status, names
