"""The contract as data: documents with places, operations with their access rules, compiled validators.

Both rooms stand on this package, the mock server and the conformance suite. It knows no HTTP server
and no client.
"""

from accounts_contract.contract import (
    Body,
    Contract,
    MediaType,
    Operation,
    Parameter,
    Response,
    SecurityRequirement,
    read_contract,
)
from accounts_contract.documents import (
    Document,
    DocumentError,
    Finding,
    Place,
    file_kind,
    format_pointer,
    read_document,
)
from accounts_contract.files import accounts_file, control_file, oauth_file, reading_file
from accounts_contract.output import take_every_text
from accounts_contract.schemas import Schema, Violation

__all__ = [
    "Body",
    "Contract",
    "Document",
    "DocumentError",
    "Finding",
    "MediaType",
    "Operation",
    "Parameter",
    "Place",
    "Response",
    "Schema",
    "SecurityRequirement",
    "Violation",
    "accounts_file",
    "control_file",
    "file_kind",
    "format_pointer",
    "oauth_file",
    "read_contract",
    "read_document",
    "reading_file",
    "take_every_text",
]
