"""The contract as it is served: with the server that it came from, which is left out when it comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accounts_contract import read_contract
from mockserver.docs.served_contract import ServedContract, own_servers
from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    CONTRACT,
    CONTRACT_FILE,
    CONTROL_FILE,
    JANES,
    OAUTH_FILE,
    Json,
    MockServer,
    StartServer,
    basic,
    check,
    head,
    load_yaml,
    read_yaml,
    write,
)

LOGIN = basic("username", "password")
SERVED = {"/openapi": CONTRACT_FILE, "/oauth": OAUTH_FILE, "/_mock/openapi": CONTROL_FILE}

TEXT = CONTRACT_FILE.read_text("utf-8")
OWN = "  - url: https://www.docker.io\n    description: The API as it was published.\n"
assert OWN in TEXT
# The same contract, as people write it: by the place and the form of its servers.
WRITTEN = {
    "as it is": TEXT,
    "servers beside the margin": TEXT.replace(OWN, OWN.replace("\n  ", "\n")[2:]),
    "a comment before the first server": TEXT.replace(OWN, f"  # 服务器, and ours\n{OWN}"),
    "two servers": TEXT.replace(OWN, f"{OWN}  - {{url: https://hub.example/base}}\n"),
    "servers in one line": TEXT.replace(f"\n{OWN}", " [{url: https://www.docker.io}]\n"),
    "no servers": TEXT.replace(f"servers:\n{OWN}", ""),
    "an anchor": TEXT.replace(f"servers:\n{OWN}", f"x-servers: &list\n{OWN}servers: *list\n"),
    "JSON": json.dumps(CONTRACT),
    "a path before all others": TEXT.replace(
        "https://www.docker.io\n", "https://www.docker.io/base\n"
    ),
}


@pytest.mark.parametrize("path", SERVED)
def test_a_contract_names_the_server_that_it_came_from_and_is_otherwise_as_it_was_written(
    server: MockServer, sandbox: Sandboxed, path: str
) -> None:
    file = SERVED[path]
    readers = {
        server.url: server.send("GET", f"{path}.yaml"),
        f"{server.url}/~{sandbox.name}": sandbox.send("GET", f"{path}.yaml"),
        f"{server.url}/~by-header": server.send(
            "GET", f"{path}.yaml", headers={"X-Mock-Sandbox": "by-header"}
        ),
    }
    for url, answer in readers.items():
        assert answer.headers["content-type"] == "application/yaml"
        data = load_yaml(answer.text)
        assert (data["servers"][0]["url"], data["servers"][0]["x-mock"]) == (url, True)
        added = [line for line in answer.text.splitlines() if line not in file.read_text("utf-8")]
        assert len(added) == len(data["servers"][0])
        assert {**data, "servers": data["servers"][1:]} == read_yaml(file)


@pytest.mark.parametrize("path", SERVED)
def test_a_contract_is_served_as_json_too(server: MockServer, path: str) -> None:
    answer = server.send("GET", f"{path}.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == load_yaml(server.send("GET", f"{path}.yaml").text)


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_contract_that_comes_back_is_the_contract_that_it_was(
    tmp_path: Path, written: str
) -> None:
    def serve(name: str, text: str | bytes, url: str) -> tuple[Json, bytes, bytes]:
        file = write(tmp_path / name, text if isinstance(text, bytes) else text.encode())
        contract = read_contract(file, validate=False)
        served = ServedContract(contract)
        data = {**contract.document.data, "servers": own_servers(contract.document.data)}
        return data, served.yaml(url), served.json(url)

    data, text, as_json = serve("contract.yaml", written, "http://first:1/~me")
    assert load_yaml(text) == json.loads(as_json)
    assert json.loads(as_json)["servers"][0]["url"] == "http://first:1/~me"
    for served in (text, as_json):
        data_again, text_again, json_again = serve("served.yaml", served, "http://second:2")
        assert data_again == data
        assert json.loads(json_again)["servers"] == [
            {**json.loads(as_json)["servers"][0], "url": "http://second:2"},
            *data["servers"],
        ]
        if served is text:
            assert text_again == text.replace(b"http://first:1/~me", b"http://second:2")


def test_a_contract_that_comes_back_is_routed_as_it_was(
    start_server: StartServer, tmp_path: Path, server: MockServer
) -> None:
    served = server.send("GET", "/~me/openapi.yaml").text
    own = "https://www.docker.io\n"
    file = write(tmp_path / "c.yaml", served.replace(own, own.replace("\n", "/base\n"), 1).encode())
    started = start_server("--contract", str(file))
    assert started.send("GET", f"/base{JANES}", LOGIN).status_code == 200
    assert started.send("GET", f"/~me/base{JANES}", LOGIN).status_code == 200


def test_a_served_contract_is_good(server: MockServer, tmp_path: Path) -> None:
    file = tmp_path / "served.yaml"
    file.write_bytes(server.send("GET", "/~me/openapi.yaml").content)
    assert check("--contract", str(file)).returncode == 0


@pytest.mark.parametrize("host", ["evil'b", "evil&b", "evil(b)", "%22evil", ""])
def test_a_host_that_is_none_is_not_repeated(server: MockServer, host: str) -> None:
    for path in ("/~me/openapi.yaml", "/~me/openapi.json", "/~me/docs/get_user.html"):
        reply = server.raw(head("GET", path).replace(b"localhost", host.encode()))
        assert reply.status == 200
        assert not host or host.encode() not in reply.body
        assert b"mock-server.invalid" not in reply.body


def test_a_page_behind_a_tls_proxy_is_told_so(server: MockServer) -> None:
    answer = server.send("GET", "/openapi.json", headers={"X-Forwarded-Proto": "https"})
    assert answer.json()["servers"][0]["url"] == server.url.replace("http", "https")
