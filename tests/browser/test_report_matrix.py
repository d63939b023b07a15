"""The matrix of the HTML report, of a run against a server that lets a scope in too many."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page

from tests.browser.watched import Watched
from tests.conformance.support import conformance, write_target
from tests.support import CONTRACT_FILE, StartServer, read_yaml, write_yaml

EMAILS = "/api/v1.1/users/{username}/emails/"


def row(page: Page, group: str, credential: str) -> Locator:
    """A row of the matrix, in the part of one person."""
    part = page.locator("#matrix tbody").filter(
        has=page.get_by_role("rowheader", name=group, exact=True)
    )
    header = page.get_by_role("rowheader", name=credential, exact=True)
    return part.get_by_role("row").filter(has=header)


def cells(page: Page, group: str, credential: str) -> list[str]:
    found = row(page, group, credential).get_by_role("cell").all_inner_texts()
    return [" ".join(cell.split()) for cell in found]


RED = ("rgb(179, 25, 31)", "rgb(255, 138, 133)")


def test_a_broken_scope_is_red_in_its_row_and_all_else_is_not(
    watched: Watched, tmp_path: Path, start_server: StartServer
) -> None:
    # A server that lists the addresses for any token of the owner.
    contract = read_yaml(CONTRACT_FILE)
    contract["paths"][EMAILS]["get"]["security"] = [{"basic": []}, {"oauth2": []}]
    server = start_server("--contract", str(write_yaml(tmp_path / "contract.yaml", contract)))
    report = tmp_path / "report.html"
    only = [
        part
        for operation in ("get-user", "list-emails", "update-email")
        for kind in ("forbidden", "basic-accepted", "bearer-accepted")
        for part in ("--only", f"{operation}/{kind}")
    ]
    done = conformance("run", write_target(tmp_path, server.url), "--report", report, *only)
    assert done.code == 1, done.out + done.err
    page = watched.page
    page.goto(report.as_uri())

    for credential in ("token (email_write)", "token (profile_read)", "token (no scope)"):
        right = "200" if credential == "token (profile_read)" else "403"
        of_update = "200" if credential == "token (email_write)" else "403"
        assert cells(page, "The owner", credential) == [
            f"✓ passed {right}",
            "✗ failed 200 instead of 403",
            f"✓ passed {of_update}",
        ]
        failed = row(page, "The owner", credential).get_by_role("cell").nth(1)
        assert failed.evaluate("each => getComputedStyle(each).backgroundColor") in RED
    assert page.locator("#matrix td.failed").count() == len(
        page.locator("#matrix td").filter(has_text="200 instead of 403").all()
    )
    assert cells(page, "The owner", "Basic") == ["✓ passed 200"] * 3
    for group in ("The other user", "The owner, at the other user's account"):
        assert cells(page, group, "Basic") == ["✓ passed 403"] * 3
        assert cells(page, group, "token (all scopes)") == ["✓ passed 403"] * 3

    row(page, "The owner", "token (no scope)").get_by_role("link").nth(1).click()
    assert page.url.endswith("#list-emails/forbidden/scope")
