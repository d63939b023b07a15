"""Docstrings open as the house writes them: a function's with a verb, a class's with a noun."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.support import ROOT

ROOMS = (
    "accounts_contract",
    "bench",
    "clients",
    "conformance",
    "deploy",
    "docs",
    "mockserver",
    "recipes",
)

_QUESTIONS = "what who whom whose whoever how whether why where when which"
QUESTIONS = frozenset(_QUESTIONS.split())

_VERBS = """
    abort accept add allow annotate answer append apply arm ask assert attach await begin bind block book bound
    break bring build bump call carry catch change check choose claim clean clear close collect colour combine commit
    compare compile complete compute configure connect consume convert copy corrupt count create cut deal declare decline
    decode delete deliver deny derive describe detect determine disable discard divide do drain draw drop dump
    enable encode end enter escape examine exclude execute expand expect expire explain export expose extend
    extract fail feed fetch fill filter find finish fit flush fold follow force forget format forward free
    generate get give go grant group guard guess halve hand handle have hide hold ignore import include index
    infer inject insert inspect install interpret interrupt invoke issue iterate join judge keep kill label lay leave
    let lint list listen load lock log look lower make map mark mask match measure merge migrate mint mix move
    name negotiate normalise note notice notify obtain offer omit open order pack pad parse pass patch pause pick
    place plan poll prefer prepare present preserve print probe produce prove provide pull push put quote raise
    read rebuild receive record redact redirect reduce refuse register reject release reload remember remove
    rename render repeat replace replay report request require reset resolve restart restore resume retract
    retry return reuse revoke rewind rewrite roll round route run save say schedule search see select send
    serialise serve set share shorten show shrink shuffle shut sign simulate skip sleep sort spare speak split start
    state stay stop store stream strip subscribe substitute sum summarise suppress swap synchronise take tell test
    throw tidy time track transfer translate treat trim truncate try turn undo unpack unset update upload use
    validate vary verify wait wake walk warn watch weigh withdraw work wrap write yield
"""
VERBS = frozenset(_VERBS.split())
"""Verbs that docstrings begin with. Add one that is missing; a noun, an article or a question is no verb."""

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def documented(tree: ast.AST) -> Iterator[tuple[ast.AST | None, int, str]]:
    """Yield each docstring with its line, and what it is of; None for a constant or attribute."""
    for node in ast.walk(tree):
        if isinstance(node, Documented):
            yield node, getattr(node, "lineno", 1), ast.get_docstring(node) or ""
        body = getattr(node, "body", ())
        for one, below in pairwise(body if isinstance(body, list) else ()):
            text = below.value if isinstance(below, ast.Expr) else None
            if isinstance(one, ast.Assign | ast.AnnAssign) and isinstance(text, ast.Constant):
                yield None, text.lineno, str(text.value)


def problem(node: ast.AST | None, word: str) -> str | None:
    """The fault of the first word of a docstring; None if there is none."""
    lower = word.lower()
    if lower in QUESTIONS:
        return f"opens with {word!r}"
    is_verb = {lower, lower.removesuffix("s"), lower.removesuffix("es")} & VERBS
    if isinstance(node, ast.ClassDef) and is_verb:
        return f"{word!r} is a verb; begin with the noun that the class stands for"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lower not in VERBS:
        names = {ast.unparse(one).rpartition(".")[2] for one in node.decorator_list}
        if not {"property", "cached_property"} & names:
            return f"{word!r} is no verb in the imperative"
    return None


def findings(source: str, name: str) -> Iterator[str]:
    for node, line, text in documented(ast.parse(source)):
        if text.strip():
            # The names of tests are their sentences: no more is asked of what helps them.
            checked = None if name.startswith("tests/") else node
            if found := problem(checked, text.split()[0].strip("`*.,:;!?")):
                whose = getattr(node, "name", "a constant" if node is None else "the module")
                yield f"{name}:{line}: the docstring of {whose}: {found}"


def test_docstrings_open_with_a_verb_those_of_classes_with_a_noun_and_none_with_a_question() -> (
    None
):
    found: list[str] = []
    for room in (*ROOMS, "tests"):
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            if "node_modules" not in parts and parts[1] != "build":
                found += findings(path.read_text("utf-8"), path.relative_to(ROOT).as_posix())

    assert found == []


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ('def f():\n    """Whether it holds."""', "f: opens with 'Whether'"),
        ('def f():\n    """The address of a user."""', "f: 'The' is no verb in the imperative"),
        ('async def f():\n    """Returns it."""', "f: 'Returns' is no verb in the imperative"),
        ('class C:\n    """Keeps what was found."""', "C: 'Keeps' is a verb; begin with the noun"),
        ('class C:\n    """What was found."""', "C: opens with 'What'"),
        (
            'class C:\n    @property\n    def p(self):\n        """How many."""',
            "p: opens with 'How'",
        ),
        ('"""What a run may be told."""', "the module: opens with 'What'"),
        ('MOST = 3\n"""How many there may be."""', "a constant: opens with 'How'"),
        ('class C:\n    x: int\n    """Which one."""', "a constant: opens with 'Which'"),
    ],
)
def test_another_opening_is_found(planted: str, told: str) -> None:
    (found,) = findings(planted, "planted.py")

    assert told in found


@pytest.mark.parametrize(
    "good",
    [
        'def f():\n    """Return the address that a user has."""',
        'class C:\n    """A record of one request."""\n    @property\n    def p(self):\n        """The path."""',
        "def f():\n    return None",
    ],
)
def test_a_good_opening_passes(good: str) -> None:
    assert list(findings(good, "planted.py")) == []
