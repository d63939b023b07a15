"""The list of requests: what it shows, and how it is filtered, paused, emptied and downloaded."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
from playwright.sync_api import Route, expect

from tests.browser.console_page import Console
from tests.support import JANE, JANES, JANES_EMAILS, MockServer, bearer


def test_a_request_appears_as_it_comes_with_the_reason_for_its_refusal(
    console: Console, server: MockServer
) -> None:
    expect(console["#no-requests"]).to_be_visible()

    server.send("POST", JANES_EMAILS, bearer("janedoe-email_read"), json={"email": "a@b.example"})

    row = console.row("scope-missing")
    for text in ("POST", JANES_EMAILS, "403", "add_email", "janedoe", "email_write", " ms"):
        expect(row).to_contain_text(text)
    expect(console["#announcer"]).to_contain_text("403 scope-missing")
    expect(console["#no-requests"]).to_be_hidden()


def test_a_request_opens_to_its_headers_bodies_and_notes(
    console: Console, server: MockServer
) -> None:
    body = (
        '{"location":"Zürich","colour":"blue","big":12345678901234567890,"empty":{},"list":[1,[]]}'
    )
    headers = {"Content-Type": "application/json"}
    server.send("PATCH", JANES, JANE, content=body.encode(), headers=headers)

    details = console.open_row("PATCH")

    expect(details).to_contain_text("ignored members: colour, big, empty, list")
    expect(details).to_contain_text("janedoe, by Basic")
    expect(details).to_contain_text("Basic ***")
    shown = details.get_by_label("Request, body").inner_text()
    assert shown == (
        '{\n  "location": "Zürich",\n  "colour": "blue",\n  "big": 12345678901234567890,\n'
        '  "empty": {},\n  "list": [\n    1,\n    []\n  ]\n}'
    )
    answer = details.get_by_label("Answer, body").inner_text()
    assert json.loads(answer)["location"] == "Zürich"


def test_a_request_that_comes_while_the_journal_is_read_is_shown_once(
    console: Console, server: MockServer
) -> None:
    def read_slowly(route: Route) -> None:
        server.send("GET", "/told-twice")
        route.fulfill(response=route.fetch())

    console.page.route("**/_mock/requests", read_slowly)
    console.open()
    server.send("GET", "/later")

    expect(console["#list .path"]).to_have_text(["/later", "/told-twice"])


def test_requests_are_filtered_by_text_status_and_operation(
    console: Console, server: MockServer
) -> None:
    server.send("GET", JANES, JANE)
    server.send("GET", JANES)
    server.send("GET", JANES_EMAILS, JANE, headers={"Prefer": "code=503"})
    server.send("GET", "/nowhere")
    paths = console["#list > li:visible .path"]
    expect(paths).to_have_count(4)

    console["#filter-text"].fill("credentials emails")
    expect(console["#shown"]).to_have_text("0 of 4 shown")
    expect(console["#no-match"]).to_contain_text("No request matches the filter.")
    console.press("Clear the filter")
    expect(paths).to_have_count(4)
    expect(console["#no-match"]).to_be_hidden()
    console["#filter-text"].fill("NOWHERE")
    expect(paths).to_have_text(["/nowhere"])
    console["#filter-text"].fill("")
    for status, count in (("refused", 3), ("2", 1), ("4", 2), ("5", 1), ("fault", 1)):
        console["#filter-status"].select_option(status)
        expect(paths).to_have_count(count)
    console["#filter-status"].select_option("")
    console["#filter-operation"].select_option("get_user")
    expect(paths).to_have_count(2)
    server.send("GET", JANES_EMAILS, JANE)
    server.send("GET", JANES, JANE)
    expect(paths).to_have_count(3)
    console["#filter-operation"].select_option("-")
    expect(paths).to_have_text(["/nowhere"])


def test_a_paused_list_stands_still_and_then_catches_up(
    console: Console, server: MockServer
) -> None:
    console.press("Pause")
    for number in range(3):
        server.send("GET", f"/while-paused-{number}")

    expect(console["#pause"]).to_have_text("Resume (3)")
    assert console["#list > li"].count() == 0
    console["#pause"].click()
    expect(console["#list > li"]).to_have_count(3)


def test_the_journal_is_downloaded_as_har(
    console: Console, server: MockServer, tmp_path: Path
) -> None:
    server.send("GET", JANES, JANE)

    with console.page.expect_download() as download:
        console.press("HAR")
    download.value.save_as(tmp_path / "requests.har")

    assert download.value.suggested_filename == "requests.har"
    log = json.loads((tmp_path / "requests.har").read_text(encoding="utf-8"))["log"]
    assert JANES in [httpx.URL(entry["request"]["url"]).path for entry in log["entries"]]


def test_what_is_being_read_does_not_move_when_requests_come(
    console: Console, server: MockServer
) -> None:
    for number in range(40):
        server.send("GET", f"/before-{number}")
    expect(console["#list > li"]).to_have_count(40)
    console.row("/before-20").locator("summary").click()
    before = console.row("/before-20").bounding_box()

    for number in range(5):
        server.send("GET", f"/after-{number}")
    expect(console["#newer"]).to_have_text("↑ 5 newer")

    assert console.row("/before-20").bounding_box() == before
    console["#newer"].click()
    expect(console.row("/after-4")).to_be_in_viewport()
    expect(console["#newer"]).to_be_hidden()
