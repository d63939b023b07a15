"""Reports as files."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from conformance.catalogue.results import RunResult, Status, Step, body_file
from conformance.reports import ReportError, check_report_paths, write_reports
from tests.conformance.reports.samples import (
    WRITTEN,
    check_of,
    failed_run,
    result_of,
    run_of,
    untouched,
)


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("report.xml", "<?xml "),
        ("report.html", "<!doctype html>"),
        ("report.json", "{\n"),
        ("report.md", "# ✗ Not conformant\n"),
        ("REPORT.JSON", "{\n"),
    ],
)
def test_the_suffix_says_which_report(tmp_path: Path, name: str, beginning: str) -> None:
    path = tmp_path / name

    write_reports(failed_run(), [path], untouched, WRITTEN)

    assert path.read_text("utf-8").startswith(beginning)


@pytest.mark.parametrize("name", ["report.pdf", "report", "report.xml.gz", ".json"])
def test_another_suffix_is_refused_with_the_ones_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReportError) as error:
        check_report_paths([tmp_path / "good.xml", tmp_path / name])

    assert (
        str(error.value)
        == f"{tmp_path / name}: a report's name ends in .xml (JUnit), .html, .json or .md"
    )


def test_the_check_leaves_an_older_report_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("older")

    check_report_paths([path, tmp_path / "new" / "report.xml"])

    assert path.read_text() == "older"
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["new", "report.json"]


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ReportError, match=r"report\.json: cannot be written: "):
        check_report_paths([tmp_path / "file" / "report.json"])


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody can write to")
def test_a_place_that_cannot_be_written_to_is_refused() -> None:
    with pytest.raises(ReportError, match=r"^/proc/self/report\.json: cannot be written: "):
        check_report_paths([Path("/proc/self/report.json")])


def test_a_report_that_fails_keeps_the_older_one_and_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, other = tmp_path / "report.json", tmp_path / "report.xml"
    older.write_text("older")
    replace = Path.replace

    def full(source: Path, target: Path) -> Path:
        if target.suffix == ".json":
            raise OSError(28, "No space left on device")
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ReportError, match=r"report\.json: cannot be written: No space left"):
        write_reports(failed_run(), [older, other], untouched)

    assert older.read_text() == "older"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["report.json", "report.xml"]


@pytest.mark.skipif(os.name != "posix", reason="rights as on Unix")
def test_others_may_read_a_report_as_far_as_the_umask_allows(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    before = os.umask(0o022)
    try:
        write_reports(failed_run(), [path], untouched)
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(os.name != "posix", reason="rights as on Unix")
def test_a_report_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("older")
    path.chmod(0o640)

    write_reports(failed_run(), [path], untouched)

    assert json.loads(path.read_text())["verdict"] == "nonconformant"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def run_with_a_body(body: bytes) -> RunResult:
    step = Step(f"curl --data-binary @{body_file(body)} …", "500", body_file(body), body)
    check = check_of("add-email/documented-answers", "generated", Status.FAILED, steps=[step])
    return run_of(result_of(check.requirement, Status.FAILED, check))


@pytest.mark.parametrize("suffix", [".json", ".html", ".xml", ".md"])
def test_a_body_that_stands_in_no_line_is_written_beside_each_report_and_named_in_it(
    tmp_path: Path, suffix: str
) -> None:
    body = b"\x00\xff" * 4000
    reports = [tmp_path / "one" / f"report{suffix}", tmp_path / "two" / f"report{suffix}"]
    check_report_paths(reports)

    for _ in range(2):  # a second run finds its own file there
        write_reports(run_with_a_body(body), reports, untouched)

    for report in reports:
        beside = sorted(one.name for one in report.parent.iterdir())
        assert beside == [body_file(body), report.name]
        assert report.with_name(body_file(body)).read_bytes() == body
        assert body_file(body) in report.read_text("utf-8")


def test_a_body_replaces_nothing_that_is_not_ours(tmp_path: Path) -> None:
    body = b"\x00" * 9000
    foreign, link = tmp_path / "one" / body_file(body), tmp_path / "two" / body_file(body)
    for one in (foreign, link):
        one.parent.mkdir()
    foreign.write_text("theirs")
    link.symlink_to(foreign)

    with pytest.raises(ReportError) as error:
        write_reports(
            run_with_a_body(body), [one.parent / "report.md" for one in (foreign, link)], untouched
        )

    assert f"{foreign}: cannot be written: a file of another content is there" in str(error.value)
    assert f"{link}: cannot be written: it is a link" in str(error.value)
    assert foreign.read_text() == "theirs"


def test_a_secret_in_a_body_is_masked(tmp_path: Path) -> None:
    body = b"\xff" * 5000 + b"hunter2"

    write_reports(
        run_with_a_body(body),
        [tmp_path / "report.md"],
        lambda text: text.replace("hunter2", "[secret]"),
    )

    assert (tmp_path / body_file(body)).read_bytes() == body.replace(b"hunter2", b"[secret]")
