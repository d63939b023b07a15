"""The codes of a contract's errors: the extension `x-codes` of their schema, such as `Problem`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts_contract.contract import Contract, Operation, mapping


@dataclass(frozen=True, slots=True)
class Code:
    """A code of the contract's errors: `operations` are those that send it, with the statuses; None for all with its status."""

    name: str
    statuses: Sequence[str]
    meaning: str
    fix: str
    operations: Mapping[str, Sequence[str]] | None

    def is_of(self, operation: Operation, status: str) -> bool:
        """Tell whether an operation sends it with a status."""
        if self.operations is None:
            return status in self.statuses
        return status in self.operations.get(operation.id, ())


def read_codes(contract: Contract) -> list[Code]:
    """Return every code of a contract, in its order."""
    components = mapping(contract.document.data.get("components"))
    schemas = map(mapping, mapping(components.get("schemas")).values())
    return [
        _code(name, code)
        for schema in schemas
        for name, code in mapping(schema.get("x-codes")).items()
        if isinstance(code, Mapping)
    ]


def _code(name: str, raw: Mapping[str, Any]) -> Code:
    statuses, sending = [str(raw.get("status", "any"))], raw.get("operations")
    operations = None
    if isinstance(sending, list):
        operations = {str(one): statuses for one in sending}
    elif isinstance(sending, Mapping):
        operations = {one: _texts(its) for one, its in sending.items()}
        statuses = sorted({status for its in operations.values() for status in its})
    return Code(name, statuses, str(raw.get("meaning", "")), str(raw.get("fix", "")), operations)


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
