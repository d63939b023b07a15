"""The codes of a contract's errors: the extension `x-codes` of their schema, such as `Problem`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts_contract.contract import Contract, Operation


@dataclass(frozen=True, slots=True)
class Code:
    """A code of the contract's errors: `operations` are those that send it, None for all with its status."""

    name: str
    status: str
    meaning: str
    fix: str
    operations: Sequence[str] | None

    def is_of(self, operation: Operation, status: str) -> bool:
        """Tell whether an operation sends it with a status."""
        return self.status == status and (
            self.operations is None or operation.id in self.operations
        )


def read_codes(contract: Contract) -> list[Code]:
    """Return every code of a contract, in its order."""
    components = _mapping(contract.document.data.get("components"))
    schemas = map(_mapping, _mapping(components.get("schemas")).values())
    return [
        Code(
            name,
            str(code.get("status", "any")),
            str(code.get("meaning", "")),
            str(code.get("fix", "")),
            operations if isinstance(operations := code.get("operations"), list) else None,
        )
        for schema in schemas
        for name, code in _mapping(schema.get("x-codes")).items()
        if isinstance(code, Mapping)
    ]


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return an object as one, and anything else as an empty one: extensions of a user's contract may hold anything."""
    return value if isinstance(value, Mapping) else {}
