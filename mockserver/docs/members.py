"""The members of a schema, one by one: their names, types, limits and meanings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accounts_contract.documents import follow

Raw = Mapping[str, Any]
Limit = tuple[str, str]
"""Words, and a code, either of which may be empty: `("default", "plain")`."""

_DEEPEST = 4  # lists in lists, and choices in choices, that the words for a type follow
_LONGEST = 32  # references in a row
_BOUNDS = (
    ("minLength", "maxLength", "characters"),
    ("minItems", "maxItems", "entries"),
    ("minProperties", "maxProperties", "members"),
    ("minimum", "maximum", ""),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a body, or a parameter."""

    name: str
    type: str
    required: bool
    limits: Sequence[Limit]
    description: str


class Members:
    """A reader of the schemas of one document."""

    def __init__(self, data: Raw) -> None:
        self._data = data

    def table(self, schema: Raw) -> list[Member]:
        """Return all members of a schema, those within them included, such as `errors[].pointer`."""
        return list(self._within(schema, "", {}))

    def one(self, name: str, schema: Raw, *, required: bool) -> Member:
        """Return what a schema says of a single value."""
        own = {key: value for part in reversed(self._parts(schema)) for key, value in part.items()}
        description = str(own.get("description", ""))
        return Member(name, self.type(schema), required, list(_limits(own)), description)

    def resolve(self, raw: Any) -> Raw:
        """Follow references within the document; {} where they lead nowhere."""
        for _ in range(_LONGEST):
            if not isinstance(raw, Mapping):
                break
            if not isinstance(raw.get("$ref"), str):
                return raw
            raw = follow(self._data, raw["$ref"])
        return {}

    def type(self, schema: Raw, depth: int = 0) -> str:
        """Return the type of a schema, in words."""
        parts = self._parts(schema)
        choices = [one for part in parts for one in _choices(part)]
        name = next((str(part["type"]) for part in parts if "type" in part), "")
        if depth < _DEEPEST and choices and not name:
            name = " or ".join(dict.fromkeys(self.type(one, depth + 1) for one in choices))
        elif depth < _DEEPEST and name == "array":
            items: Raw = next((part["items"] for part in parts if "items" in part), {})
            name = f"list of {self.type(items, depth + 1)}"
        elif any("properties" in part for part in parts):
            name = "object"
        form = next((f" ({part['format']})" for part in parts if "format" in part), "")
        nullable = " or null" if any(part.get("nullable") for part in parts) else ""
        return (name or "any JSON") + form + nullable

    def _within(
        self, schema: Raw, place: str, told: dict[str, str], *, is_choice: bool = False
    ) -> Iterator[Member]:
        """Give the members within a place. `told` has the places of the schemas that are told: each is so once."""
        reference = schema.get("$ref", "")
        if reference in told:
            return
        parts = self._parts(schema)
        if reference:
            told[reference] = place if any("properties" in part for part in parts) else ""
        needed = {name for part in parts for name in part.get("required", ())}
        for part in parts:
            for name, value in part.get("properties", {}).items():
                inner, required = f"{place}.{name}".lstrip("."), name in needed and not is_choice
                yield from self._whole(value, inner, told, required=required)
            others = part.get("additionalProperties")
            if isinstance(others, Mapping):
                yield from self._whole(others, f"{place}.*".lstrip("."), told, required=False)
            if "items" in part:
                yield from self._within(part["items"], f"{place}[]", told)
            for one in _choices(part):
                yield from self._within(one, place, told, is_choice=True)

    def _whole(
        self, schema: Raw, place: str, told: dict[str, str], *, required: bool
    ) -> Iterator[Member]:
        """Give a member, and those within it."""
        found = self.one(place, schema, required=required)
        items = self.resolve(schema).get("items", {})
        former = told.get(schema.get("$ref", "")) or told.get(items.get("$ref", ""))
        if former:
            found = replace(found, limits=[*found.limits, ("with the members of", former)])
        yield found
        yield from self._within(schema, place, told)

    def _parts(self, schema: Raw) -> list[Raw]:
        """Return a schema and all that it is made of by `allOf`, each once."""
        parts, todo, seen = [], [schema], set()
        while todo:
            one = todo.pop()
            if "$ref" in one:
                if one["$ref"] in seen:
                    continue
                seen.add(one["$ref"])
            part = self.resolve(one)
            parts.append(part)
            todo.extend(reversed(part.get("allOf", ())))
        return parts


def _choices(part: Raw) -> Sequence[Raw]:
    return [*part.get("oneOf", ()), *part.get("anyOf", ())]


def _limits(schema: Raw) -> Iterator[Limit]:
    for lower, upper, unit in _BOUNDS:
        least, most = schema.get(lower), schema.get(upper)
        if least is not None and most is not None:
            words = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        elif least is not None:
            words = f"at least {least:,}"
        elif most is not None:
            words = f"at most {most:,}"
        else:
            continue
        yield f"{words} {unit}".strip(), ""
    values = schema.get("enum", ())
    if values:
        yield "one of" if len(values) > 1 else "only", " | ".join(map(_text, values))
    if "pattern" in schema:
        yield "pattern", str(schema["pattern"])
    if "default" in schema:
        yield "default", _text(schema["default"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
