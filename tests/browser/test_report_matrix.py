"""The matrix of the HTML report, of a run against a server that lets a scope in too many."""

from __future__ import annotations

from pathlib import Path

from tests.browser.watched import Watched
from tests.conformance.support import conformance, write_target
from tests.support import CONTRACT_FILE, EMAILS, StartServer, read_yaml, write_yaml

RED = ("rgb(179, 25, 31)", "rgb(255, 138, 133)")


def test_a_broken_scope_is_red_in_its_row_and_all_else_is_not(
    watched: Watched, tmp_path: Path, start_server: StartServer
) -> None:
    # A server that lists the addresses for any token of the owner.
    contract = read_yaml(CONTRACT_FILE)
    contract["paths"][EMAILS]["get"]["security"] = [{"basic": []}, {"oauth2": []}]
    server = start_server("--contract", str(write_yaml(tmp_path / "contract.yaml", contract)))
    report = tmp_path / "report.html"
    kinds = ("forbidden", "basic-accepted", "bearer-accepted")
    only = [part for kind in kinds for part in ("--only", f"list-emails/{kind}")]
    done = conformance("run", write_target(tmp_path, server.url), "--report", report, *only)
    assert done.code == 1, done.out + done.err
    page = watched.page
    page.goto(report.as_uri())

    rows = [" ".join(one.split()) for one in page.locator("#matrix tr").all_inner_texts()]
    failed = [one for one in rows if one.endswith("✗ failed 200 instead of 403")]
    for credential in ("token (email_write)", "token (profile_read)", "token (no scope)"):
        assert f"{credential} ✗ failed 200 instead of 403" in failed
    assert rows.count("Basic ✓ passed 200") == 1
    for credential in ("Basic", "token (all scopes)"):  # of the other user, and elsewhere
        assert rows.count(f"{credential} ✓ passed 403") == 2
    cells = page.locator("#matrix td.failed")
    assert cells.count() == len(failed)
    for cell in cells.all():
        assert cell.evaluate("each => getComputedStyle(each).backgroundColor") in RED

    cells.last.get_by_role("link").click()
    assert page.url.endswith("#list-emails/forbidden/scope")
