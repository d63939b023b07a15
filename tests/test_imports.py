"""Who may import whom: the picture in ARCHITECTURE.md, as data."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each room, and the rooms that it stands on.
ROOMS: dict[str, tuple[str, ...]] = {
    "accounts_contract": (),
    "mockserver": ("accounts_contract",),
    "conformance": ("accounts_contract",),
}

# The one part of a room that may use another room as well.
EXCEPTIONS = {"conformance.mutants": "mockserver"}

# The modules of each room: one imports only what stands above it.
ORDER: dict[str, tuple[str, ...]] = {
    "accounts_contract": (
        "documents",
        "schemas",
        "openapi_rules",
        "contract",
        "files",
        "output",
        "__init__",
    ),
    "mockserver": (
        "__init__",
        "redaction",
        "world",
        "refusals",
        "accounts",
        "state",
        "faults",
        "wishes",
        "journal",
        "har",
        "sandbox",
        "fixtures",
        "problems",
        "credentials",
        "access",
        "bodies",
        "verification",
        "exchange",
        "staging",
        "cors",
        "docs",
        "docs.samples",
        "docs.reference",
        "docs.served_contract",
        "docs.site",
        "docs.export",
        "connexion_doors",
        "routing",
        "endpoint",
        "front",
        "control",
        "control.refusing",
        "control.verifying",
        "control.access",
        "control.faults",
        "control.pages",
        "control.requests",
        "control.sandboxes",
        "control.tokens",
        "control.worlds",
        "app",
        "loading",
        "reports",
        "watching",
        "line",
        "parsing",
        "connection",
        "server",
        "cli",
        "__main__",
        "testing",
        "testing.guarded",
        "testing.journal",
        "testing.control",
        "testing.sandbox",
        "testing.run",
        "pytest_plugin",
    ),
    "conformance": (
        "__init__",
        "redaction",
        "target",
        "target_file",
        "credentials",
        "transport",
        "exchange",
        "client",
        "requirements",
        "results",
        "state",
        "journal",
        "judge",
        "settings",
        "steward",
        "preflight",
        "run",
        "waivers",
        "ledger",
        "reports.texts",
        "reports.view",
        "reports.style",
        "reports.columns",
        "reports.matrix",
        "reports.progress",
        "reports.terminal",
        "reports.json_report",
        "reports.junit",
        "reports.pages",
        "reports.html",
        "reports.writing",
        "reports",
        "session",
        "checks",
        "checks.marking",
        "checks.values",
        "checks.oracles",
        "checks.addresses",
        "checks.cases",
        "checks.hostile",
        "checks.exploring",
        "checks.generation",
        "checks.workflow",
        "plugin",
        "pytest_entry",
        "checks.conftest",
        "checks.test_access",
        "checks.test_authentication",
        "checks.test_bodies",
        "checks.test_emails_adding",
        "checks.test_emails_deleting",
        "checks.test_emails_listing",
        "checks.test_emails_primary",
        "checks.test_emails_unknown",
        "checks.test_emails_verifying",
        "checks.test_generated",
        "checks.test_profile",
        "checks.test_standards",
        "checks.test_unchangeable",
        "suite",
        "template",
        "mutants",
        "mutants.messages",
        "mutants.builds",
        "mutants.access",
        "mutants.rules",
        "mutants.wires",
        "mutants.addresses",
        "mutants.defects.logins",
        "mutants.defects.permissions",
        "mutants.defects.profile",
        "mutants.defects.listing",
        "mutants.defects.adding",
        "mutants.defects.updating",
        "mutants.defects.deleting",
        "mutants.defects.bodies",
        "mutants.scene",
        "mutants.defects.answers",
        "mutants.defects.repeats",
        "mutants.defects.corners",
        "mutants.defects",
        "mutants.variations",
        "mutants.probe",
        "mutants.stage",
        "mutants.trials",
        "mutants.matrix",
        "mutants.page",
        "mutants.selftest",
        "cli",
    ),
}


def test_modules_import_only_what_stands_above_them() -> None:
    assert list(broken_rules(ROOT, ROOMS, ORDER)) == []


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        (
            "base/text.py",
            "import server.start",
            "base/text.py:1 imports server.start: base stands on no other room",
        ),
        (
            "server/world.py",
            "from suite import run",
            "server/world.py:1 imports suite.run: server stands on base only",
        ),
        (
            "suite/run.py",
            "def f():\n    from server.world import World",
            "suite/run.py:2 imports server.world: suite stands on base only",
        ),
        (
            "suite/mutants_of_old.py",
            "import server",
            "suite/mutants_of_old.py:1 imports server: suite stands on base only",
        ),
        (
            "server/world.py",
            "from server.start import main",
            "server/world.py:1 imports server.start, which does not stand above world",
        ),
        (
            "server/world.py",
            "from server import start",
            "server/world.py:1 imports server.start, which does not stand above world",
        ),
        (
            "server/pages/start.py",
            "from .. import start",
            "server/pages/start.py:1 imports server.start, which does not stand above pages.start",
        ),
        (
            "server/world.py",
            "from .pages.start import main",
            "server/world.py:1 imports server.pages.start, which does not stand above world",
        ),
        (
            "server/world.py",
            "from server import main",
            "server/world.py:1 imports server, which does not stand above world",
        ),
        ("server/new.py", "", "server/new.py is not in the order of server"),
    ],
)
def test_the_check_reports_what_breaks_the_order(
    tmp_path: Path, module: str, line: str, complaint: str
) -> None:
    order = plant(tmp_path)
    if module.startswith("suite/"):
        order["suite"] = (*order["suite"], module.removeprefix("suite/").removesuffix(".py"))
    (tmp_path / module).write_text(line)

    assert list(broken_rules(tmp_path, PLANTED_ROOMS, order, PLANTED_EXCEPTIONS)) == [complaint]


def test_the_check_reports_a_listed_module_that_is_not_there(tmp_path: Path) -> None:
    order = plant(tmp_path)
    (tmp_path / "server" / "start.py").unlink()

    complaints = list(broken_rules(tmp_path, PLANTED_ROOMS, order, PLANTED_EXCEPTIONS))

    assert complaints == ["server/start is in the order of server, but not in the tree"]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("suite/mutants/wrong.py", "from server.world import World"),
        ("suite/mutants/wrong.py", "from suite.run import run"),
        ("suite/run.py", "import base.text"),
        ("server/start.py", "from server import world"),
        ("server/start.py", "import serverless"),
        ("server/pages/start.py", "from server.pages import PAGES"),
    ],
)
def test_the_check_lets_right_imports_pass(tmp_path: Path, module: str, line: str) -> None:
    order = plant(tmp_path)
    (tmp_path / module).write_text(line)

    assert list(broken_rules(tmp_path, PLANTED_ROOMS, order, PLANTED_EXCEPTIONS)) == []


PLANTED_ROOMS = {"base": (), "server": ("base",), "suite": ("base",)}
PLANTED_EXCEPTIONS = {"suite.mutants": "server"}


def plant(folder: Path) -> dict[str, tuple[str, ...]]:
    """Write a small tree that breaks no rule; gives its order."""
    order: dict[str, tuple[str, ...]] = {
        "base": ("__init__", "text"),
        "server": ("world", "pages", "pages.start", "start", "__init__"),
        "suite": ("__init__", "run", "mutants", "mutants.wrong"),
    }
    packages = {"pages", "mutants"}
    for room, modules in order.items():
        for module in modules:
            path = folder / room / module.replace(".", "/")
            path = path / "__init__.py" if module in packages else path.with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
    return order


def broken_rules(
    root: Path,
    rooms: Mapping[str, Sequence[str]],
    order: Mapping[str, Sequence[str]],
    exceptions: Mapping[str, str] = EXCEPTIONS,
) -> Iterator[str]:
    """What the modules of a tree do against its rules, a sentence each."""
    files = {
        module_name(root, file): file
        for room in rooms
        for file in sorted((root / room).rglob("*.py"))
    }
    for module, file in files.items():
        room, _, inner = module.partition(".")
        place = inner or "__init__"
        shown = file.relative_to(root).as_posix()
        if place not in order[room]:
            yield f"{shown} is not in the order of {room}"
            continue
        above = order[room][: order[room].index(place)]
        grounds = [
            *rooms[room],
            *(other for part, other in exceptions.items() if is_within(module, part)),
        ]
        for line, imported in imports(file, module, files):
            other, _, inner = imported.partition(".")
            if other not in rooms:
                continue
            if other != room:
                if other not in grounds:
                    allowed = " and ".join(grounds) + " only" if grounds else "no other room"
                    yield f"{shown}:{line} imports {imported}: {room} stands on {allowed}"
            elif (inner or "__init__") not in above:
                yield f"{shown}:{line} imports {imported}, which does not stand above {place}"
    for room, modules in order.items():
        for place in modules:
            if (room if place == "__init__" else f"{room}.{place}") not in files:
                yield f"{room}/{place} is in the order of {room}, but not in the tree"


def module_name(root: Path, file: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path, module: str, files: Mapping[str, Path]) -> Iterator[tuple[int, str]]:
    """What a file imports, anywhere in it: its lines, and whole names of modules."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"), file)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                is_package = file.name == "__init__.py"
                package = module.split(".") if is_package else module.split(".")[:-1]
                package = package[: len(package) - node.level + 1]
                source = ".".join([*package, *source.split(".")]).rstrip(".")
            # What is imported from a package may be a module of it, or something that it defines.
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield node.lineno, inner if inner in files else source


def is_within(module: str, part: str) -> bool:
    return module == part or module.startswith(f"{part}.")
