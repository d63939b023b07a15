"""Tokens: minted, copied, expired, revoked."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.console_page import Console
from tests.support import JOHNS, SCOPES, MockServer, bearer


def test_a_token_is_minted_used_expired_and_revoked(console: Console, server: MockServer) -> None:
    console.tab("Tokens")
    console["#mint-user"].select_option("johndoe")
    console["#mint-lifetime"].select_option("3600")
    choose(console, "profile_read")

    row = console.make("Mint token", "profile_read", "valid", "for 60 min")
    token = bearer(console.copy(row.get_by_role("button", name="Copy")))

    assert server.send("GET", JOHNS, token).status_code == 200
    assert server.send("GET", f"{JOHNS}emails/", token).status_code == 403
    row.get_by_role("button", name="Expire").click()
    expect(row).to_contain_text("expired")
    console.says("tokens", f"Expired {token.removeprefix('Bearer ')}.")
    assert server.send("GET", JOHNS, token).json()["code"] == "token-expired"
    expect(row.get_by_role("button", name="Expire")).to_be_disabled()
    row.get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    assert server.send("GET", JOHNS, token).json()["code"] == "token-revoked"

    # The lifetime may be any.
    console["#mint-lifetime"].select_option("")
    console["#mint-seconds"].fill("90061")
    console.make("Mint token", "for 25 h")
    assert server.send("GET", "/_mock/tokens").json()[-1]["expires_in"] in range(90000, 90062)


def test_the_scopes_are_those_of_the_contract_and_the_first_token_has_them_all(
    console: Console, server: MockServer
) -> None:
    console.tab("Tokens")
    offered = console["#mint-scopes label"].all_inner_texts()
    assert [text.strip() for text in offered] == list(SCOPES)
    console.make("Mint token", " ".join(SCOPES))
    # Those that were chosen stay chosen for the next one.
    choose(console, "email_read", "email_write")
    for _ in range(2):
        console.make("Mint token", "email_read email_write")
    console.press("Refresh")
    choose(console)
    for _ in range(2):
        console.make("Mint token", "no scopes")

    minted = server.send("GET", "/_mock/tokens").json()[-5:]
    assert [len(token["scopes"]) for token in minted] == [len(SCOPES), 2, 2, 0, 0]


def choose(console: Console, *scopes: str) -> None:
    for name in SCOPES:
        console.page.get_by_role("checkbox", name=name).set_checked(name in scopes)


def test_copying_works_where_the_clipboard_is_closed_to_the_page(console: Console) -> None:
    console.tab("Tokens")
    console.page.evaluate(
        "void (navigator.clipboard.writeText = () => Promise.reject(new Error()))"
    )
    button = console["#token-table"].get_by_role("button", name="Copy johndoe-all")

    assert console.copy(button) == "johndoe-all"
    expect(button).to_be_focused()


def test_valid_tokens_stand_first_by_user_the_newest_of_each_first(
    console: Console, server: MockServer
) -> None:
    minted = [server.mint(name, []) for name in ("janedoe", "johndoe", "janedoe")]
    server.send("DELETE", f"/_mock/tokens/{minted[0]}")
    console.tab("Tokens")
    expect(console["#token-table"]).to_contain_text(minted[2])

    rows = [row.split("\t") for row in console["#token-table tbody tr"].all_inner_texts()]

    found = [(row[2].split("\n")[0], row[1]) for row in rows]
    order = [("valid", "janedoe"), ("valid", "johndoe")]
    ended = [one for one in found if one[0] != "valid"]
    assert found == sorted(found[: -len(ended)], key=order.index) + ended
    assert [user for _, user in ended] == sorted(user for _, user in ended)
    tokens = [row[0].split("\n")[0] for row in rows]
    assert tokens[0] == minted[2]
    assert tokens.index(minted[1]) < tokens.index("johndoe-all")
