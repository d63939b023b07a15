"""Reports stay well-formed and safe with hostile texts, and hold no secret."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conformance.catalogue.requirements import catalogue
from conformance.catalogue.results import CheckResult, RequirementResult, RunResult, Status, Step
from conformance.reports import write_reports
from conformance.reports.texts import Hide, shortened, visible
from conformance.reports.writing import WRITERS
from conformance.target.redaction import Redactor
from tests.conformance.reports.samples import (
    json_of,
    lines_of,
    markdown_of,
    page_of,
    run_of,
    untouched,
    xml_of,
)

NASTY = (
    "]]>",
    "<![CDATA[",
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "</title></head>",
    "<!-- ",
    "--!>",
    "\"' onmouseover='alert(1)",
    "{{ run }}{% raw %}",
    "&lt;b&gt;&#0;",
    "\x00\x08\x0b\x0c\x1b[2J\x7f\x85\x9b",
    "\r\n",
    "\ud83e",
    "\udcff",
    "\ufffe\uffff",
    "\u202e\u2066\u200f",
    "שלום مرحبا",
    "\u2028\u2029",
    "🦊\U0010ffff",
    "javascript:alert(1)",
)
CHARACTERS = st.characters(exclude_categories=())  # lone surrogates, too
HOSTILE = st.lists(st.sampled_from(NASTY) | st.text(CHARACTERS), min_size=1).map("".join)


def hostile(test: Callable[[str], None]) -> Callable[[], None]:
    """Give a test hostile texts, all of the nasty ones among them."""
    return given(HOSTILE)(example("".join(NASTY))(settings(deadline=None)(test)))


def run_with(text: str) -> RunResult:
    """A run with a text in each of its fields, in results of every status."""
    return run_of(
        *_results(text),
        target=f"{text} target",
        contract=f"{text} contract",
        notes=[f"{text} note"],
        reason=f"{text} reason",
    )


def _results(text: str) -> Iterator[RequirementResult]:
    requirements = iter(catalogue().values())
    for status in Status:
        requirement = next(requirements)
        words: dict[str, Any] = {
            name: f"{text} {status} {name}"
            for name in ("name", "message", "expected", "actual", "curl", "credential")
        }
        failed = Status.FAILED if status is Status.WAIVED else status
        step = Step(f"{text} step", f"{text} answer")
        check = CheckResult(
            requirement.id,
            status=failed,
            operation="get_user",
            steps=(step, step),
            deviation=f"{text} deviation",
            **words,
        )
        yield RequirementResult(requirement, status, [check], f"{text} {status} reason")


ARTEFACTS = {
    "xml": xml_of,
    "html": page_of,
    "json": json_of,
    "markdown": markdown_of,
    "terminal": lines_of,
}


class Page(HTMLParser):
    """The elements of a page, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.skeleton: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skeleton.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.skeleton.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.skeleton.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.skeleton.append(("declaration", decl))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


PLAIN_PAGE = Page(page_of(run_with("x")))


@hostile
def test_xml_stays_well_formed_and_keeps_the_text(text: str) -> None:
    root = ET.fromstring(xml_of(run_with(text)))  # noqa: S314 - it is our own

    failure = root.find(".//failure")
    assert failure is not None
    assert failure.text is not None
    assert visible(shortened(f"{text} failed actual")) in failure.text
    assert len(root.findall(".//testcase")) == len(
        ET.fromstring(xml_of(run_with("x"))).findall(".//testcase")  # noqa: S314 - it is our own
    )


@hostile
def test_the_page_has_no_element_and_no_attribute_more(text: str) -> None:
    page = Page(page_of(run_with(text)))

    assert page.skeleton == PLAIN_PAGE.skeleton
    assert visible(shortened(f"{text} failed actual")) in page.texts


@hostile
def test_json_can_be_read_and_written_as_utf_8(text: str) -> None:
    written = json.loads(json_of(run_with(text)).encode())

    actual = [check["actual"] for one in written["requirements"] for check in one["checks"]]
    assert visible(shortened(f"{text} failed actual")) in actual


@hostile
def test_markdown_has_no_element_more(text: str) -> None:
    def elements(run: RunResult) -> list[str]:
        tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown_of(run))
        inline = [child for one in tokens for child in one.children or ()]
        return [one.type for one in (*tokens, *inline) if one.type not in ("text", "text_special")]

    assert elements(run_with(text)) == elements(run_with("x"))


@hostile
def test_the_terminal_gets_nothing_but_printable_text(text: str) -> None:
    lines = lines_of(run_with(text)).split("\n")

    assert all(visible(line) == line for line in lines)
    lines[-2].encode()
    assert lines[-2].startswith("NOT CONFORMANT (exit code 1)")


def test_texts_of_a_megabyte_make_no_report_of_megabytes(tmp_path: Path) -> None:
    paths = [tmp_path / f"report{suffix}" for suffix in WRITERS]

    write_reports(run_with("<\x00\ud800ñ🦊>" * 200_000), paths, untouched)

    assert all(path.stat().st_size < 4_000_000 for path in paths)
    ET.parse(tmp_path / "report.xml")  # noqa: S314 - it is our own


PASSWORD = "c4n/ry+p&ss <wörd>'\""
TOKEN = "c4n4ry-T0KEN-zAy0BxC1wDv2EuF3"
LOGIN = f"mallory:{PASSWORD}".encode()
# Other spellings of them are hidden alike (tests/conformance/target/test_redaction.py).
CANARIES = {
    "the token": TOKEN,
    "the password": PASSWORD,
    "the Basic login": base64.b64encode(LOGIN).decode("ascii"),
}


@pytest.mark.parametrize("canary", CANARIES.values(), ids=list(CANARIES))
@pytest.mark.parametrize("artefact", ARTEFACTS.values(), ids=list(ARTEFACTS))
def test_no_secret_stands_in_any_artefact(
    artefact: Callable[[RunResult, Hide], str], canary: str
) -> None:
    # Among other text, and where a long text is cut.
    run = run_with(f"before {canary} after {'x' * 6370}{canary}{'y' * 9000}")

    assert found_in(artefact(run, untouched), canary), "without redaction it is there"
    assert not found_in(artefact(run, Redactor([TOKEN, PASSWORD])), canary)


def found_in(written: str, canary: str) -> bool:
    """Tell if it stands there, also in the escapes of the format."""
    forms = {canary, html.escape(canary), json.dumps(canary)[1:-1]}
    forms |= {json.dumps(canary, ensure_ascii=False)[1:-1]}
    texts = {written, html.unescape(written), " ".join(written.split())}
    return any(form in text for form in forms for text in texts)
