"""JUnit XML, as Jenkins, GitLab and GitHub's reporters read it.

One test suite; one test case per check. The elements:

- `<failure>`: a check that fails the run. The message holds what was expected and what came.
- `<skipped>`: a check that is not verified, not configured or waived, or a failing SHOULD where only a MUST
  fails the run (as pytest reports an expected failure). None of them passed, and none of them fails the run.
  The message begins with its status.
- `<error>`: the run itself was not possible.

A verdict that no test case shows gets one of its own, so that the file never looks better than the run.
GitLab shows the text of an element and not its message, so the text has everything. It merges test cases
of one name, so names are made unique.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

from conformance.catalogue.results import RunResult, Verdict
from conformance.reports import view
from conformance.reports.texts import CleanRun, one_line, shortened
from conformance.reports.view import Entry, Kind, Shown

_RUN = "the run as a whole"
_LONGEST = 300  # characters of an answer in a message


def junit_report(run: CleanRun, written: datetime) -> str:
    """Return a run as JUnit XML; `written` is the time of its end."""
    suite = ET.Element("testsuite", name="conformance")
    _properties(suite, run)
    shown = list(view.show(run).values())
    for one in shown:
        _requirement(suite, one)
    _verdict(suite, run, shown)
    if run.notes:
        ET.SubElement(suite, "system-out").text = "\n".join(run.notes)
    totals = {
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "skipped": str(len(suite.findall("testcase/skipped"))),
        "time": _seconds(run.duration_s),
    }
    started = written - timedelta(seconds=run.duration_s)
    suite.attrib.update(totals, timestamp=started.isoformat(timespec="seconds"))
    root = ET.Element("testsuites", {"name": "conformance", **totals})
    root.append(suite)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, "unicode")}\n'


def _properties(suite: ET.Element, run: RunResult) -> None:
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("verdict", run.verdict.value),
        ("exit_code", str(run.exit_code)),
        ("target", run.target),
        ("contract", run.contract),
        ("seed", str(run.seed)),
        ("level", run.level),
        ("version", run.version),
    ):
        ET.SubElement(properties, "property", name=name, value=value)


def _requirement(suite: ET.Element, shown: Shown) -> None:
    names: set[str] = set()
    for entry in shown.entries:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=shown.id.replace("/", "."),
            name=_unique(entry.check.name, names),
            time=_seconds(entry.check.duration_s),
        )
        _outcome(case, shown, entry)


def _outcome(case: ET.Element, shown: Shown, entry: Entry) -> None:
    if entry.kind is Kind.PASSED:
        return
    check = entry.check
    fails = entry.kind is Kind.FAILED
    told = (
        ("", entry.message.rstrip(".") if check.actual else ""),
        ("expected ", check.expected if check.actual else ""),
        ("actual ", check.actual),
    )
    parts = [f"{label}{one_line(shortened(text, _LONGEST))}" for label, text in told if text]
    message = "; ".join(parts) or one_line(check.message or shown.reason or shown.title)
    if not fails:
        message = f"{entry.kind.words}: {message}"
    kind = shown.result.requirement.level if fails else entry.kind.value
    tag = "failure" if fails else "skipped"
    outcome = ET.SubElement(case, tag, message=message, type=kind)
    outcome.text = _story(shown, entry)


def _story(shown: Shown, entry: Entry) -> str:
    check = entry.check
    requirement = shown.result.requirement
    parts = (
        ("", f"{requirement.id} ({requirement.level}): {requirement.title}"),
        ("Source: ", requirement.source),
        ("", entry.message),
        ("Expected: ", check.expected),
        ("Actual:   ", check.actual),
        *(("", step.curl) for step in check.steps),
        ("", "" if check.steps else check.curl),
    )
    return "\n".join(f"{label}{text}" for label, text in parts if text)


def _verdict(suite: ET.Element, run: RunResult, shown: Sequence[Shown]) -> None:
    """Add a test case for the run, if no other shows that it is not conformant."""
    tag = {
        Verdict.CONFORMANT: None,
        Verdict.NONCONFORMANT: "failure",
        Verdict.INCOMPLETE: "skipped",
        Verdict.ERROR: "error",
    }[run.verdict]
    if tag is None or suite.find(f"testcase/{tag}") is not None:
        return
    case = ET.SubElement(suite, "testcase", classname="conformance", name=_RUN, time="0.000")
    sentence = view.verdict_sentence(run, shown)
    said = one_line(" ".join([run.reason, *run.notes]) or sentence)
    outcome = ET.SubElement(
        case, tag, message=f"{view.verdict_words(run)}: {said}", type=run.verdict
    )
    outcome.text = "\n".join([sentence, *run.notes])


def _unique(name: str, taken: set[str]) -> str:
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f"{name} ({number})"
    taken.add(unique)
    return unique


def _seconds(value: float) -> str:
    return f"{value:.3f}"
