"""Secrets in a text are hidden, wherever they stand in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mockserver.sandboxes.redaction import HIDDEN, Redactor

SECRET = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=6, max_size=20)


@given(st.lists(SECRET, min_size=1), st.text(), st.text(), st.data())
def test_no_secret_is_left_in_a_text(
    secrets: list[str], before: str, after: str, data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(secrets))
    redacted = Redactor(secrets)(f"{before}={chosen}&{after}")
    if HIDDEN not in chosen:
        assert f"={chosen}&" not in redacted


def test_many_secrets_are_hidden_as_few_are() -> None:
    secrets = [f"{number}-is-a-secret" for number in range(1000)]
    text = "a 7-is-a-secret and 999-is-a-secret, and a-secret"
    assert Redactor(secrets)(text) == "a *** and ***, and a-secret"


def test_the_longest_secret_that_fits_is_hidden() -> None:
    assert Redactor(["secret-1", "secret-1-and-more"])("secret-1-and-more secret-1") == "*** ***"
