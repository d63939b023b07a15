"""OpenAPI's own rules of a document, each breach with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from accounts_contract.documents import Document, Finding, Pointer, follow
from accounts_contract.schemas import explain, is_large


def breaches_of_form(document: Document) -> list[Finding]:
    """Find the breaches that keep a document from being read as OpenAPI 3.0, as far as its first broken storey."""
    for storey in (_version, _dangling_references, _structure):
        findings = list(storey(document))
        if findings:
            return findings
    return []


def breaches_of_meaning(document: Document) -> Iterator[Finding]:
    """Find breaches that no schema can describe, such as a default value of a wrong type.

    The validator tells the place of little of this: what we can place ourselves is better found before.
    """
    from openapi_spec_validator import OpenAPIV30SpecValidator  # noqa: PLC0415 - slow, and only for contracts of one's own

    try:
        for error in OpenAPIV30SpecValidator(document.data).iter_errors():
            yield document.finding(tuple(error.absolute_path), error.message.partition("\n")[0])
    except Exception as error:  # noqa: BLE001 - whatever a circular reference raises in there
        yield document.finding((), f"cannot be checked as OpenAPI: {error}")


def _version(document: Document) -> Iterator[Finding]:
    version = document.data.get("openapi") if isinstance(document.data, dict) else None
    if not isinstance(version, str) or not version.startswith("3.0."):
        message = f"must be an OpenAPI 3.0 document (openapi: 3.0.3), and says {version!r}"
        yield document.finding(("openapi",), message)


def _dangling_references(document: Document) -> Iterator[Finding]:
    """Find each `$ref` that leads nowhere, or out of the file."""
    todo: list[tuple[Pointer, Any]] = [((), document.data)]
    while todo:
        pointer, value = todo.pop()
        if isinstance(value, Mapping):
            reference = value.get("$ref")
            if isinstance(reference, str) and pointer[-1:] != ("properties",):
                if not reference.startswith("#/"):
                    message = f"{reference!r} leads out of this file; copy what it names into it"
                    yield document.finding((*pointer, "$ref"), message)
                elif follow(document.data, reference) is None:
                    yield document.finding((*pointer, "$ref"), f"{reference!r} leads nowhere")
            todo.extend(((*pointer, key), part) for key, part in value.items())
        elif isinstance(value, list):
            todo.extend(((*pointer, index), part) for index, part in enumerate(value))


def _structure(document: Document) -> Iterator[Finding]:
    """Find the breaches of the schema that OpenAPI publishes of its documents."""
    from openapi_spec_validator.schemas import schema_v30  # noqa: PLC0415 - slow, and only for contracts of one's own

    schema = jsonschema_rs.Draft4Validator(dict(schema_v30), validate_formats=True, offline=True)
    errors: list[jsonschema_rs.ValidationError] = []
    try:
        schema.validate(document.data)
    except jsonschema_rs.ValidationError as first:
        # All errors of a large document at once would take too long.
        errors = [first] if is_large(document.data) else list(schema.iter_errors(document.data))
    for error in errors:
        for cause in _causes(error):
            for path, detail in explain(cause):
                yield document.finding(path, detail)


def _causes(error: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError]:
    """Return the errors at the root; of several alternatives, those of the one that comes closest."""
    branches: list[list[jsonschema_rs.ValidationError]] = error.kind.as_dict().get("context", [])
    if not branches:
        return [error]
    causes = [[cause for part in branch for cause in _causes(part)] for branch in branches]
    return max(
        causes, key=lambda branch: max((len(one.instance_path) for one in branch), default=0)
    )
