"""`conformance run` through proxies, prefixes and broken lines."""

from __future__ import annotations

import base64
import os
import socket
from pathlib import Path

from tests.conformance.proxy import Answer, gateway
from tests.conformance.support import Change, Done, conformance, run
from tests.support import MockServer

READS = ("--only", "get-user/success", "--only", "get-user/members", "--read-only")


def _run(folder: Path, url: str, *options: object, change: Change = None, **more: str) -> Done:
    """Run the suite with the proxies of this test alone."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return run(folder, url, *options, change=change, environment={**kept, **more})


def _with(**keys: object) -> Change:
    """Set keys of a target file."""
    return lambda data: data.update(keys)


# -- the way there ---------------------------------------------------------------------------------


def test_the_base_url_may_have_a_path(server: MockServer, tmp_path: Path) -> None:
    with gateway(upstream=server.url, prefix="/staging/accounts") as way:
        # Requests of the operations, and of methods that the paths do not have.
        options = ("--only", "delete-email/success", "--only", "emails/other-methods")
        done = _run(tmp_path, f"{way.url}/staging/accounts/", *options)
        assert done.code == 0, done.said
        assert {one.path.split("/api/")[0] for one in way.passed} == {"/staging/accounts"}


def test_a_proxy_of_the_environment_is_used(server: MockServer, tmp_path: Path) -> None:
    with gateway(upstream=server.url) as way:
        proxy = way.url.replace("//", "//somebody:sesame@")
        done = _run(tmp_path, "http://staging.example", *READS, HTTP_PROXY=proxy)
        assert done.code == 0, done.said
        assert all(one.path.startswith("http://staging.example/api/") for one in way.passed)
        login = "Basic " + base64.b64encode(b"somebody:sesame").decode()
        assert {one.headers.get("proxy-authorization") for one in way.passed} == {login}
        assert "sesame" not in done.said


def test_no_proxy_is_obeyed(server: MockServer, tmp_path: Path) -> None:
    with gateway(upstream=server.url) as way:
        local = "127.0.0.1,localhost"
        done = _run(tmp_path, server.url, *READS, HTTP_PROXY=way.url, NO_PROXY=local)
        assert done.code == 0, done.said
        assert way.passed == []


def test_a_proxy_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        proxy = f"127.0.0.1:{taken.getsockname()[1]}"
        login = f"http://somebody:sesame@{proxy}"
        done = _run(tmp_path, "http://staging.example", *READS, HTTP_PROXY=login)

    assert done.code == 2
    assert f"through the proxy {proxy}" in done.err
    assert "sesame" not in done.said


def test_a_proxy_of_another_kind_is_no_verdict(tmp_path: Path) -> None:
    done = _run(tmp_path, "http://staging.example", ALL_PROXY="socks5://127.0.0.1:9")
    assert done.code == 2
    assert "socks5" in done.err


def test_further_headers_go_with_every_request_and_each_is_sent_once(
    server: MockServer, tmp_path: Path
) -> None:
    with gateway(upstream=server.url) as way:
        done = _run(tmp_path, way.url, *READS, change=_with(headers={"X-Team": "accounts-7"}))
        assert done.code == 0, done.said
        assert {one.headers.get("x-team") for one in way.passed} == {"accounts-7"}
        assert f" {len(way.passed)} requests" in done.out


# -- limits ----------------------------------------------------------------------------------------


def test_a_line_that_breaks_for_good_is_incomplete_and_cleaned_up_later(
    server: MockServer, tmp_path: Path
) -> None:
    before = server.accounts()
    broken = True

    def refuse(count: int) -> Answer | None:
        return Answer(0) if broken and count > 150 else None

    file = tmp_path / "restore-file"
    with gateway(upstream=server.url, refuse=refuse) as way:
        done = _run(tmp_path, way.url, "--only", "add-email", "--journal", file)
        assert done.code == 3, done.said
        assert done.report["verdict"] == "incomplete"
        assert done.report["summary"]["failed"] == 0
        assert done.report["summary"]["not_verified"] > 0
        assert file.exists(), done.said

        broken = False
        done = conformance("cleanup", tmp_path / "target.yaml", "--journal", file)
        assert done.code == 0, done.said
    assert server.accounts() == before


def test_a_target_that_never_answers_is_no_verdict(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        done = _run(tmp_path, url, change=_with(timeout=0.2))
    assert done.code == 2, done.out
    assert "within 0.2 s" in done.err
