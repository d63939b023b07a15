"""The suite judges an implementation that shares no line with ours: see `independent`.

`make independent` tries every change of it; here are all that fit together, and a few of the defects.
"""

from __future__ import annotations

import pytest

from tests.conformance.independent.catalogue import build
from tests.conformance.independent.defects import DEFECTS
from tests.conformance.independent.storage import SEED
from tests.conformance.independent.trials import attempt
from tests.conformance.independent.variations import VARIATIONS

# Variations that can be had at once: as many as possible in as few runs as possible.
TOGETHER = {
    "strict": (
        *("scope_before_username", "one_challenge_header", "other_methods_not_found"),
        *("other_types_malformed", "type_needed", "added_again", "errors_in_html"),
        *("more_user_members", "newest_first", "account_email_stays", "gravatar_sha256"),
        *("head_not_allowed", "slash_not_needed", "connection_closes"),
        *("early_hints", "twice_named_in_form_refused", "odd_username_nowhere"),
        "mixed_case_primary",
    ),
    "terse": (
        *("scope_before_owner", "no_challenge", "other_types_read", "one_account_per_address"),
        *("errors_empty", "more_email_members", "unknown_members_refused", "primary_last"),
        *("empty_update_refused", "unverified_not_primary", "short_texts", "chunked"),
        *("options_not_allowed", "slash_redirected", "suffix_media_type"),
        *("null_flags_absent", "id_as_float"),
    ),
    "picky": (
        *(
            "errors_in_text",
            "twice_named_refused",
            "order_changes",
            "unverified_not_primary_at_all",
        ),
        *("update_needs_flag", "addresses_lowered", "exotic_refused", "empty_text_refused"),
        *("controls_refused", "space_around_refused", "old_http", "large_body_refused"),
        *("address_before_flags", "gravatar_relative", "continues"),
    ),
    "generous": (
        *("errors_in_array", "case_ignored", "malformed_not_found", "exotic_taken"),
        *("space_around_cut", "controls_dropped", "long_texts", "gravatar_counts", "compressed"),
        *("options_described", "long_head_refused", "escaped_json", "base_path"),
        *("headers_galore", "closed_without_notice", "odd_usernames"),
    ),
    "chatty": (
        *("errors_malformed", "case_ignored_in_adding", "domains_lowered"),
        *("space_around_address_cut", "surrogates_replaced", "bytes_replaced", "more_headers"),
        *("lower_case_headers", "length_of_nothing", "type_of_nothing", "location_of_new"),
        *("plain_media_type", "indented_json", "date_with_offset", "pages_elsewhere"),
        *("unknown_members_refused_in_forms", "members_that_change", "empty_profiles"),
    ),
}
# They wait, and are tried by `make independent` only.
SLOW = {
    *("slow", "limited_often", "limited_for_a_second", "limited_until_a_date"),
    *("slow_start", "wrong_logins_slowed", "many_addresses"),
}
# They go with none of the groups, or say what another one says in another way: tried there too.
APART = {
    *("errors_are_problems", "errors_are_long", "large_body_unread", "type_before_login"),
    *("odd_refusals", "untyped_malformed", "added_again_anew", "added_again_told"),
    *("gravatar_follows_primary", "all_escaped", "quoted_charset", "trailers", "gravatar_signed"),
}
HARD = ("connection_logged_in", "revoked_writes", "second_update_lost", "add_again_unverifies")


def test_every_variation_is_tried() -> None:
    together = {name for group in TOGETHER.values() for name in group}
    accounts = {name for name, one in VARIATIONS.changes.items() if one.service.seed is not SEED}
    assert together | SLOW | APART | accounts == set(VARIATIONS.changes)


@pytest.mark.parametrize("names", [(), *TOGETHER.values()], ids=["as it is", *TOGETHER])
def test_what_is_right_is_not_accused(names: tuple[str, ...]) -> None:
    trial = attempt(names, max_examples=3)
    assert trial.exit_code == 0, str(trial)


@pytest.mark.parametrize("name", HARD)
def test_what_is_wrong_is_found(name: str) -> None:
    trial = attempt([name], max_examples=3, hasty=True)
    assert trial.exit_code == 1, str(trial)


def test_a_server_is_built_from_every_change() -> None:
    for change in (*DEFECTS.changes.values(), *VARIATIONS.changes.values()):
        assert build([change]).calls == 0
