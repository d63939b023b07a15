"""The page `docs/benchmarks.md` and its plots, from what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench import plots
from bench.peers import LIMIT, OURS, PEERS

DOCS = Path(__file__).parents[1] / "docs"
_PLOTS = DOCS / "benchmarks"

_LINEAR = 1.15  # an exponent, with what measuring may add to it

_INTRODUCTION = """\
# Benchmarks

The mock server beside its peers, on one machine and in turns. `make bench` measures all of it anew, and writes this
page; it needs `wrk`, Node, npm and, for WireMock, Java (Debian: `apt-get install wrk nodejs npm default-jre-headless`).
`make bench ARGS="--only start --rounds 9"` measures a part.
"""

_METHOD = """\
## How it is measured

All servers get the same requests, from the same contract. They run at the same time; each round asks them in turn, so
that other load of the machine meets all of them, and the ratio is that of a round, in the median of all rounds. Each is
warmed for each kind of work. `wrk` sends with one thread and sends again at once; updates set another value each time,
and an address that is deleted was added before. An answer that is no success is counted, and named below. Processor time
is what the kernel has booked for the server, user and system: it depends less on what else the machine does than
requests per second.

Ours does all that it does by default: access, validation, state, the response check, the journal, and a line in the log
for each request. What the others leave undone:
"""


def write(results: Mapping[str, Any]) -> None:
    """Write the page and its plots."""
    _PLOTS.mkdir(exist_ok=True)
    parts = [_INTRODUCTION, f"Measured on {results['machine']}.\n", _METHOD]
    parts += [f"- **{peer.name}**: {peer.leaves}." for peer in PEERS if peer.leaves]
    parts += [
        f"- **{name}** could not be started: {reason.splitlines()[0]}."
        for name, reason in results.get("missing", {}).items()
    ]
    parts.append("")
    for part, section in (
        ("throughput", _throughput),
        ("start", _start),
        ("memory", _memory),
        ("stages", _stages),
        ("growth", _growth),
    ):
        if part in results:
            parts += section(results[part])
    (DOCS / "benchmarks.md").write_text("\n".join(parts).rstrip() + "\n", "utf-8")


def _throughput(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Requests\n\nRequests per second, the median; how many times the peer's that is; and the 99th percentile.\n"
    yield "![Requests per second over 16 connections](benchmarks/throughput.svg)\n"
    groups = {}
    for one in found:
        servers = one["servers"]
        plural = "" if one["connections"] == 1 else "s"
        yield f"### {one['kind']}, {one['connections']} connection{plural}\n"
        heads = ("", "requests/s", "ours to it", "p99, ms", "processor, µs", "ours to it")
        rows = []
        for name, mine in servers.items():
            rate, cost = _ratios(servers, name, "per_second"), _ratios(servers, name, "processor")
            refused = sum(mine["refused"])
            more = f" ({refused} refused)" if refused else ""
            figures = [f"{median(mine['per_second']):,.0f}{more}", rate]
            figures += [f"{median(mine['p99']):.1f}", f"{median(mine['processor']):.0f}", cost]
            rows.append([name, *figures])
        yield from _table(heads, rows)
        if one["connections"] == 16:
            groups[one["kind"]] = {name: median(m["per_second"]) for name, m in servers.items()}
    _save("throughput", plots.bars(groups, "/s"))


def _ratios(servers: Mapping[str, Any], name: str, figure: str) -> str:
    if name == OURS or OURS not in servers:
        return ""
    pairs = zip(servers[OURS][figure], servers[name][figure], strict=True)
    return f"{median(ours / other for ours, other in pairs):.2f}"


def _start(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## Start\n\nFrom the command to the first answer with 200; most of ours is the import of connexion.\n"
    yield "![Milliseconds to the first answer](benchmarks/start.svg)\n"
    rows = [
        [
            name,
            f"{median(one['ms']):.0f}",
            f"{min(one['ms']):.0f} to {max(one['ms']):.0f}",
            f"{median(one['processor']):.0f}",
            f"{median(one['memory']):.0f}",
        ]
        for name, one in found.items()
    ]
    yield from _table(("", "ms, median", "from, to", "of the processor", "MiB then"), rows)
    _save("start", plots.bars({"First 200": {n: median(o["ms"]) for n, o in found.items()}}, "ms"))


def _memory(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## Memory\n\nIn RAM, in MiB: at the start, after some ten thousand reads, and after many more.\n"
    yield "![Memory after the last of them](benchmarks/memory.svg)\n"
    rows = [
        [
            name,
            f"{one['start']:.0f}",
            f"{one.get('early', one['late']):.0f}",
            f"{one['late']:.0f}",
            f"{one['late_requests']:,}",
        ]
        for name, one in found.items()
    ]
    yield from _table(("", "start", "after 10,000", "in the end", "requests"), rows)
    _save("memory", plots.bars({"Memory": {n: o["late"] for n, o in found.items()}}, "MiB"))


def _stages(found: Mapping[str, Sequence[Sequence[Any]]]) -> Iterator[str]:
    yield (
        "## The way of a request\n\n"
        "Microseconds of each stage, in the best of many batches; parsing and sockets aside. An update costs more than a\n"
        "read for what it does: its body is read and checked, the account made anew, and the answer made, checked and\n"
        "written, while a read repeats that of an account which has not changed. The parser takes two microseconds more,\n"
        "as a body is a piece of its own.\n"
    )
    names = [name for name, _ in max(found.values(), key=len)]
    costs = [dict(map(tuple, stages)) for stages in found.values()]
    rows = [[name, *(f"{one[name]:.1f}" if name in one else "" for one in costs)] for name in names]
    rows.append(["all", *(f"{sum(one.values()):.1f}" for one in costs)])
    yield from _table(("", *found), rows)


def _growth(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    yield (
        "## Growth\n\nThe processor time of the server for a request, and its memory, by the size of what it holds. The\n"
        "exponent is that between the two largest sizes: 0 stays as it is, 1 grows as the size does.\n"
    )
    fast = [
        f"{title} ({one['name']})"
        for title, series in found.items()
        for one in series
        if one["exponent"] > _LINEAR
    ]
    yield (
        f"Faster than its input grows: {', '.join(fast)}.\n" if fast else "Nothing grows faster.\n"
    )
    for title, series in found.items():
        name = "growth-" + title.lower().replace(" ", "-")
        yield f"### {title}\n\n![{title}](benchmarks/{name}.svg)\n"
        sizes = [size for size, _ in series[0]["points"]]
        rows = [
            [
                one["name"],
                *(plots.short(cost) for _, cost in one["points"]),
                f"{one['exponent']:.2f}",
            ]
            for one in series
        ]
        yield from _table(("", *(f"{size:,}" for size in sizes), "exponent"), rows)
        _save(name, plots.lines({one["name"]: one["points"] for one in series}, title))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|---{'|---:' * (len(heads) - 1)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _save(name: str, svg: str) -> None:
    (_PLOTS / f"{name}.svg").write_text(svg, "utf-8")


def summary(results: Mapping[str, Any]) -> str:
    """Return the goals beside what was reached, over 16 connections."""
    told = []
    for one in results.get("throughput", ()):
        if one["connections"] == 16:
            servers = [name for name in one["servers"] if name != OURS]
            ratios = (
                f"{_ratios(one['servers'], name, 'per_second')} of {name}" for name in servers
            )
            cost = _ratios(one["servers"], LIMIT, "processor") if LIMIT in servers else "?"
            told.append(f"{one['kind']}: {', '.join(ratios)}; processor {cost} of {LIMIT}")
    return "\n".join(told)
