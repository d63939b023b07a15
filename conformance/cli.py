"""The command line: run, list, explain, init, cleanup, selftest."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from accounts_contract import DocumentError, take_every_text
from conformance.account.restore_file import RestoreFileError, default_path, restore_files
from conformance.catalogue.requirements import Requirement, catalogue, packaged_contract
from conformance.catalogue.results import INTERRUPTED
from conformance.reports import Progress, ReportError, abandon, print_result, visible
from conformance.runner.runner import broke
from conformance.runner.session import RunError, clean_up
from conformance.runner.suite import Suite
from conformance.settings import OPTIONS, Settings, settings_from
from conformance.target.file import read_target
from conformance.target.template import TEMPLATE
from conformance.wire.interruption import take_interruptions

_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `conformance`.

    Args:
        arguments: The words after its name; the process's, if left out.

    Returns:
        The exit code.
    """
    take_every_text()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if not _streams_are_open():
            return _fail("standard output is closed; open it: the results are written there")
        with _output():
            if given[:1] == ["selftest"]:
                return _selftest(given[1:])
            chosen = _parser().parse_args(given)
            return int(chosen.do(chosen))
    except (RunError, RestoreFileError, ReportError, DocumentError, _OutputError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # exit code 1 would be a verdict
        if os.environ.get("CONFORMANCE_DEBUG"):
            raise
        return _fail(broke(error))


class _OutputError(Exception):
    """A standard output that cannot be written to."""


@contextmanager
def _output() -> Iterator[None]:
    """Write to standard output, the last byte too. Raises _OutputError."""
    try:
        try:
            yield
        finally:
            if not sys.stdout.closed:
                sys.stdout.flush()
    except OSError as error:
        abandon(sys.stdout)
        raise _OutputError(f"standard output cannot be written to: {error.strerror}") from None


def _streams_are_open() -> bool:
    """Return whether there is a standard output. Fill closed streams, so that no file gets their number."""
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return True
    numbers = [os.open(os.devnull, os.O_RDWR)]
    while numbers[-1] < 3:
        numbers.append(os.dup(numbers[0]))
    os.close(numbers[-1])
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8")
    return sys.stdout is not None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="conformance",
        description="Test whether an implementation of the docker.io Accounts API keeps its contract.",
        epilog="Exit codes of run: 0 conformant, 1 not conformant, 2 usage or target, 3 incomplete.",
    )
    parser.add_argument("--version", action="version", version=f"conformance {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="check a target", allow_abbrev=False)
    run.set_defaults(do=_run)
    _add_target(run)
    for name, keywords in OPTIONS.items():
        run.add_argument(f"--{name}", **keywords)
    listing = commands.add_parser("list", help="list the requirements")
    listing.add_argument("prefix", nargs="*", metavar="PREFIX", help="only ids that begin so")
    listing.set_defaults(do=_list)
    explain = commands.add_parser("explain", help="explain a requirement")
    explain.add_argument("id", metavar="ID", help="an id, or the beginning of some")
    explain.set_defaults(do=_explain)
    init = commands.add_parser("init", help="write a target file to fill in")
    _add_target(init)
    init.set_defaults(do=_init)
    cleanup = commands.add_parser("cleanup", help="restore the accounts after an interrupted run")
    _add_target(cleanup)
    for name in ("base-url", "journal"):
        cleanup.add_argument(f"--{name}", **OPTIONS[name])
    cleanup.set_defaults(do=_cleanup)
    commands.add_parser(
        "selftest", help="show that the suite finds planted defects", add_help=False
    )
    return parser


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=Path, metavar="TARGET.yaml", help="the target file")


def _run(chosen: argparse.Namespace) -> int:
    settings = settings_from(chosen.target, vars(chosen))
    take_interruptions()
    suite: Suite | None = None

    def hide(text: str) -> str:
        return suite.hide(text) if suite is not None else text

    with closing(Progress(sys.stderr, hide)) as progress:
        suite = Suite(settings, progress=progress)
        if suite.begin():
            suite.perform_all()
    if suite.result is None or suite.error:
        return _fail(suite.error)
    for complaint in suite.complaints:
        _fail(complaint)
    try:
        with _output():
            # What is said is the code that the command ends with, also where a report could not be written.
            print_result(replace(suite.result, exit_code=suite.exit_code), sys.stdout, hide)
    except _OutputError as error:
        # The verdict outweighs an output that failed.
        return suite.exit_code or _fail(str(error))
    return suite.exit_code


def _list(chosen: argparse.Namespace) -> int:
    found = catalogue().chosen(chosen.prefix)
    if not found:
        return _fail(f"no requirement begins with {' or '.join(chosen.prefix)}")
    width = max(len(one.id) for one in found)
    _print(f"{one.level:<6}  {one.id:<{width}}  {one.title}" for one in found)
    return 0


def _explain(chosen: argparse.Namespace) -> int:
    requirements = catalogue()
    exact = [requirements[chosen.id]] if chosen.id in requirements else []
    found = exact or requirements.chosen([chosen.id])
    if not found:
        near = difflib.get_close_matches(chosen.id, list(requirements), 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see `conformance list`"
        return _fail(f"there is no requirement {chosen.id}; {hint}")
    _print("\n".join(_explained(one)) + "\n" for one in found)
    return 0


def _explained(requirement: Requirement) -> list[str]:
    lines = [
        requirement.id,
        f"  {requirement.title}",
        f"  Level:   {requirement.level}",
        f"  Source:  {requirement.source}",
        f"  Sent:    {requirement.sent}",
    ]
    if requirement.needs:
        lines.append(f"  Needs:   {requirement.needs} in the target file; not_configured without")
    return lines


def _init(chosen: argparse.Namespace) -> int:
    try:
        with chosen.target.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE)
    except FileExistsError:
        return _fail(f"{chosen.target} exists; choose another name")
    except OSError as error:
        return _fail(f"{chosen.target} cannot be written: {error.strerror}")
    _print([f"{chosen.target}: fill it in, then: conformance run {chosen.target}"])
    return 0


def _cleanup(chosen: argparse.Namespace) -> int:
    settings = settings_from(chosen.target, vars(chosen))
    scopes = packaged_contract().scopes
    url = read_target(settings.target, scopes, base_url=settings.base_url).base_url
    files = restore_files(settings.target) if settings.journal is None else {settings.journal: url}
    for path, other in files.items():
        if other not in ("", url):
            again = f"conformance cleanup {settings.target} --base-url {other}"
            _print([f"note: {path} is of a run at {other}; to restore that: {again}"])
    codes = [
        code
        for path, of in files.items()
        if of in ("", url) and (code := _restore(replace(settings, journal=path))) is not None
    ]
    if not codes:
        path = settings.journal or default_path(settings.target, url)
        _print([f"nothing to clean up: there is no restore file {path}"])
    return max(codes, default=0)


def _restore(settings: Settings) -> int | None:
    """Restore the accounts from one restore file; return the exit code, or None if there is nothing in it."""
    try:
        outcome = clean_up(settings)
    except RestoreFileError as error:  # another file may still be of use
        return _fail(str(error))
    if outcome is None:
        return None
    _print([*(f"note: {note}" for note in outcome.notes)])
    if outcome.problems:
        _complain(
            *(f"not restored: {problem}" for problem in outcome.problems),
            f"the restore file {settings.journal} is kept: run cleanup again, "
            "or put this back by hand and remove the file",
        )
        return 3
    _print(["both accounts are restored"])
    return 0


def _selftest(arguments: Sequence[str]) -> int:
    """Run the self-test, which is imported only here: it is large."""
    try:
        selftest = importlib.import_module("conformance.selftest.command")
    except ModuleNotFoundError as error:
        return _fail(f"the self-test is not installed: {error}")
    return int(selftest.main(arguments))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{visible(line)}\n")


def _fail(message: str) -> int:
    _complain(*(f"conformance: {line}" for line in message.splitlines()))
    return _USAGE


def _complain(*lines: str) -> None:
    """Write lines to standard error, if it is there: the exit code says enough without."""
    try:
        for line in lines:
            sys.stderr.write(f"{visible(line)}\n")
    except (OSError, ValueError):
        abandon(sys.stderr)


def _version() -> str:
    try:
        return version("accounts-mock")
    except PackageNotFoundError:  # run from a folder without an installation
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
