"""The HTML page in a browser."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from conformance.reports import write_reports
from tests.browser.watched import PHONE, THEMES, Watched
from tests.conformance.reports.samples import WRITTEN, realistic_run, untouched
from tests.support import BY_ID

ELSEWHERE = "https://elsewhere.example/picture.png"
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(event.effectiveDirective));
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reports") / "report.html"
    write_reports(realistic_run(), [path], untouched, WRITTEN)
    return path


@pytest.fixture
def page(watched: Watched, file: Path) -> Page:
    watched.page.add_init_script(WATCH)
    watched.page.goto(file.as_uri())
    return watched.page


def test_the_page_needs_nothing_else_and_its_policy_stops_what_escaping_would_have_let_through(
    watched: Watched, page: Page, file: Path, tmp_path: Path
) -> None:
    assert page.title() == "Not conformant: https://staging.example.com/team-a"
    assert watched.requests == [file.as_uri()]
    assert page.evaluate("violations") == []
    stopped: list[tuple[str, str | None]] = []
    page.on("requestfailed", lambda one: stopped.append((one.url, one.failure)))
    planted = tmp_path / "planted.html"
    text = file.read_text("utf-8")
    attack = '<script>document.title = "taken"</script><b style="color: red"></b>'
    attack += f'<img src="{ELSEWHERE}">'
    planted.write_text(text.replace("<main>", f"<main>{attack}"), "utf-8")

    page.goto(planted.as_uri())

    assert page.title().startswith("Not conformant")
    violations = page.evaluate("violations")
    assert {"script-src-elem", "style-src-attr", "img-src"} <= set(violations)
    assert stopped == [(ELSEWHERE, "csp")]
    watched.complaints.clear()


def test_the_matrix_is_a_table_whose_cells_say_what_came_and_headings_are_in_order(
    page: Page,
) -> None:
    table = page.get_by_role("table", name="The answers to requests that are correct but")

    assert table.is_visible()
    assert table.get_by_role("columnheader").all_inner_texts()[1:] == list(BY_ID)
    row = table.get_by_role("row").filter(has_text="token (email_write)").first
    cells = row.get_by_role("cell").all_inner_texts()
    assert [" ".join(cell.split()) for cell in cells] == [
        "✗ failed 200 instead of 403" if index == 2 else f"✓ passed {status}"
        for index, status in enumerate(("403", "403", "", "201", "200", "204"))
    ]

    levels = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map(each => Number(each.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0


def test_a_cell_leads_to_what_failed_and_the_contents_to_each_finding(page: Page) -> None:
    page.get_by_role("link", name="failed 200 instead of 403").first.click()

    assert page.url.endswith("#list-emails/forbidden/scope")
    target = page.locator(":target")
    assert "A token without the scope email_read is refused with 403" in target.inner_text()

    contents = page.get_by_role("navigation", name="Contents")
    titles = contents.locator("a[href^='#finding-']").all_inner_texts()
    assert len(titles) == page.locator("#finding article").count() > 3

    contents.get_by_text(titles[1]).click()

    assert titles[1] in page.locator(":target").inner_text()


def test_a_button_copies_the_command_line_or_selects_it_without_the_right_to(
    watched: Watched, page: Page
) -> None:
    command = page.locator("#finding-1 .command").first

    command.get_by_role("button", name="Copy").click()

    command.get_by_role("button", name="Copied").wait_for()
    copied = watched.clipboard()
    assert copied == command.locator("pre").inner_text()
    assert copied.startswith("curl ")

    page.reload()
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject())")
    command.get_by_role("button", name="Copy").click()

    command.get_by_role("button", name="Selected").wait_for()
    selected = page.evaluate("getSelection().toString()")
    assert selected == command.locator("pre").inner_text()


def test_the_requirements_can_be_filtered_without_a_script(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    shown = page.locator("details.requirement:visible")
    everything = shown.count()

    page.get_by_label("✗ failed").check()

    assert everything == len(realistic_run().requirements)
    assert shown.count() == 6
    assert page.locator(".group:visible").count() == 4

    shown.first.locator("summary").click()
    assert shown.first.get_by_text("Actual").first.is_visible()
    context.close()


def test_every_theme_and_width_can_be_read_and_the_matrix_fits_on_one_screen(
    watched: Watched, page: Page
) -> None:
    for size in ((1280, 800), PHONE):
        for theme in THEMES:
            watched.look(size, theme)
            assert watched.fits(), (size, theme)
            assert watched.faint() == [], (size, theme)
        if size != PHONE:
            box = page.locator("#matrix").bounding_box()
            assert box is not None
            assert box["height"] <= 800
