"""OpenAPI 3.0 schemas, compiled to validators that say in plain words what is wrong.

OpenAPI 3.0 schemas are JSON Schema draft 4 with a few differences (`nullable`, `readOnly`,
`writeOnly`; OpenAPI 3.0.3, "Schema Object"), which are translated here, once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sized
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, cast

import jsonschema_rs

from accounts_contract.documents import Pointer, format_pointer

Direction = Literal["request", "response"]
"""The way of a body: `readOnly` members are not required in a request, `writeOnly` ones not in a response."""

_NAMED = "#/components/schemas/"  # before the name of a schema, in a reference
_DEEPEST = 8  # how far the parts of parts of a schema are followed for its members
_SHOWN = 80  # characters of a refused value that a message repeats
_LARGE = 10_000  # values; of a larger document not all errors are told
_BEGINNING = 1000  # entries of each list and object in a large one
_MOST_NAMES = 100  # unknown members that are told one by one


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing in a value that its schema does not allow; `pointer` is empty for the value as a whole."""

    pointer: str
    detail: str


class SchemaError(Exception):
    """A schema that cannot be compiled, such as one with a broken pattern."""


class Schema:
    """A compiled schema."""

    __slots__ = (
        "_components",
        "_secrets",
        "_validator",
        "is_open",
        "is_valid",
        "known_members",
        "member_types",
        "raw",
    )

    def __init__(self, raw: Mapping[str, Any], components: SchemaSet) -> None:
        self.raw = raw
        self._components = components
        self._validator = components.validator(raw)
        self._secrets = components.secrets(raw)
        self.is_valid = self._validator.is_valid
        """The fast check of a JSON value, without reasons."""
        members = components.members(raw)
        self.member_types: Mapping[str, frozenset[str]] = {
            name: components.types(schema) for name, schema in members.items()
        }
        """The JSON types that each top-level member may have; the empty set where any may."""
        self.known_members = frozenset(members)
        """The documented top-level members."""
        self.is_open = any(
            isinstance(part.get("additionalProperties"), Mapping) for part in components.parts(raw)
        )
        """True if it describes top-level members beyond those that it names."""

    def members_of_entries(self, name: str) -> list[str]:
        """Return the members that the entries of a list have; the list is a member itself."""
        entries = self._components.members(self.raw)[name]["items"]
        return list(self._components.members(entries))

    def violations(self, value: Any) -> list[Violation]:
        """Return all violations in a JSON value, of a large one those at its beginning, or the first; none if it is valid.

        A value in a member of the format `password` is never repeated. A value whose nesting the
        validator gives up on is a violation too.
        """
        try:
            # The validator makes all errors at once, with what they are about, and slowly.
            some = _beginning(value) if is_large(value) else value
            errors = list(self._validator.iter_errors(some))
            if not errors and some is not value:
                self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            errors = [error]
        except (ValueError, RecursionError):
            return [Violation("", "is nested too deeply to be checked")]
        found = [
            Violation(format_pointer(path), detail)
            for error in errors
            for path, detail in explain(error, self._secrets)
        ]
        return list(dict.fromkeys(found))


def _beginning(value: Any) -> Any:
    """Return a JSON value of which each list and object has its first entries only."""
    if isinstance(value, Mapping):
        return {name: _beginning(part) for name, part in islice(value.items(), _BEGINNING)}
    return list(map(_beginning, value[:_BEGINNING])) if isinstance(value, list) else value


def is_large(value: Any) -> bool:
    """Tell whether a JSON value has so many parts that finding all errors takes long."""
    todo, count = [value], 0
    while todo and count <= _LARGE:
        part = todo.pop()
        count += 1
        if isinstance(part, Mapping):
            todo.extend(part.values())
        elif isinstance(part, list):
            todo.extend(part)
    return count > _LARGE


class SchemaSet:
    """The schemas of one contract, which may refer to each other, for one direction."""

    def __init__(self, contract: Mapping[str, Any], direction: Direction) -> None:
        self._named: Mapping[str, Any] = contract.get("components", {}).get("schemas", {})
        self._direction: Direction = direction
        self._translated = {
            name: _translate(schema, direction, self.resolve)
            for name, schema in self._named.items()
        }
        self._compiled: dict[str, Schema] = {}
        self._secret_names = self._secrets_in(self._named)

    def compile(self, raw: Mapping[str, Any]) -> Schema:
        """Return the compiled form of a schema object; equal ones are compiled once. Raises SchemaError."""
        key = json.dumps(raw, sort_keys=True)
        if key not in self._compiled:
            self._compiled[key] = Schema(raw, self)
        return self._compiled[key]

    def validator(self, raw: Mapping[str, Any]) -> jsonschema_rs.Draft4Validator:
        """Return the validator of a schema object. Raises SchemaError."""
        translated = _translate(raw, self._direction, self.resolve)
        document = {"allOf": [translated], "components": {"schemas": self._referred(translated)}}
        try:
            return jsonschema_rs.Draft4Validator(document, validate_formats=True, offline=True)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            raise SchemaError(str(error).split("\n", 1)[0]) from None

    def _referred(self, schema: Any) -> Mapping[str, Any]:
        """Return the named schemas that a schema refers to, directly or not: to compile it with all takes longer."""
        found: dict[str, Any] = {}
        todo = [schema]
        while todo:
            for part in _objects(todo.pop()):
                reference = part.get("$ref")
                if isinstance(reference, str):
                    name = reference.removeprefix(_NAMED)
                    if name not in self._translated:  # a part of one, or spelled in another way
                        return self._translated
                    if name not in found:
                        found[name] = self._translated[name]
                        todo.append(found[name])
        return found

    def resolve(self, schema: Any) -> Mapping[str, Any]:
        """Return a schema object, with a reference to a named schema followed; {} where there is none."""
        seen = set()
        while isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            name = schema["$ref"].removeprefix(_NAMED)
            if name in seen or name not in self._named:
                return {}
            seen.add(name)
            schema = self._named[name]
        return schema if isinstance(schema, Mapping) else {}

    def parts(self, raw: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
        """Give a schema and the parts that it is made of, references followed."""
        schema = self.resolve(raw)
        yield schema
        for key in ("allOf", "anyOf", "oneOf") if depth < _DEEPEST else ():
            for part in schema.get(key, ()):
                yield from self.parts(part, depth + 1)

    def members(self, raw: Any) -> dict[str, Mapping[str, Any]]:
        """Return the top-level members that a schema describes, with their schemas."""
        return {
            name: self.resolve(member)
            for part in self.parts(raw)
            for name, member in part.get("properties", {}).items()
        }

    def types(self, raw: Any) -> frozenset[str]:
        """Return the JSON types that a schema allows by name; empty where it names none."""
        return frozenset(part["type"] for part in self.parts(raw) if "type" in part)

    def secrets(self, raw: Any) -> frozenset[str]:
        """Return the names of the members, in a schema and in all named ones, whose values are secret."""
        return self._secret_names | self._secrets_in(raw)

    def _secrets_in(self, schemas: Any) -> frozenset[str]:
        members = [part.get("properties") for part in _objects(schemas)]
        return frozenset(
            name
            for some in members
            if isinstance(some, Mapping)
            for name, member in some.items()
            if self.resolve(member).get("format") == "password"
        )


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Give all objects in a JSON value."""
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, Mapping):
            yield part
            todo += part.values()
        elif isinstance(part, list):
            todo += part


def _translate(schema: Any, direction: Direction, resolve: Any) -> Any:
    """Return a schema object of OpenAPI 3.0 as JSON Schema draft 4."""
    if not isinstance(schema, Mapping) or "$ref" in schema:
        return schema
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties" and isinstance(value, Mapping):
            result[key] = {
                name: _translate(part, direction, resolve) for name, part in value.items()
            }
        elif key in ("allOf", "anyOf", "oneOf") and isinstance(value, list):
            result[key] = [_translate(part, direction, resolve) for part in value]
        elif key in ("items", "not", "additionalProperties"):
            result[key] = _translate(value, direction, resolve)
        elif key == "format" and value == "email":
            # An address is judged by its pattern alone: the text leaves open who is picky about what.
            continue
        elif key not in ("nullable", "example", "discriminator", "xml", "externalDocs"):
            result[key] = value
    if schema.get("nullable") and isinstance(schema.get("type"), str):
        result["type"] = [schema["type"], "null"]
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            result["enum"] = [*schema["enum"], None]
    if isinstance(schema.get("required"), list) and isinstance(schema.get("properties"), Mapping):
        absent = "readOnly" if direction == "request" else "writeOnly"
        required = [
            name
            for name in schema["required"]
            if not resolve(schema["properties"].get(name)).get(absent)
        ]
        result.pop("required")
        if required:  # draft 4 does not allow an empty list
            result["required"] = required
    return result


_PLAIN_TYPES = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


_SIZES = {
    "minLength": ("at least", "character"),
    "maxLength": ("at most", "character"),
    "minItems": ("at least", "item"),
    "maxItems": ("at most", "item"),
    "minProperties": ("at least", "member"),
    "maxProperties": ("at most", "member"),
}


_UNIONS = ("oneOf", "anyOf")

_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


def explain(
    error: jsonschema_rs.ValidationError, secrets: Collection[str] = ()
) -> Iterator[tuple[Pointer, str]]:
    """Explain the findings of a validator in plain words, each with its place.

    Args:
        error: What it found.
        secrets: The names of the members whose values are not repeated.
    """
    kind = error.kind.name
    facts = error.kind.as_dict()
    path: Pointer = tuple(error.instance_path)
    is_secret = any(key in secrets for key in path)
    value = error.instance
    if kind == "additionalProperties":
        unexpected = facts["unexpected"]
        for name in unexpected[:_MOST_NAMES]:
            yield (*path, "a secret" if is_secret else name), "is not a known member"
        if len(unexpected) > _MOST_NAMES:
            more = len(unexpected) - _MOST_NAMES
            yield path, f"has at least {more:,} more members that are not known"
        return
    if kind in _UNIONS:
        meant = _meant(error, facts["context"])
        if meant:
            for one in meant:
                yield from explain(one, secrets)
            return
    if kind == "required":
        yield (*path, facts["property"]), "is required, and missing"
        return
    yield path, _detail(kind, facts, value, is_secret=is_secret)


def _detail(kind: str, facts: Mapping[str, Any], value: Any, *, is_secret: bool) -> str:
    """Describe the fault of a value by the rule that it breaks."""
    if kind in _SIZES:
        bound, thing = _SIZES[kind]
        limit = facts["limit"]
        size = len(cast("Sized", value))
        has = f"{size} or more" if size == _BEGINNING else size
        return f"must have {bound} {limit} {thing}{'s' * (limit != 1)}, and has {has}"
    if kind == "type":
        rule = f"must be {' or '.join(_PLAIN_TYPES[name] for name in facts['types'])}"
    elif kind == "enum":
        options = [json.dumps(option, ensure_ascii=False) for option in facts["options"]]
        rule = f"must be {' or '.join(options)}"
    elif kind == "pattern":
        return (
            f"does not match the pattern {facts['pattern']}: {_shown(value, is_secret=is_secret)}"
        )
    elif kind == "format":
        rule = f"must be in the format {facts['format']}"
    elif kind in _BOUNDS:
        rule = f"must be {_BOUNDS[kind]} {facts['limit']}"
    elif kind in _UNIONS:
        rule = "has none of the documented forms"
    else:
        rule = f"breaks the rule {kind!r} of its schema"
    return f"{rule}, and is {_shown(value, is_secret=is_secret)}"


def _meant(
    error: jsonschema_rs.ValidationError, forms: list[list[jsonschema_rs.ValidationError]]
) -> list[jsonschema_rs.ValidationError]:
    """Return the errors of a value as the one form that it was probably meant to have; none if that is not plain."""
    misfits = {"type", "required", "additionalProperties"}
    close = [
        form
        for form in forms
        if form
        and not any(e.kind.name in misfits and e.instance_path == error.instance_path for e in form)
    ]
    return close[0] if len(close) == 1 else []


def _shown(value: Any, *, is_secret: bool) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if is_secret:
        return "a secret"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
