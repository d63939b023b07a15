"""The pages of the reference: what they say, and what they must not give away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from copy import deepcopy
from urllib.parse import urljoin

import pytest

from accounts_contract.documents import follow
from tests.mockserver.steering import CONTROL
from tests.support import (
    CODES,
    CONTRACT,
    FIXTURES,
    OAUTH,
    OPERATIONS,
    READ,
    Json,
    MockServer,
    Operation,
    each_operation,
    named,
    operations_of,
    problem,
    write_yaml,
)

CONTRACTS = {
    "accounts": ("", CONTRACT),
    "oauth": ("oauth-", OAUTH),
    "control": ("control-", CONTROL),
}
TYPES = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "txt": "text/",
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
    api = {name for name, raw in operations_of(CONTROL).items() if raw["tags"] != ["pages"]}
    shown = {one for one in names if one.startswith("control-")}
    assert {f"control-{name}.html" for name in api} == shown


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_the_page_of_an_operation_says_all_that_its_contract_says(
    server: MockServer, operation: Operation
) -> None:
    shown = words(page(server, f"{operation.id}.html"))
    assert operation.raw["summary"] in shown
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
    for name, code in ((name, code) for codes in CODES.values() for name, code in codes.items()):
        statuses = code.get("status", "any")
        if isinstance(sending := code.get("operations"), dict):
            statuses = ", ".join(map(str, sorted({one for its in sending.values() for one in its})))
        told = f"{statuses} {name} {code['meaning']} Fix: {code['fix']}"
        assert told.replace("`", "") in shown


def described(document: Json, schema: Json) -> Iterator[tuple[str, Json]]:
    """Every member of a schema, at any depth, with its name."""
    if "$ref" in schema:
        schema = follow(document, schema["$ref"])
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())):
        yield from described(document, part)
    if "items" in schema:
        yield from described(document, schema["items"])
    for name, member in schema.get("properties", {}).items():
        yield name, member
        yield from described(document, member)


@pytest.mark.parametrize("api", CONTRACTS)
def test_every_member_that_is_sent_or_comes_is_on_the_page_of_its_operation(
    server: MockServer, api: str
) -> None:
    prefix, document = CONTRACTS[api]

    def found(one: Json) -> Json:
        return dict(follow(document, one["$ref"])) if "$ref" in one else one

    for _, path, raw in each_operation(document):
        if raw["tags"] == ["pages"]:
            continue
        shown = words(page(server, f"{prefix}{raw['operationId']}.html"))
        for body in map(found, (raw.get("requestBody", {}), *raw["responses"].values())):
            for media in list(body.get("content", {}).values())[:1]:
                for name, member in described(document, media["schema"]):
                    assert name in shown
                    told = " ".join(member.get("description", "").replace("`", "").split())
                    assert told in shown, f"{raw['operationId']}: {name}"
        shared = document["paths"][path].get("parameters", ())
        for one in map(found, (*shared, *raw.get("parameters", ()))):
            needed = "required " if one.get("required") else ""
            assert f"{one['name']} {needed}in the {one['in']}" in shown


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("update_user", "full_name string, at most 1,000 characters The new name of the person."),
        ("add_email", "email required string, 3 to 254 characters, pattern ^[^@\\s]+@[^@\\s]+$"),
        ("update_email", "verified boolean, only true true marks the address as verified."),
        ("update_email", "errors[].pointer required string Where in the body (RFC 6901)"),
        ("list_emails", "[].primary required boolean Whether it is the one address"),
        ("oauth-authorize", "client_id required in the query string The id of the client."),
        ("oauth-authorize", "code_challenge_method in the query string, default plain How"),
        ("control-add_fault", "fault string, one of reset | truncate | garbage | contract How"),
        ("control-add_fault", "wait number or object Seconds to wait first"),
        ("control-add_fault", "wait.uniform list of number, 2 entries The shortest"),
        ("control-put_state", "accounts[].emails required list of object, at least 1 entries"),
        ("control-get_coverage", "object, with the members of summary.operations"),
        ("control-get_state", "tokens[].expires_at string (date-time) or null When it expires"),
    ],
)
def test_a_member_is_shown_with_its_type_limits_and_meaning(
    server: MockServer, name: str, told: str
) -> None:
    assert told in words(page(server, f"{name}.html"))


def test_an_unknown_page_is_a_404(server: MockServer) -> None:
    pages = ("nothing.html", "..%2Fsite.py", "base.html", "home.html")
    for path in ("/_mock/parts/nothing.js", *(f"/docs/{name}" for name in pages)):
        problem(server.send("GET", path), 404, "part-unknown")


SECRET = "hidden-from-readers"


def with_deep_schemas(contract: Json) -> None:
    schemas = contract["components"]["schemas"]
    inner = [{"$ref": f"#/components/schemas/Deep{level}"} for level in range(30)]
    for level in range(29):
        both = {"type": "object", "properties": {"one": inner[level + 1], "two": inner[level + 1]}}
        schemas[f"Deep{level}"] = both
    schemas["Deep29"] = {"type": "object", "properties": {"again": inner[0]}}
    schemas["NewEmail"]["properties"]["deep"] = inner[0]


def with_markup(contract: Json) -> None:
    planted = "<script>alert(1)</script> ![x](http://evil.example/x.png) </script><b>"
    contract["info"].update(title=planted, description=planted)
    contract["components"]["schemas"]["Problem"]["x-codes"] = {planted: {"fix": planted}, "x": [1]}
    for _, _, raw in each_operation(contract):
        raw["x-requirements"] = {"401": {"source": planted}, "403": planted}
        raw["responses"]["400"] = {"description": planted, "x-requirement": planted}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    """A server of secret logins, and of a contract with markup, and schemas that hold each other."""
    folder, contract = tmp_path_factory.mktemp("odd"), deepcopy(CONTRACT)
    with_deep_schemas(contract)
    with_markup(contract)
    account = {**FIXTURES["accounts"][0], "username": f"{SECRET}-name", "password": f"{SECRET}-1"}
    token = {"token": f"{SECRET}-2", "username": f"{SECRET}-name", "scopes": ["profile_read"]}
    fixtures = write_yaml(folder / "f.yaml", {"accounts": [account], "tokens": [token]})
    files = (
        "--contract",
        str(write_yaml(folder / "c.yaml", contract)),
        "--fixtures",
        str(fixtures),
    )
    with MockServer(*files, "--control-token", f"{SECRET}-3") as started:
        yield started


def test_no_page_holds_a_login_of_the_world_that_is_served(odd: MockServer) -> None:
    for name in ("", "get_user.html", "control.html", "accounts.js", "control.js", "docs.js"):
        assert SECRET not in page(odd, name)
    assert SECRET not in odd.send("GET", "/").text


def test_schemas_that_hold_themselves_or_each_other_many_times_are_told_once(
    odd: MockServer,
) -> None:
    shown = page(odd, "add_email.html")
    assert "with the members of" in shown
    assert len(shown) < 200_000


def test_a_contract_of_ones_own_is_what_is_printed_and_can_plant_no_markup(
    odd: MockServer,
) -> None:
    for name in ("", "get_user.html", "errors.html"):
        shown = page(odd, name)
        assert "<script>alert" in html.unescape(shown)
        assert "<script>alert" not in shown
        assert "<img" not in shown
        assert "</script><b>" not in shown
