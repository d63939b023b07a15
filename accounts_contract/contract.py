"""A contract: the operations of an OpenAPI document, with everything in them compiled."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import quote, unquote

from accounts_contract.documents import (
    Document,
    DocumentError,
    Finding,
    Pointer,
    follow,
    read_document,
)
from accounts_contract.openapi_rules import breaches_of_form, breaches_of_meaning
from accounts_contract.schemas import Direction, Schema, SchemaError, SchemaSet

Method = Literal["get", "put", "post", "delete", "options", "head", "patch", "trace"]
METHODS: tuple[str, ...] = get_args(Method)

_SAFE_METHODS = ("get", "head", "options", "trace")  # RFC 9110, section 9.2.1
_ANYTHING: Mapping[str, Any] = {"additionalProperties": {}}  # the schema of a body that has none
_NAMES = re.compile(r"\{([^{}]+)\}")  # of the parameters in a path


@dataclass(frozen=True, slots=True)
class SecurityRequirement:
    """One way to be let in: a security scheme, and the scopes that it demands of a token."""

    name: str
    kind: Literal["basic", "bearer"]
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MediaType:
    """A body in one media type. `examples` are by name."""

    name: str
    schema: Schema
    examples: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """The body that an operation reads: its media types, by their lower-case names."""

    required: bool
    content: Mapping[str, MediaType]


@dataclass(frozen=True, slots=True)
class Response:
    """The answer of an operation with one status. `requirement` is its `x-requirement`, in full, if it has one."""

    description: str
    content: Mapping[str, MediaType]
    requirement: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the path, the query or a header. `raw` is what the contract says of it."""

    name: str
    location: str
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        security: The ways to be let in; any one will do. Empty: nobody is asked.
        owner: The path parameter that names the account which must be the caller's (`x-owner`).
        responses: By status: "200", a range such as "4XX", or "default".
        raw: What the contract says of it.
    """

    id: str
    method: str
    path: str
    security: tuple[SecurityRequirement, ...]
    owner: str | None
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: Mapping[str, Response]
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def writes(self) -> bool:
        """True if its method is not safe (RFC 9110, section 9.2.1), with a body or without."""
        return self.method not in _SAFE_METHODS

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that a Bearer token needs; of several alternatives, the first."""
        found = (one.scopes for one in self.security if one.kind == "bearer")
        return next(found, frozenset())

    @property
    def scope(self) -> str:
        """The scopes that a Bearer token needs, separated by spaces (RFC 6749, section 3.3)."""
        return " ".join(sorted(self.scopes))

    def fill(self, parameters: Mapping[str, str]) -> str:
        """Return the path with its parameters in place, percent-encoded. Raises KeyError for one that lacks."""
        return _NAMES.sub(lambda name: quote(parameters[name[1]], safe=""), self.path)

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the decoded path parameters of a request; None if it is not one of this operation."""
        if method.lower() != self.method:
            return None
        names = _NAMES.findall(self.path)
        literal = _NAMES.split(self.path)[::2]
        found = re.fullmatch("([^/]+)".join(map(re.escape, literal)), path.partition("?")[0])
        if found is None:
            return None
        return dict(zip(names, map(unquote, found.groups()), strict=True))

    @property
    def success(self) -> int:
        """The status of success: the lowest documented one from 200 to 299."""
        return min(
            int(status) for status in self.responses if status.isdigit() and status[0] == "2"
        )

    def entry(self, status: int) -> str | None:
        """Return the entry of its responses that documents a status (OpenAPI 3.0.3, "Responses Object"); None if there is none."""
        keys = (str(status), f"{status // 100}XX", "default")
        return next((key for key in keys if key in self.responses), None)

    def response(self, status: int) -> Response | None:
        """Return the response that the contract documents for a status; None if there is none."""
        entry = self.entry(status)
        return None if entry is None else self.responses[entry]


@dataclass(frozen=True)
class Contract:
    """An OpenAPI document and its operations, by their ids. `scopes` are those that it declares."""

    document: Document
    operations: Mapping[str, Operation]
    scopes: Mapping[str, str]
    _schemas: Mapping[Direction, SchemaSet] = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """The title of the API."""
        return str(self.document.data["info"]["title"])

    def schema(self, name: str, direction: Direction = "request") -> Schema:
        """Return a named schema (`components.schemas`), compiled. Raises KeyError."""
        raw = self.document.data["components"]["schemas"][name]
        return self._schemas[direction].compile(raw)


def read_contract(path: Path, *, validate: bool = True) -> Contract:
    """Read and compile a contract.

    Args:
        path: An OpenAPI 3.0 document, as YAML or JSON.
        validate: Whether to check it against OpenAPI's own rules first; the files that come with the
            package were checked when it was built.

    Raises:
        DocumentError: It is unusable; with everything that was found, each with its place.
    """
    document = read_document(path, trusted=not validate)
    findings = breaches_of_form(document) if validate else []
    if findings:
        raise DocumentError(findings)
    reader = _Reader(document)
    contract = reader.contract()
    findings = reader.findings
    if validate and not findings:
        findings = list(breaches_of_meaning(document))
    if findings:
        raise DocumentError(findings)
    return contract


class _Reader:
    """A reader of the operations of one document, and of the findings about them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: Mapping[str, Any] = document.data
        self.findings: list[Finding] = []
        try:
            self.schemas: Mapping[Direction, SchemaSet] = {
                direction: SchemaSet(self.data, direction) for direction in get_args(Direction)
            }
        except RecursionError:
            raise DocumentError(
                [document.finding(("components", "schemas"), "is nested too deeply")]
            ) from None

    def contract(self) -> Contract:
        operations: dict[str, Operation] = {}
        for path, item in self.data["paths"].items():
            for method in item:
                if method not in METHODS:
                    continue
                pointer: Pointer = ("paths", path, method)
                operation = self.operation(path, method, item, pointer)
                if operation.id in operations:
                    self.report((*pointer, "operationId"), f"{operation.id!r} is used twice")
                operations[operation.id] = operation
        schemes = self.data.get("components", {}).get("securitySchemes", {})
        scopes: dict[str, str] = {}
        for scheme in schemes.values():
            for flow in self.resolve(scheme).get("flows", {}).values():
                scopes.update(flow.get("scopes", {}))
        return Contract(self.document, operations, scopes, self.schemas)

    def operation(
        self, path: str, method: str, item: Mapping[str, Any], pointer: Pointer
    ) -> Operation:
        raw = item[method]
        if "operationId" not in raw:
            self.report(pointer, "needs an operationId: by it the operation finds its rules")
        parameters = self.parameters(item, raw, pointer)
        owner = raw.get("x-owner")
        in_path = {parameter.name for parameter in parameters if parameter.location == "path"}
        named = set(_NAMES.findall(path))
        for name in sorted(named - in_path):
            self.report(pointer, f"the path has {{{name}}}, and no parameter describes it")
        for name in sorted(in_path - named):
            self.report(pointer, f"the parameter {name!r} is to stand in the path, and does not")
        if owner is not None and owner not in in_path | named:
            message = f"names the path parameter {owner!r}, which {path} does not have"
            self.report((*pointer, "x-owner"), message)
        successes = [str(status) for status in raw["responses"] if str(status).startswith("2")]
        if not any(map(str.isdigit, successes)):
            message = "needs a response of success, such as 200"
            if successes:
                message = "needs one exact status of success, such as 200, not a range"
            self.report((*pointer, "responses"), message)
        return Operation(
            id=str(raw.get("operationId")),
            method=method,
            path=path,
            security=self.security(raw, pointer),
            owner=owner,
            parameters=parameters,
            body=self.body(raw, pointer),
            responses={
                str(status): self.response(response, raw, (*pointer, "responses", status))
                for status, response in raw["responses"].items()
            },
            raw=raw,
        )

    def parameters(
        self, item: Mapping[str, Any], raw: Mapping[str, Any], pointer: Pointer
    ) -> tuple[Parameter, ...]:
        found: dict[tuple[str, str], Parameter] = {}
        for parameter in (*item.get("parameters", ()), *raw.get("parameters", ())):
            parameter = self.resolve(parameter)
            self.compile("request", parameter.get("schema", {}), pointer)
            name, location = parameter["name"], parameter["in"]
            found[name, location] = Parameter(name, location, parameter)
        return tuple(found.values())

    def security(self, raw: Mapping[str, Any], pointer: Pointer) -> tuple[SecurityRequirement, ...]:
        schemes = self.data.get("components", {}).get("securitySchemes", {})
        declared = raw.get("security", self.data.get("security", []))
        place: Pointer = (*pointer, "security") if "security" in raw else ("security",)
        requirements: list[SecurityRequirement] = []
        for index, alternative in enumerate(declared):
            if not alternative:  # {}: nobody has to log in
                return ()
            if len(alternative) > 1:
                message = (
                    "asks for several schemes at once, but a request has one Authorization header"
                )
                self.report((*place, index), f"{message}; list them as alternatives")
            for name, scopes in alternative.items():
                scheme = self.resolve(schemes.get(name))
                kind = _kind(scheme)
                if kind is None:
                    known = ", ".join(schemes) or "none"
                    message = f"{name!r} is no HTTP Basic, HTTP Bearer or OAuth 2 scheme"
                    self.report(
                        (*place, index, name), f"{message} of this contract (it has {known})"
                    )
                    continue
                self.scopes(scheme, scopes, (*place, index, name))
                requirements.append(SecurityRequirement(name, kind, frozenset(scopes)))
        return tuple(requirements)

    def scopes(self, scheme: Mapping[str, Any], scopes: Sequence[str], pointer: Pointer) -> None:
        if scheme["type"] != "oauth2":
            return
        declared = {name for flow in scheme["flows"].values() for name in flow.get("scopes", {})}
        for index, scope in enumerate(scopes):
            if scope not in declared:
                known = ", ".join(sorted(declared)) or "none"
                self.report((*pointer, index), f"{scope!r} is not a declared scope ({known})")

    def body(self, raw: Mapping[str, Any], pointer: Pointer) -> Body | None:
        if "requestBody" not in raw:
            return None
        body = self.resolve(raw["requestBody"])
        place = (*pointer, "requestBody", "content")
        content = self.content("request", body["content"], place)
        return Body(bool(body.get("required")), content)

    def response(
        self, raw: Mapping[str, Any], operation: Mapping[str, Any], pointer: Pointer
    ) -> Response:
        raw = self.resolve(raw)
        content = self.content("response", raw.get("content", {}), (*pointer, "content"))
        own = mapping(mapping(operation.get("x-requirements")).get(str(pointer[-1])))
        requirement = {**mapping(raw.get("x-requirement")), **own}
        name = str(requirement.get("id", "/"))
        if "/" not in name:  # of a response that several operations share
            slug = str(operation.get("operationId")).replace("_", "-")
            requirement["id"] = f"{slug}/{name}"
        return Response(str(raw.get("description", "")), content, requirement)

    def content(
        self, direction: Direction, raw: Mapping[str, Any], pointer: Pointer
    ) -> dict[str, MediaType]:
        content = {}
        for name, media in raw.items():
            place = (*pointer, name, "schema")
            schema = self.compile(direction, media.get("schema", _ANYTHING), place)
            examples = {
                key: self.resolve(example).get("value")
                for key, example in media.get("examples", {}).items()
            }
            if "example" in media:
                examples["example"] = media["example"]
            content[name.lower()] = MediaType(name, schema, examples)
        return content

    def compile(self, direction: Direction, raw: Mapping[str, Any], pointer: Pointer) -> Schema:
        try:
            return self.schemas[direction].compile(raw)
        except SchemaError as error:
            self.report(pointer, f"the schema cannot be compiled: {error}")
            return self.schemas[direction].compile(_ANYTHING)

    def resolve(self, raw: Any) -> Mapping[str, Any]:
        """Return an object, with references inside this document followed; {} where they lead nowhere."""
        for _ in range(32):
            if not isinstance(raw, Mapping):
                return {}
            if not isinstance(raw.get("$ref"), str):
                return raw
            raw = follow(self.data, raw["$ref"])
        return {}

    def report(self, pointer: Pointer, message: str) -> None:
        self.findings.append(self.document.finding(pointer, message))


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object as one, and anything else as an empty one: OpenAPI lets an extension be anything."""
    return value if isinstance(value, Mapping) else {}


def _kind(scheme: Mapping[str, Any]) -> Literal["basic", "bearer"] | None:
    if scheme.get("type") == "oauth2":
        return "bearer"
    if scheme.get("type") == "http":
        name = str(scheme.get("scheme")).lower()
        return "basic" if name == "basic" else "bearer" if name == "bearer" else None
    return None
