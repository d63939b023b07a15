"""`conformance run` over what lies between it and staging: TLS, proxies, prefixes, limits, broken lines."""

from __future__ import annotations

import base64
import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.conformance.gateway import gateway
from tests.conformance.support import conformance, report_of, write_target
from tests.support import MockServer

READS = ("--only", "get-user/success", "--only", "get-user/members", "--read-only")


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return {**kept, **more}


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


def _trusting(bundle: object) -> Callable[[dict[str, Any]], None]:
    """Makes a target file name the CAs of a bundle."""
    return lambda data: data.update(tls={"ca_bundle": str(bundle)})


# -- TLS -------------------------------------------------------------------------------------------


def test_an_own_ca_is_trusted_if_the_target_file_names_it(
    server: MockServer, tmp_path: Path, authority: tuple[trustme.CA, Path]
) -> None:
    ca, bundle = authority
    with gateway(server.url, tls=_context(ca, "localhost")) as way:
        url = f"https://localhost:{way.port}"
        (tmp_path / "ca.pem").write_bytes(bundle.read_bytes())
        named = write_target(tmp_path, url, _trusting("ca.pem"))
        done = conformance("run", named, *READS, environment=_environment())
        assert done.code == 0, done.out + done.err
        assert way.passed

        done = conformance("run", write_target(tmp_path, url), *READS, environment=_environment())
        assert done.code == 2, done.out
        assert "TLS failed" in done.err
        assert "Traceback" not in done.err


def test_a_certificate_of_another_host_is_refused(
    server: MockServer, tmp_path: Path, authority: tuple[trustme.CA, Path]
) -> None:
    ca, bundle = authority
    with gateway(server.url, tls=_context(ca, "elsewhere.example")) as way:
        url = f"https://localhost:{way.port}"
        target = write_target(tmp_path, url, _trusting(bundle))
        done = conformance("run", target, *READS, environment=_environment())
        assert done.code == 2, done.out
        assert way.passed == []


def test_tls_without_verification_is_shouted_about(
    server: MockServer, tmp_path: Path, authority: tuple[trustme.CA, Path]
) -> None:
    with gateway(server.url, tls=_context(authority[0], "elsewhere.example")) as way:
        target = write_target(
            tmp_path,
            f"https://localhost:{way.port}",
            lambda data: data.update(tls={"verify": False}),
        )
        done = conformance("run", target, *READS, environment=_environment())
    assert done.code == 0, done.out + done.err
    assert "WARNING: tls.verify is false" in done.out


# -- the way there ---------------------------------------------------------------------------------


def test_the_base_url_may_have_a_path(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url, prefix="/staging/accounts") as way:
        target = write_target(tmp_path, f"http://127.0.0.1:{way.port}/staging/accounts/")
        # Requests of the operations, and of methods that the paths do not have.
        options = ("--only", "delete-email/success", "--only", "emails/other-methods")
        done = conformance("run", target, *options, environment=_environment())
        assert done.code == 0, done.out + done.err
        assert {one.target.split("/api/")[0] for one in way.passed} == {"/staging/accounts"}


def test_a_proxy_of_the_environment_is_used(server: MockServer, tmp_path: Path) -> None:
    target = write_target(tmp_path, "http://staging.example")
    with gateway(server.url) as way:
        proxy = f"http://somebody:sesame@127.0.0.1:{way.port}"
        done = conformance("run", target, *READS, environment=_environment(HTTP_PROXY=proxy))
        assert done.code == 0, done.out + done.err
        assert all(one.target.startswith("http://staging.example/api/") for one in way.passed)
        login = "Basic " + base64.b64encode(b"somebody:sesame").decode()
        assert {one.headers.get("proxy-authorization") for one in way.passed} == {login}
        assert "sesame" not in done.out + done.err


def test_https_goes_through_a_tunnel_of_the_proxy(
    server: MockServer, tmp_path: Path, authority: tuple[trustme.CA, Path]
) -> None:
    ca, bundle = authority
    target = write_target(tmp_path, "https://staging.example", _trusting(bundle))
    with (
        gateway(server.url, tls=_context(ca, "staging.example")) as staging,
        gateway(f"https://127.0.0.1:{staging.port}") as way,
    ):
        proxy = f"http://127.0.0.1:{way.port}"
        done = conformance("run", target, *READS, environment=_environment(HTTPS_PROXY=proxy))
        assert done.code == 0, done.out + done.err
        assert {(one.method, one.target) for one in way.passed} == {
            ("CONNECT", "staging.example:443")
        }
        assert staging.passed


def test_no_proxy_is_obeyed(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url) as way:
        environment = _environment(
            HTTP_PROXY=f"http://127.0.0.1:{way.port}", NO_PROXY="127.0.0.1,localhost"
        )
        done = conformance(
            "run", write_target(tmp_path, server.url), *READS, environment=environment
        )
        assert done.code == 0, done.out + done.err
        assert way.passed == []


def test_a_proxy_of_another_kind_is_no_verdict(server: MockServer, tmp_path: Path) -> None:
    environment = _environment(ALL_PROXY="socks5://127.0.0.1:9")
    target = write_target(tmp_path, "http://staging.example")
    done = conformance("run", target, *READS, environment=environment)
    assert done.code == 2
    assert "socks5" in done.err


def test_further_headers_go_with_every_request(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url) as way:
        target = write_target(
            tmp_path,
            f"http://127.0.0.1:{way.port}",
            lambda data: data.update(headers={"X-Team": "accounts-7"}),
        )
        done = conformance("run", target, *READS, environment=_environment())
        assert done.code == 0, done.out + done.err
        assert {one.headers.get("x-team") for one in way.passed} == {"accounts-7"}


# -- limits ----------------------------------------------------------------------------------------


def test_the_rate_limit_of_the_target_file_is_kept(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url) as way:
        target = write_target(
            tmp_path, f"http://127.0.0.1:{way.port}", lambda data: data.update(rate_limit="20/s")
        )
        done = conformance("run", target, *READS, environment=_environment())
        assert done.code == 0, done.out + done.err
        times = [one.at for one in way.passed]
        assert len(times) > 21
        # As they leave, a window of a second has 20 at most; on the way they may bunch up a little.
        gaps = [later - earlier for earlier, later in zip(times, times[20:], strict=False)]
        assert min(gaps) > 0.8


def test_429_is_waited_for_and_sent_again(server: MockServer, tmp_path: Path) -> None:
    def refuse(count: int) -> tuple[int, dict[str, str]] | None:
        return (429, {"Retry-After": "0"}) if count % 3 == 0 else None

    report = tmp_path / "report.json"
    with gateway(server.url, refuse=refuse) as way:
        target = write_target(tmp_path, f"http://127.0.0.1:{way.port}")
        options = ("--only", "delete-email/primary-refused", "--report", report)
        done = conformance("run", target, *options, environment=_environment())
    assert done.code == 0, done.out + done.err
    assert report_of(report)["summary"]["passed"] == 1


def test_a_line_that_breaks_for_good_is_incomplete_and_cleaned_up_later(
    server: MockServer, tmp_path: Path
) -> None:
    before = server.accounts()
    broken = True

    def refuse(count: int) -> tuple[int, dict[str, str]] | None:
        return (0, {}) if broken and count > 150 else None

    with gateway(server.url, refuse=refuse) as way:
        target = write_target(tmp_path, f"http://127.0.0.1:{way.port}")
        journal = tmp_path / "journal"
        report = tmp_path / "report.json"
        options = ("--only", "add-email", "--journal", journal, "--report", report)
        done = conformance("run", target, *options, environment=_environment())
        assert done.code == 3, done.out + done.err
        found = report_of(report)
        assert found["verdict"] == "incomplete"
        assert found["summary"]["failed"] == 0
        assert found["summary"]["not_verified"] > 0
        assert journal.exists()

        broken = False
        done = conformance("cleanup", target, "--journal", journal, environment=_environment())
        assert done.code == 0, done.out + done.err
    assert server.accounts() == before


def test_a_target_that_never_answers_is_no_verdict(tmp_path: Path, silent_port: int) -> None:
    target = write_target(
        tmp_path, f"http://127.0.0.1:{silent_port}", lambda data: data.update(timeout=0.2)
    )
    done = conformance("run", target, environment=_environment())
    assert done.code == 2, done.out
    assert "within 0.2 s" in done.err


@pytest.fixture
def silent_port() -> Any:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_each_request_is_sent_once(server: MockServer, tmp_path: Path) -> None:
    with gateway(server.url) as way:
        target = write_target(tmp_path, f"http://127.0.0.1:{way.port}")
        options = ("--only", "get-user/unauthenticated", "--only", "list-emails/members")
        done = conformance("run", target, *options, environment=_environment())
    assert done.code == 0, done.out + done.err
    assert f" {len(way.passed)} requests" in done.out
