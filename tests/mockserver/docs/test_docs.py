"""The pages of the reference: what they say, and what they must not give away."""

from __future__ import annotations

import html
import re
from copy import deepcopy
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.mockserver.steering import CONTROL
from tests.support import (
    CODES,
    CONTRACT,
    FIXTURES,
    OPERATIONS,
    READ,
    MockServer,
    Operation,
    StartServer,
    named,
    problem,
    write_yaml,
)

TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "txt": "text/plain",
    "yaml": "",
}


def page(server: MockServer, name: str) -> str:
    answer = server.send("GET", f"/docs/{name}")
    assert answer.status_code == 200, name
    return answer.text


def words(page: str) -> str:
    """Return the visible words of a page."""
    text = re.sub(r"</?(?:a|b|code|small|span)\b[^>]*>", "", page)  # they stand within a line
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def test_every_link_leads_somewhere_and_every_file_has_its_type(server: MockServer) -> None:
    seen, todo = set(), ["/~crawler/docs/"]
    while todo:
        path = todo.pop()
        answer = server.send("GET", path)
        assert answer.status_code == 200, path
        seen.add(path)
        if "/docs/" not in path:
            continue
        ending = path.rpartition("/")[2].rpartition(".")[2] or "html"
        assert answer.headers["content-type"].startswith(TYPES[ending])
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        if ending == "html":
            for link in re.findall(r'(?:href|src)="([^"#]+)', answer.text):
                target = urljoin(path, link)
                if not link.startswith("data:") and target not in seen:
                    assert target.startswith("/~crawler/"), f"{path} leads to {target}"
                    todo.append(target)
    names = {path.rpartition("/docs/")[2] for path in seen}
    assert {f"{one.id}.html" for one in OPERATIONS} <= names
    operations = [one for item in CONTROL["paths"].values() for one in item.values()]
    api = {one["operationId"] for one in operations if "tags" in one and one["tags"] != ["pages"]}
    assert {f"control-{name}.html" for name in api} == {
        one for one in names if one.startswith("control-")
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_the_page_of_an_operation_says_all_that_its_contract_says(
    server: MockServer, operation: Operation
) -> None:
    raw = CONTRACT["paths"][operation.template][operation.method.lower()]
    shown = words(page(server, f"{operation.id}.html"))
    assert raw["summary"] in shown
    assert f"Scope {operation.scope}" in shown
    assert "The user in the path (username) and nobody else" in shown
    for status, response in READ[operation.id].responses.items():
        assert f"{status} {response.description.replace('`', '')}" in shown
        assert response.requirement["source"] in shown
        assert response.requirement.get("english", "") in shown
        for name, code in CODES["accounts"].items():
            sent = str(code.get("status")) == status and operation.id in code.get(
                "operations", [operation.id]
            )
            told = f"{name} {code['meaning']} Fix: {code['fix']}".replace("`", "")
            assert (told in shown) == sent or str(code.get("status")) != status


def test_the_page_of_errors_explains_every_code(server: MockServer) -> None:
    shown = words(page(server, "errors.html"))
    for codes in CODES.values():
        for name, code in codes.items():
            status = code.get("status", "any")
            assert f"{status} {name} {code['meaning']} Fix: {code['fix']}".replace("`", "") in shown


def test_an_unknown_page_is_a_404(server: MockServer) -> None:
    pages = ("nothing.html", "..%2Fsite.py", "base.html", "home.html")
    for path in ("/_mock/parts/nothing.js", *(f"/docs/{name}" for name in pages)):
        problem(server.send("GET", path), 404, "part-unknown")


def test_no_page_holds_a_login_of_the_world_that_is_served(
    start_server: StartServer, tmp_path: Path
) -> None:
    secret = "hidden-from-readers"
    account = {**FIXTURES["accounts"][0], "username": f"{secret}-name", "password": f"{secret}-1"}
    token = {"token": f"{secret}-2", "username": f"{secret}-name", "scopes": ["profile_read"]}
    fixtures = write_yaml(tmp_path / "f.yaml", {"accounts": [account], "tokens": [token]})
    server = start_server("--fixtures", str(fixtures), "--control-token", f"{secret}-3")
    for name in ("", "get_user.html", "control.html", "accounts.js", "control.js", "docs.js"):
        assert secret not in page(server, name)
    assert secret not in server.send("GET", "/").text


def test_a_contract_of_ones_own_is_what_is_printed_and_can_plant_no_markup(
    start_server: StartServer, tmp_path: Path
) -> None:
    planted = "<script>alert(1)</script> ![x](http://evil.example/x.png) </script><b>"
    contract = {**CONTRACT, "info": {**CONTRACT["info"], "title": planted, "description": planted}}
    contract["components"] = deepcopy(CONTRACT["components"])
    contract["paths"] = deepcopy(CONTRACT["paths"])
    contract["components"]["schemas"]["Problem"]["x-codes"] = {planted: {"fix": planted}, "x": [1]}
    for item in contract["paths"].values():
        for method in item.keys() - {"parameters"}:
            item[method]["x-requirements"] = {"401": {"source": planted}, "403": planted}
            item[method]["responses"]["400"] = {"description": planted, "x-requirement": planted}
    server = start_server("--contract", str(write_yaml(tmp_path / "c.yaml", contract)))
    for name in ("", "get_user.html", "errors.html"):
        shown = page(server, name)
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "</script><b>" not in shown
