"""Run the server: as it is, with legal variations, with a defect.

python -m tests.conformance.independent --port 0 --variation slow --defect delete_ok
python tests/conformance/independent/server.py --port 0
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

if __name__ == "__main__":  # By path: what is imported below lies under the top of the checkout.
    sys.path[0] = str(Path(__file__).resolve().parents[3])

from tests.conformance.independent.catalogue import Change, build
from tests.conformance.independent.defects import DEFECTS
from tests.conformance.independent.targets import target
from tests.conformance.independent.variations import VARIATIONS
from tests.conformance.independent.wire import Server


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="independent", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--variation", action="append", default=[], metavar="NAME")
    parser.add_argument("--defect", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print all changes as JSON, and end")
    parser.add_argument(
        "--print-target", metavar="URL", help="print the target file for a server there, and end"
    )
    return parser.parse_args()


def catalogue() -> str:
    """Every variation and defect, with its sentence and clause."""
    described = [
        {"kind": kind.kind, "name": one.name, "sentence": one.sentence, "clause": one.clause}
        for kind in (VARIATIONS, DEFECTS)
        for one in kind.changes.values()
    ]
    return json.dumps(described, indent=1, ensure_ascii=False)


def serve(changes: list[Change], host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    server = Server(build(changes), host, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(json.dumps({"url": server.url}) + "\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.05)
    server.server_close()


def chosen_changes(options: argparse.Namespace) -> list[Change]:
    """The defect, then the variations, of the command line."""
    changes = [DEFECTS.find(options.defect)] if options.defect else []
    return [*changes, *(VARIATIONS.find(name) for name in options.variation)]


def main() -> None:
    """Print something, or serve."""
    options = arguments()
    if options.list:
        sys.stdout.write(catalogue() + "\n")
    elif options.print_target:
        seed = build(chosen_changes(options)).seed
        sys.stdout.write(target(options.print_target, seed) + "\n")
    else:
        serve(chosen_changes(options), options.host, options.port)


if __name__ == "__main__":
    main()
