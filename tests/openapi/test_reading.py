"""The reading of the text: every reading has its words, and Chinese ones an English rendering."""

from __future__ import annotations

import re

import pytest

from tests.support import READ, READING_FILE, Json, read_yaml

READING = read_yaml(READING_FILE)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
POINTS = [(part["name"], point) for part in READING["parts"] for point in part["points"]]
REQUIREMENTS = [one.requirement for op in READ.values() for one in op.responses.values()]
SOURCES: list[Json] = [source for _, point in POINTS for source in point.get("source", ())]


@pytest.mark.parametrize(("part", "point"), POINTS)
def test_a_reading_has_its_words_and_what_is_open_has_what_the_mock_server_does(
    part: str, point: Json
) -> None:
    assert point["text"].endswith(".")
    if part in ("open", "token-flow"):
        assert "The mock server" in point["text"]
    else:
        assert point["source"]


def test_a_page_that_words_come_from_is_named_and_told_of() -> None:
    pages = {source["of"] for source in SOURCES if "of" in source}
    assert pages == {"docker.io Accounts API, version 1.1, section 1.5, as it was published"}
    told = " ".join(READING["sources"]["points"])
    for name in ("docker.io Accounts API", "version 1.1", "section 1.5", "original page"):
        assert name in told
    parts = [part for part in READING["parts"] if part["name"] == "token-flow"]
    assert all("sibling page" in point["text"] for part in parts for point in part["points"])


def test_chinese_words_have_an_english_rendering() -> None:
    cited = [(one["words"], one.get("english")) for one in SOURCES]
    cited += [(one["source"], one.get("english")) for one in REQUIREMENTS]
    chinese = [words for words, _ in cited if CHINESE.search(words)]
    assert len(chinese) > 8
    assert [words for words, english in cited if CHINESE.search(words) and not english] == []
    assert [english for _, english in cited if english and CHINESE.search(english)] == []


def test_the_words_of_a_status_are_those_that_the_contract_quotes() -> None:
    quoted = [one["source"] for one in REQUIREMENTS]
    for source in SOURCES:
        if re.match(r"\d{3} –", source["words"]):
            assert any(one.startswith(source["words"]) for one in quoted), source
