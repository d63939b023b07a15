"""Facts of an operation, read from the contract."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts_contract import Operation, read_contract
from tests.support import BY_ID, OPERATIONS, READ
from tests.support.files import CONTRACT_FILE, read_yaml, write_yaml

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """An operation with two parameters and without a body."""
    data = read_yaml(CONTRACT_FILE)
    [path] = [path for path, item in data["paths"].items() if "get" in item and "post" in item]
    item = dict(data["paths"][path])
    raw = {name: value for name, value in item["delete"].items() if name != "requestBody"}
    raw["operationId"] = "remove"
    raw["parameters"] = [
        {"name": "email", "in": "path", "required": True, "schema": {"type": "string"}}
    ]
    data["paths"][f"{path}{{email}}/"] = {"parameters": item["parameters"], "delete": raw}
    file: Path = write_yaml(tmp_path_factory.mktemp("grown") / "accounts.yaml", data)
    return read_contract(file).operations["remove"]


@pytest.mark.parametrize("operation", READ.values(), ids=list(READ))
def test_the_method_says_whether_an_operation_writes(operation: Operation) -> None:
    assert operation.writes is (operation.method != "get")


def test_a_write_need_not_have_a_body(grown: Operation) -> None:
    assert grown.body is None
    assert grown.writes


def test_the_scope_is_what_a_token_needs() -> None:
    assert {one.id: one.scope for one in READ.values()} == {one.id: one.scope for one in OPERATIONS}
    assert READ["add_email"].scopes == {BY_ID["add_email"].scope}


@given(username=names, email=names)
def test_a_filled_path_is_matched_again(grown: Operation, username: str, email: str) -> None:
    values = {"username": username, "email": email}
    path = grown.fill(values)
    assert path.isascii()
    assert grown.match("DELETE", f"{path}?query") == values
    assert grown.match("GET", path) is None
    assert grown.match("DELETE", path.removesuffix("/")) is None


def test_a_path_is_filled_whole() -> None:
    with pytest.raises(KeyError, match="username"):
        READ["get_user"].fill({})
