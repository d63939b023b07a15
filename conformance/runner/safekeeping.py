"""The restore file of a run: written before the first change, restored from, and removed once nothing is left."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from conformance.account.restore_file import Record, RestoreFile, RestoreFileError, RestoreFileInUse
from conformance.account.restorer import Restored, Restorer, restore_all
from conformance.target.target import Target
from conformance.wire.interruption import ignored_interruptions


@dataclass
class Safekeeping:
    """The state of both accounts in safekeeping: in a restore file that one run alone holds.

    Attributes:
        path: The restore file.
        notes: What is to be told of it.
    """

    path: Path
    target: Target
    restorer: Restorer
    notes: list[str]
    _file: RestoreFile | None = field(init=False, default=None)
    _record: Record | None = field(init=False, default=None)

    def open(self) -> str:
        """Open the restore file, and restore after an unfinished run.

        Returns:
            The reason to write nothing; "" if the run may write.

        Raises:
            RestoreFileError: The file cannot be used, or what an unfinished run left cannot be restored.
        """
        try:
            file = RestoreFile.open(self.path)
        except RestoreFileInUse as error:
            self.notes.append(str(error))
            return str(error)
        with contextlib.ExitStack() as failed:
            failed.callback(file.close, remove=False)
            outcome = self._restore_left(file)
            if outcome is not None and outcome.problems:
                raise RestoreFileError(
                    f"an unfinished run left the restore file {self.path}, and its accounts cannot be "
                    f"restored: {'; '.join(outcome.problems)}; restore them by hand, then remove the file"
                )
            failed.pop_all()
        self._file = file
        if outcome is not None:
            self.notes.append(f"restored the accounts after an unfinished run ({self.path})")
        return ""

    def keep(self, record: Record) -> None:
        """Write the state of the accounts; only where the file was opened. Raises RestoreFileError."""
        assert self._file is not None
        self._file.write(record)
        self._record = record

    def give_back(self) -> Restored:
        """Restore both accounts, verify it, and let go of the file. A Ctrl-C in here waits for the end."""
        outcome = Restored()
        if self._record is not None:
            with ignored_interruptions():
                outcome = restore_all(self.restorer, self._record)
            self._record = None
        if outcome.problems:
            outcome.notes.append(
                f"`conformance cleanup` tries again, from the restore file {self.path}"
            )
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close(remove=not outcome.problems)
            except RestoreFileError as error:
                self.notes.append(str(error))
        return outcome

    def clean_up(self) -> Restored | None:
        """Restore the accounts after an interrupted run; None if there is no restore file. Raises RestoreFileError."""
        if not os.path.lexists(self.path):
            return None
        file = RestoreFile.open(self.path)
        done = False
        try:
            outcome = self._restore_left(file)
            done = outcome is None or not outcome.problems
        finally:
            file.close(remove=done)
        return outcome

    def _restore_left(self, file: RestoreFile) -> Restored | None:
        """Restore what an unfinished run left; None if it left nothing. Raises RestoreFileError."""
        left = file.read()
        if left is None:
            return None
        names = {account.role: account.username for account in self.target.accounts}
        if left.base_url != self.target.base_url or any(
            names.get(role) != name for role, name in left.usernames.items()
        ):
            raise RestoreFileError(
                f"the restore file {self.path} is of a run against "
                f"{', '.join(left.usernames.values())} at {left.base_url}; clean that up first, "
                "or choose another place with --journal"
            )
        return restore_all(self.restorer, left)
