"""The facts of the reference about each operation, read from its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts_contract import Contract, Operation
from accounts_contract.codes import Code, read_codes
from mockserver.docs.members import Member, Members
from mockserver.docs.requests import Sample, Samples

_PAGES = "pages"  # the tag of operations that are for browsers


@dataclass(frozen=True, slots=True)
class DocumentedAnswer:
    """The answer of an operation with one status.

    Attributes:
        status: The status, or a range.
        description: When it comes.
        media_types: What its body may be.
        requirement: Its `x-requirement`.
        codes: The codes of the errors that it may have.
        examples: Titles and JSON data.
        headers: The header fields that are documented.
        members: The members of its body.
        same_as: The status before it whose body has the same members; "" where none has.
    """

    status: str
    description: str
    media_types: Sequence[str]
    requirement: Mapping[str, str]
    codes: Sequence[Code]
    examples: Sequence[tuple[str, Any]]
    headers: Sequence[Member]
    members: Sequence[Member]
    same_as: str


@dataclass(frozen=True, slots=True)
class Section:
    """One operation. `parameters` are behind their places: "path", "query"."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    scopes: Sequence[str]
    owner: str | None
    public: bool
    shared: bool
    media_types: Sequence[str]
    parameters: Sequence[tuple[str, Member]]
    about_body: str
    body: Sequence[Member]
    answers: Sequence[DocumentedAnswer]
    samples: Sequence[Sample]
    is_stream: bool


def sections(
    contracts: Mapping[str, Contract], server: str, state: Mapping[str, Any], username: str
) -> Mapping[str, Sequence[Section]]:
    """Return the operations of contracts that are for programs.

    Args:
        contracts: The contracts by the names that they have in the reference.
        server: The base URL that the code calls.
        state: The world whose tokens the code sends, as JSON data.
        username: Whose account the code opens.
    """
    samples = Samples(contracts, server, state, username)
    return {api: list(_sections(contract, samples)) for api, contract in contracts.items()}


def _sections(contract: Contract, samples: Samples) -> Iterator[Section]:
    known, members = read_codes(contract), Members(contract.document.data)
    for operation in contract.operations.values():
        raw = operation.raw
        tags = raw.get("tags", ["operations"])
        if _PAGES in tags:
            continue
        body = members.resolve(raw.get("requestBody"))
        media: Mapping[str, Any] = next(iter(body.get("content", {}).values()), {})
        yield Section(
            id=operation.id,
            method=operation.method.upper(),
            path=operation.path,
            tag=tags[0],
            summary=raw.get("summary", operation.id),
            description=raw.get("description", ""),
            scopes=operation.scope.split(),
            owner=operation.owner,
            public=not operation.security,
            shared=raw.get("x-shared") is True,
            media_types=[*body.get("content", {})],
            parameters=[(one.location, _value(members, one.raw)) for one in operation.parameters],
            about_body=body.get("description", ""),
            body=members.table(media.get("schema", {})),
            answers=list(_answers(operation, known, members)),
            samples=list(samples.of(operation.id)),
            is_stream="text/event-stream" in operation.responses[str(operation.success)].content,
        )


def _value(members: Members, raw: Mapping[str, Any], name: str = "") -> Member:
    """Return a parameter, or the header field of a name."""
    schema = {"allOf": [raw.get("schema", {})], "description": raw.get("description", "")}
    return members.one(raw.get("name", name), schema, required=raw.get("required") is True)


def _answers(
    operation: Operation, known: Sequence[Code], members: Members
) -> Iterator[DocumentedAnswer]:
    told: dict[str, Sequence[Member]] = {}
    for status, response in operation.responses.items():
        described = members.resolve(operation.raw["responses"][status])
        content = described.get("content", {})
        examples = [
            (
                members.resolve(example).get("summary", name),
                response.content[media.lower()].examples[name],
            )
            for media, one in content.items()
            for name, example in one.get("examples", {}).items()
        ]
        media: Mapping[str, Any] = next(iter(content.values()), {})
        table = members.table(media.get("schema", {}))
        same_as = next((before for before, other in told.items() if other == table), "")
        if table and not same_as:
            told[status] = table
        headers = described.get("headers", {})
        yield DocumentedAnswer(
            status=status,
            description=response.description,
            media_types=[*content],
            requirement=response.requirement,
            codes=[code for code in known if code.is_of(operation, status)],
            examples=examples,
            headers=[_value(members, members.resolve(one), name) for name, one in headers.items()],
            members=table,
            same_as=same_as,
        )
