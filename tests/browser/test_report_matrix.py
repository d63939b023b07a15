"""The matrix of the HTML report, of runs against servers of which one lets a scope in too many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.conformance.support import conformance, write_target
from tests.support import CONTRACT_FILE, MockServer, StartServer, read_yaml, write_yaml

EMAILS = "/api/v1.1/users/{username}/emails/"
ONLY = ("forbidden", "basic-accepted", "bearer-accepted")


def page_of(folder: Path, server: MockServer, browser: Browser, code: int) -> Page:
    """The report of a run."""
    report = folder / "report.html"
    only = [
        part
        for operation in ("get-user", "list-emails", "update-email")
        for kind in ONLY
        for part in ("--only", f"{operation}/{kind}")
    ]
    target = write_target(folder, server.url)
    done = conformance("run", target, "--report", report, *only)
    assert done.code == code, done.out + done.err
    page = browser.new_page()
    page.goto(report.as_uri())
    return page


@pytest.fixture
def open_scope(tmp_path: Path, start_server: StartServer, browser: Browser) -> Iterator[Page]:
    """The report on a server that lists the addresses for any token of the owner."""
    contract = read_yaml(CONTRACT_FILE)
    contract["paths"][EMAILS]["get"]["security"] = [{"basic": []}, {"oauth2": []}]
    planted = write_yaml(tmp_path / "contract.yaml", contract)
    server = start_server("--port", "0", "--contract", str(planted))
    page = page_of(tmp_path, server, browser, 1)
    yield page
    page.close()


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


def test_a_broken_scope_is_red_in_its_row(open_scope: Page) -> None:
    for credential in ("token (email_write)", "token (profile_read)", "token (no scope)"):
        right = "200" if credential == "token (profile_read)" else "403"
        of_update = "200" if credential == "token (email_write)" else "403"
        assert cells(open_scope, "The owner", credential) == [
            f"✓ passed {right}",
            "✗ failed 200 instead of 403",
            f"✓ passed {of_update}",
        ]
        failed = row(open_scope, "The owner", credential).get_by_role("cell").nth(1)
        assert failed.evaluate("each => getComputedStyle(each).backgroundColor") in RED
    assert open_scope.locator("#matrix td.failed").count() >= 3

    row(open_scope, "The owner", "token (no scope)").get_by_role("link").nth(1).click()
    assert open_scope.url.endswith("#list-emails/forbidden/scope")


def test_the_matrix_of_a_right_server_has_its_rows_and_nothing_red(
    tmp_path: Path, server: MockServer, browser: Browser
) -> None:
    page = page_of(tmp_path, server, browser, 0)

    assert page.locator("#matrix td.failed").count() == 0
    assert cells(page, "The owner", "Basic") == ["✓ passed 200"] * 3
    for group in ("The other user", "The owner, at the other user's account"):
        assert cells(page, group, "Basic") == ["✓ passed 403"] * 3
        assert cells(page, group, "token (all scopes)") == ["✓ passed 403"] * 3
    page.close()
