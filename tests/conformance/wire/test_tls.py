"""TLS: the certificate of the server is checked, and one of the client shown or asked for in words."""

from __future__ import annotations

import json
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from conformance.target.file import read_target
from conformance.wire.client import Client
from conformance.wire.transport import TransportError
from tests.conformance.proxy import bare, gateway
from tests.conformance.support import run, target_data
from tests.support import MockServer
from tests.support.serving import in_thread

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificates of a CA that the server trusts, and of one that it does not."""
    made = tmp_path_factory.mktemp("tls")
    trusted, stranger = trustme.CA(), trustme.CA()
    trusted.cert_pem.write_to_path(str(made / "ca.pem"))
    for name, host in (("server", "localhost"), ("elsewhere", "elsewhere.example")):
        server = trusted.issue_cert(host)
        server.private_key_and_cert_chain_pem.write_to_path(str(made / f"{name}.pem"))
    for name, ca in (("client", trusted), ("stranger", stranger)):
        certificate = ca.issue_cert("somebody@example.com")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(made / f"{name}.pem"))
        certificate.cert_chain_pems[0].write_to_path(str(made / f"{name}-cert.pem"))
        certificate.private_key_pem.write_to_path(str(made / f"{name}-key.pem"))
    return made


def context_of(folder: Path, certificate: str = "server") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{certificate}.pem")
    return context


@contextmanager
def asking(folder: Path, version: ssl.TLSVersion) -> Iterator[str]:
    """A server that asks for a client certificate."""
    context = context_of(folder)
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    with gateway(bare(204), tls=context) as way:
        yield way.url


def status(folder: Path, url: str, proxy: str = "", **tls: str) -> int:
    """The status of a request with a target file beside the certificates."""
    data = {**target_data(url), "tls": {"ca_bundle": "ca.pem", **tls}}
    (folder / "target.yaml").write_text(json.dumps(data))
    target = read_target(folder / "target.yaml", data["accounts"]["owner"]["tokens"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", proxy)
        patch.setenv("NO_PROXY", "localhost")
        client = Client(target)
        try:
            return client.send("GET", "/").status
        finally:
            client.close()


def test_a_ca_that_the_target_file_does_not_name_is_not_trusted(
    server: MockServer, folder: Path, tmp_path: Path
) -> None:
    with gateway(upstream=server.url, tls=context_of(folder)) as way:
        done = run(tmp_path, way.url)

    assert done.code == 2, done.out
    assert "TLS failed" in done.err
    assert way.passed == []


def test_a_certificate_of_another_host_is_refused_unless_verification_is_off(
    server: MockServer, folder: Path, tmp_path: Path
) -> None:
    with gateway(upstream=server.url, tls=context_of(folder, "elsewhere")) as way:
        with pytest.raises(TransportError, match="TLS failed"):
            status(folder, way.url)
        assert way.passed == []

        off: dict[str, object] = {"tls": {"verify": False}}
        only = ("--only", "get-user/success")
        done = run(tmp_path, way.url, *only, change=lambda data: data.update(off))

    assert done.code == 0, done.said
    assert "WARNING: tls.verify is false" in done.out


def test_https_goes_through_a_tunnel_of_the_proxy(folder: Path) -> None:
    with (
        gateway(bare(204), tls=context_of(folder, "elsewhere")) as elsewhere,
        gateway(upstream=elsewhere.url) as way,
    ):
        assert status(folder, "https://elsewhere.example", way.url) == 204

    assert [(one.method, one.path) for one in way.passed] == [("CONNECT", "elsewhere.example:443")]
    assert elsewhere.passed


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "keys",
    [
        {"client_cert": "client.pem"},
        {"client_cert": "client-cert.pem", "client_key": "client-key.pem"},
    ],
)
def test_the_certificate_of_the_target_file_is_shown(
    folder: Path, version: ssl.TLSVersion, keys: dict[str, str]
) -> None:
    with asking(folder, version) as url:
        assert status(folder, url, **keys) == 204


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_asks_for_a_certificate_is_understood(
    folder: Path, version: ssl.TLSVersion
) -> None:
    with asking(folder, version) as url, pytest.raises(TransportError) as caught:
        status(folder, url)
    assert "asks for a client certificate" in str(caught.value)
    assert "client_cert: cert.pem, client_key: key.pem" in str(caught.value)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_that_the_server_does_not_trust_is_named(
    folder: Path, version: ssl.TLSVersion
) -> None:
    with asking(folder, version) as url, pytest.raises(TransportError, match=r"tls\.client_cert"):
        status(folder, url, client_cert="stranger.pem")


@contextmanager
def closing(folder: Path) -> Iterator[str]:
    """A server that closes each connection once it has read a request, without an alert."""
    context = context_of(folder)

    class Closing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with context.wrap_socket(self.request, server_side=True) as connection:
                connection.recv(65536)

    with socketserver.TCPServer(("127.0.0.1", 0), Closing) as server, in_thread(server):
        yield f"https://localhost:{server.server_address[1]}"


def test_a_server_that_closes_without_an_alert_may_ask_for_a_certificate(folder: Path) -> None:
    with closing(folder) as url, pytest.raises(TransportError) as caught:
        status(folder, url)
    assert "perhaps the server asks for a client certificate" in str(caught.value)
    with closing(folder) as url, pytest.raises(TransportError) as caught:
        status(folder, url, client_cert="client.pem")
    assert "perhaps" not in str(caught.value)
