"""`python -m bench.ring`: where HAProxy leads the names of sandboxes, with many replicas, and which move.

The balancer is the one of `deploy/haproxy.cfg`: its ring, with as many replicas as are asked for. Each replica is a
port that answers with its number, so that each name tells where it leads. Then a replica is taken away, and another
one added: only its own share of the names may move.
"""

from __future__ import annotations

import argparse
import re
import socket
import statistics
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.running import free_port
from clients.steps import running, wait_for

_CONFIGURATION = Path(__file__).parent.parent / "deploy" / "haproxy.cfg"
_AT_ONCE = 200  # requests that are on their way on the one connection


def ring(replicas: Sequence[int]) -> str:
    """Return the ring of the fleet's configuration, with other replicas."""
    text = _CONFIGURATION.read_text("utf-8")
    [found] = re.findall(r"^backend ring from common\n(?:    .*\n|\n)+", text, re.MULTILINE)
    first, *others = re.findall(r"^    server .*\n", found, re.MULTILINE)
    for line in others:
        found = found.replace(line, "")
    servers = [f"    server replica-{one} 127.0.0.1:{20000 + one} id {one}\n" for one in replicas]
    return str(found.replace(first, "".join(servers)))


@contextmanager
def balancer(replicas: Sequence[int], folder: Path) -> Iterator[int]:
    """Start HAProxy with so many replicas, and yield its port."""
    port = free_port()
    most = 20000 + max(replicas)
    (folder / "haproxy.cfg").write_text(
        "defaults common\n    mode http\n    timeout connect 5s\n    timeout client 60s\n    timeout server 60s\n"
        f"frontend fleet from common\n    bind 127.0.0.1:{port}\n"
        "    http-request set-var(txn.sandbox) req.hdr(x-mock-sandbox)\n    default_backend ring\n"
        f"{ring(replicas)}"
        f"frontend replicas from common\n    bind 127.0.0.1:20001-{most}\n"
        '    http-request return status 200 content-type text/plain lf-string "%[dst_port]"\n',
        "utf-8",
    )
    log = folder / "log"
    with running("haproxy", "-db", "-f", folder / "haproxy.cfg", log=log) as process:
        wait_for(partial(_listens, port), process, log)
        yield port


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def places(port: int, names: int) -> array[int]:
    """Return the number of the replica that each name leads to."""
    found = array("H")
    with socket.create_connection(("127.0.0.1", port)) as line, line.makefile("rb") as answers:
        for start in range(0, names, _AT_ONCE):
            several = range(start, min(start + _AT_ONCE, names))
            line.sendall(
                b"".join(
                    b"GET / HTTP/1.1\r\nHost: x\r\nX-Mock-Sandbox: sandbox-%d\r\n\r\n" % one
                    for one in several
                )
            )
            for _ in several:
                length = 0
                while (field := answers.readline()) not in (b"\r\n", b""):
                    if field.lower().startswith(b"content-length:"):
                        length = int(field.split(b":")[1])
                found.append(int(answers.read(length)) - 20000)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Send the names through the balancer, and print their spread and what moves."""
    parser = argparse.ArgumentParser(prog="python -m bench.ring", description=__doc__)
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--replicas", type=int, default=100)
    chosen = parser.parse_args(arguments)
    every = range(1, chosen.replicas + 1)
    with tempfile.TemporaryDirectory() as folder:

        def lead(replicas: Sequence[int]) -> array[int]:
            with balancer(replicas, Path(folder)) as port:
                return places(port, chosen.names)

        before = lead(every)
        shares = Counter(before).values()
        fewest, most = min(shares), max(shares)
        print(f"{chosen.names:,} names on {len(shares)} of {chosen.replicas} replicas:")
        print(
            f"  {fewest:,} to {most:,} each, {statistics.mean(shares):,.0f} in the mean, "
            f"standard deviation {statistics.pstdev(shares):,.0f}"
        )
        gone = chosen.replicas // 2
        after = lead([one for one in every if one != gone])
        _print_moved(f"without replica-{gone}", before, after, gone)
        new = chosen.replicas + 1
        after = lead([*every, new])
        _print_moved(f"with replica-{new} beside them", after, before, new)


def _print_moved(title: str, many: Sequence[int], few: Sequence[int], one: int) -> None:
    """Print how many names move when a replica leaves, or comes: those of it, and others."""
    pairs = list(zip(many, few, strict=True))
    own = sum(left == one for left, _ in pairs)
    others = sum(left not in (one, right) for left, right in pairs)
    print(f"{title}: {own:,} names move ({own / len(pairs):.2%}), and {others:,} others")


if __name__ == "__main__":
    main()
