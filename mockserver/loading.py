"""Contract and fixtures from their files, ready to serve; and again when they change."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from accounts_contract import (
    Contract,
    DocumentError,
    Finding,
    accounts_file,
    control_file,
    oauth_file,
    read_contract,
)
from mockserver.accounts.operations import RULES
from mockserver.control.faults import contradictions
from mockserver.fixtures import DEFAULT, read_fixtures
from mockserver.sandboxes.sandbox import Fixtures


@dataclass(frozen=True)
class Sources:
    """The files to serve from; None: those that come with the package."""

    contract: Path | None = None
    fixtures: Path | None = None

    def files(self) -> list[Path]:
        """Return the files, those of the package included."""
        return [self.contract or accounts_file(), self.fixtures or DEFAULT]


@dataclass(frozen=True)
class Loaded:
    """The contents of the files."""

    contract: Contract
    oauth: Contract
    control: Contract
    fixtures: Fixtures


def load(sources: Sources) -> Loaded:
    """Read and check contract and fixtures.

    Raises:
        DocumentError: A file is broken; with everything that was found in both.
    """
    findings: list[Finding] = []
    oauth, control = _packaged(oauth_file()), _packaged(control_file())
    contract = fixtures = None
    path = sources.contract or accounts_file()
    try:
        contract = read_contract(path, validate=sources.contract is not None)
        findings += check_rules(contract)
    except DocumentError as error:
        findings += error.findings
    try:
        # Without a contract that can be read, the packaged one is what is known.
        known = contract or read_contract(accounts_file(), validate=False)
        check_rule = partial(contradictions, contract=known)
        fixtures = read_fixtures(sources.fixtures or DEFAULT, control, known.scopes, check_rule)
    except DocumentError as error:
        findings += error.findings
    if findings or contract is None or fixtures is None:
        raise DocumentError(findings)
    return Loaded(contract, oauth, control, fixtures)


@cache
def _packaged(file: Path) -> Contract:
    """Return a contract that no option replaces: a reload need not read it again."""
    return read_contract(file, validate=False)


def check_rules(contract: Contract) -> Iterator[Finding]:
    """Give the faults that keep our rules from serving the operations of a contract."""
    find = contract.document.finding
    for operation in contract.operations.values():
        pointer = ("paths", operation.path, operation.method)
        rule = RULES.get(operation.id)
        if rule is None:
            known = ", ".join(RULES)
            message = f"no rule carries out {operation.id!r}; there are rules for {known}"
            yield find((*pointer, "operationId"), message)
            continue
        in_path = [one.name for one in operation.parameters if one.location == "path"]
        if (operation.owner or "username") not in in_path:
            message = "needs the path parameter 'username', or an x-owner that names another one"
            yield find(pointer, message)
        taken = [*inspect.signature(rule).parameters][1:]  # without the world
        if "body" in taken and operation.body is None:
            yield find(pointer, f"{operation.id} needs a requestBody")
        wanted = [name for name in taken if name != "body"]
        if len(in_path) not in (0, len(wanted)):
            message = f"{operation.id} needs the path parameters {' and '.join(wanted)}"
            yield find(pointer, message)
