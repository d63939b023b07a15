"""`conformance run` through TLS, proxies, prefixes, limits and broken lines."""

from __future__ import annotations

import base64
import os
import socket
import ssl
from pathlib import Path

import pytest
import trustme

from tests.conformance.gateway import gateway
from tests.conformance.proxy import Answer
from tests.conformance.support import Change, Done, conformance, run
from tests.support import MockServer

READS = ("--only", "get-user/success", "--only", "get-user/members", "--read-only")


def _run(folder: Path, url: str, *options: object, change: Change = None, **more: str) -> Done:
    """Run the suite with the proxies of this test alone."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return run(folder, url, *options, change=change, environment={**kept, **more})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """A CA of our own, and the file with its certificate."""
    made = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    made.cert_pem.write_to_path(str(path))
    return made, path


def _context(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    return context


def _with(**keys: object) -> Change:
    """Set keys of a target file."""
    return lambda data: data.update(keys)


# -- TLS -------------------------------------------------------------------------------------------


def test_an_own_ca_is_trusted_if_the_target_file_names_it(
    server: MockServer, tmp_path: Path, authority: tuple[trustme.CA, Path]
) -> None:
    ca, bundle = authority
    with gateway(server.url, tls=_context(ca, "localhost")) as way:
        url = f"https://localhost:{way.port}"
        (tmp_path / "ca.pem").write_bytes(bundle.read_bytes())
        done = _run(tmp_path, url, *READS, change=_with(tls={"ca_bundle": "ca.pem"}))
        assert done.code == 0, done.said
        assert way.passed

        done = _run(tmp_path, url, *READS)
        assert done.code == 2, done.out
        assert "TLS failed" in done.err


def test_a_certificate_of_another_host_is_refused_unless_verification_is_off(
    server: MockServer, tmp_path: Path, authority: tuple[trustme.CA, Path]
) -> None:
    ca, bundle = authority
    with gateway(server.url, tls=_context(ca, "elsewhere.example")) as way:
        url = f"https://localhost:{way.port}"
        done = _run(tmp_path, url, *READS, change=_with(tls={"ca_bundle": str(bundle)}))
        assert done.code == 2, done.out
        assert way.passed == []

        done = _run(tmp_path, url, *READS, change=_with(tls={"verify": False}))
        assert done.code == 0, done.said
        assert "WARNING: tls.verify is false" in done.out


# -- the way there ---------------------------------------------------------------------------------


def test_the_base_url_may_have_a_path(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url, prefix="/staging/accounts") as way:
        # Requests of the operations, and of methods that the paths do not have.
        options = ("--only", "delete-email/success", "--only", "emails/other-methods")
        done = _run(tmp_path, f"{way.url}/staging/accounts/", *options)
        assert done.code == 0, done.said
        assert {one.request.path.split("/api/")[0] for one in way.passed} == {"/staging/accounts"}


def test_a_proxy_of_the_environment_is_used(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url) as way:
        proxy = f"http://somebody:sesame@127.0.0.1:{way.port}"
        done = _run(tmp_path, "http://staging.example", *READS, HTTP_PROXY=proxy)
        assert done.code == 0, done.said
        assert all(one.request.path.startswith("http://staging.example/api/") for one in way.passed)
        login = "Basic " + base64.b64encode(b"somebody:sesame").decode()
        assert {one.request.headers.get("proxy-authorization") for one in way.passed} == {login}
        assert "sesame" not in done.said


def test_https_goes_through_a_tunnel_of_the_proxy(
    server: MockServer, tmp_path: Path, authority: tuple[trustme.CA, Path]
) -> None:
    ca, bundle = authority
    trusted = _with(tls={"ca_bundle": str(bundle)})
    with (
        gateway(server.url, tls=_context(ca, "staging.example")) as staging,
        gateway(f"https://127.0.0.1:{staging.port}") as way,
    ):
        url = "https://staging.example"
        done = _run(tmp_path, url, *READS, change=trusted, HTTPS_PROXY=way.url)
        assert done.code == 0, done.said
        tunnels = {(one.request.method, one.request.path) for one in way.passed}
        assert tunnels == {("CONNECT", "staging.example:443")}
        assert staging.passed


def test_no_proxy_is_obeyed(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url) as way:
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


def test_further_headers_go_with_every_request(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url) as way:
        done = _run(tmp_path, way.url, *READS, change=_with(headers={"X-Team": "accounts-7"}))
        assert done.code == 0, done.said
        assert {one.request.headers.get("x-team") for one in way.passed} == {"accounts-7"}


# -- limits ----------------------------------------------------------------------------------------


def test_the_rate_limit_of_the_target_file_is_kept(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url) as way:
        done = _run(tmp_path, way.url, *READS, change=_with(rate_limit="40/s"))
        assert done.code == 0, done.said
        times = [one.at for one in way.passed]
        assert len(times) > 41
        # As they leave, a window of a second has 40 at most; on the way they may bunch up a little.
        gaps = [later - earlier for earlier, later in zip(times, times[40:], strict=False)]
        assert min(gaps) > 0.8


def test_a_line_that_breaks_for_good_is_incomplete_and_cleaned_up_later(
    server: MockServer, tmp_path: Path
) -> None:
    before = server.accounts()
    broken = True

    def refuse(count: int) -> Answer | None:
        return Answer(0) if broken and count > 150 else None

    file = tmp_path / "restore-file"
    with gateway(server.url, refuse=refuse) as way:
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


def test_each_request_is_sent_once(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url) as way:
        options = ("--only", "get-user/unauthenticated", "--only", "list-emails/members")
        done = _run(tmp_path, way.url, *options)
    assert done.code == 0, done.said
    assert f" {len(way.passed)} requests" in done.out
