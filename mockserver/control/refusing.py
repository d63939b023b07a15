"""How the control API refuses a body that breaks more than its schema."""

from __future__ import annotations

from collections.abc import Sequence

from accounts_contract import Violation
from mockserver.refusals import Invalid


def invalid(violations: Sequence[Violation]) -> Invalid:
    """A refusal that names all violations, the first of them in its sentence."""
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    detail = f"{first.pointer.removeprefix('/') or 'the body'} {first.detail}{more}"
    return Invalid("body-invalid", detail, violations)
