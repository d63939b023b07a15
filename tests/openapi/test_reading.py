"""How the text is read: every reading has its words, and Chinese ones an English rendering."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support import CONTRACT, READING_FILE, Json, read_yaml

READING = read_yaml(READING_FILE)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
POINTS = [
    pytest.param(part, point, id=f"{part['name']}-{point['title']}")
    for part in READING["parts"]
    for point in part["points"]
]


@pytest.mark.parametrize(("part", "point"), POINTS)
def test_a_reading_has_its_words_and_what_is_open_has_what_the_mock_server_does(
    part: Json, point: Json
) -> None:
    assert point["text"].endswith(".")
    if part["name"] == "open":
        assert "The mock server" in point["text"]
    else:
        assert point["source"]


def test_chinese_words_have_an_english_rendering() -> None:
    sources = [
        source for _, point in (one.values for one in POINTS) for source in point.get("source", ())
    ]
    cited = [(one["words"], one.get("english")) for one in sources]
    cited += [(one["source"], one.get("english")) for one in requirements(CONTRACT)]
    chinese = [words for words, _ in cited if CHINESE.search(words)]
    assert len(chinese) > 8
    assert [words for words, english in cited if CHINESE.search(words) and not english] == []
    assert [english for _, english in cited if english and CHINESE.search(english)] == []


def test_what_the_contract_requires_of_a_status_is_read_from_the_same_words() -> None:
    """A refusal that the reading quotes stands in the contract with the same words."""
    in_contract = {re.split(r"[ –]+", one["source"])[0]: [] for one in requirements(CONTRACT)}
    for one in requirements(CONTRACT):
        in_contract[re.split(r"[ –]+", one["source"])[0]].append(one["source"])
    for part in READING["parts"]:
        for point in part["points"]:
            for source in point.get("source", ()):
                if status := re.match(r"(\d{3}) –", source["words"]):
                    quoted = in_contract[status[1]]
                    assert any(words.startswith(source["words"].rstrip(".")) for words in quoted)


def requirements(value: Any) -> list[Json]:
    found = []
    if isinstance(value, dict):
        found += [value["x-requirement"]] if "x-requirement" in value else []
        value = list(value.values())
    if isinstance(value, list):
        found += [one for part in value for one in requirements(part)]
    return found
