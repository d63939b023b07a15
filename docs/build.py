"""Build the documentation as a site: the pages of docs/, those beside README.md, and what is printed from the code.

The pages are gathered in a folder, laid as in the repository, so that a link leads to the same place there and here. A
file that a page links to comes along. Warnings, such as a link that leads nowhere, are errors.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from functools import partial
from itertools import groupby
from pathlib import Path

import click
from sphinx.cmd.build import main as build_site

from accounts_contract import accounts_file, control_file, oauth_file, read_contract
from accounts_contract.codes import read_codes
from conformance.catalogue.requirements import catalogue
from conformance.cli import main as conformance
from conformance.selftest.changes import CHANGES, Defect
from conformance.selftest.trials import load
from conformance.target.template import TEMPLATE
from mockserver.cli import main as mockserver
from mockserver.docs.reference import sections
from mockserver.docs.site import page_of

ROOT = Path(__file__).resolve().parents[1]

NAVIGATION = {
    "Tutorial": ["tutorial"],
    "Guides": ["guides/*", "testing/*"],
    "Reference": ["reference/*", "benchmarks"],
    "Explanation": ["explanation/*", "../ARCHITECTURE"],
    "The project": ["../README", "../CHANGELOG", "../SECURITY", "../CONTRIBUTING", "extending"],
}
CONFIGURATION = {
    "extensions": "myst_parser,site_search",
    "html_copy_source": "0",
    "html_show_sourcelink": "0",
    "html_theme": "furo",
    "html_title": "accounts-mock",
    "language": "en",
    "myst_heading_anchors": "4",
    "project": "accounts-mock",
    "root_doc": "docs/index",
    "suppress_warnings": "misc.highlighting_failure",  # answers that are cut short by "…"
}
API = "api"
"""The folder of the reference of the APIs, which the mock server serves as `/docs/`."""

START = (
    '<!doctype html><title>accounts-mock</title><meta http-equiv="refresh" content="0; url=docs/">'
)

_LINK = re.compile(r"(?<=\]\()([^)#:\s]+)(?=[)#])")


def main() -> int:
    """Build the site into the folder that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "docs")
    parser.add_argument("--pages", type=Path, default=ROOT, help="take the pages from this folder")
    options = parser.parse_args()
    os.environ["COLUMNS"] = "100"  # the width of what the commands say
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        gather(options.pages, source)
        for name, text in generated().items():
            _made(source / "docs" / "reference" / f"{name}.md").write_text(text, "utf-8")
        settings = [f"-D{key}={value}" for key, value in CONFIGURATION.items()]
        code = build_site(
            ["-C", *settings, "-n", "-W", "--keep-going", "-q", folder, str(options.folder)]
        )
    (options.folder / "index.html").write_text(START, "utf-8")
    with redirect_stdout(io.StringIO()):
        mockserver(["docs", str(options.folder / API)], standalone_mode=False)
    if code == 0:
        print(f"{options.folder / 'index.html'}: open it; it needs no server")
    return code


def gather(pages: Path, source: Path) -> None:
    """Copy the pages, and the files that they link to."""
    for page in (*pages.glob("*.md"), *pages.glob("docs/**/*.md")):
        place = page.relative_to(pages)
        follow = partial(_followed, page, pages, source)
        text = _LINK.sub(follow, page.read_text("utf-8"))
        if place == Path("docs/index.md"):
            text += "".join(_navigation(page.parent))
        _made(source / place).write_text(text, "utf-8")


def _followed(page: Path, pages: Path, source: Path, link: re.Match[str]) -> str:
    """Take along the file that a page links to, and return the link: a folder has no page but the first one."""
    target = link[0]
    file = (page.parent / target).resolve()
    if file.is_dir():
        return os.path.relpath(pages / "docs" / "index.md", page.parent)
    if file.is_file() and file.suffix != ".md" and file.is_relative_to(pages.resolve()):
        shutil.copy(file, _made(source / file.relative_to(pages.resolve())))
    return target


def _navigation(docs: Path) -> Iterator[str]:
    for caption, entries in NAVIGATION.items():
        lines = "\n".join(entry for entry in entries if any(docs.glob(f"{entry}.md")))
        yield f"\n```{{toctree}}\n:caption: {caption}\n:hidden:\n:glob:\n\n{lines}\n```\n"


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def generated() -> dict[str, str]:
    """Return the pages that are printed from the code, by name."""
    schema = (ROOT / "docs" / "report.schema.json").read_text("utf-8")
    return {
        "operations": "".join(_operations()),
        "commands": "".join(_commands()),
        "requirements": "".join(_requirements()),
        "target-file": f"# The target file, as `conformance init` writes it\n\n```yaml\n{TEMPLATE}```\n",
        "report": f"# The schema of the JSON report\n\n```json\n{schema}```\n",
    }


def _operations() -> Iterator[str]:
    """Give each operation and each error of the three APIs, so that the search leads to their pages."""
    files = {"accounts": accounts_file(), "oauth": oauth_file(), "control": control_file()}
    contracts = {api: read_contract(file, validate=False) for api, file in files.items()}
    yield "# Operations and errors\n\nThose of the three APIs of the mock server. Each operation has a page in "
    yield f"{_reference('the reference', 'index.html')}, with code, the members of its bodies, and all answers.\n"
    for api, found in sections(contracts, "", {}, "janedoe").items():
        yield f"\n## {contracts[api].title}\n"
        for one in found:
            page = _reference(one.summary, page_of(api, one.id))
            yield f"\n### {one.id}\n\n{page}: `{one.method} {one.path}`\n\n{one.description}\n"
            for answer in one.answers:
                yield f"\n- {answer.status}: {answer.description.strip()}"
            yield "\n"
        yield f"\n### Errors of the {contracts[api].title}\n"
        for code in read_codes(contracts[api]):
            yield f"\n- {', '.join(code.statuses)} `{code.name}`: {code.meaning} {code.fix}"
        yield "\n"


def _reference(text: str, name: str) -> str:
    """Return a link to a page of the reference, which is no source of the site."""
    return f'<a href="../../{API}/{name}">{text}</a>'


def _commands() -> Iterator[str]:
    yield "# Command lines\n"
    for name, command in mockserver.commands.items():
        context = click.Context(command, info_name=f"mockserver {name}", max_content_width=100)
        yield f"\n## mockserver {name}\n\n```text\n{command.get_help(context)}\n```\n"
    for name in ("run", "list", "explain", "init", "cleanup", "selftest"):
        yield f"\n## conformance {name}\n\n```text\n{_help(name)}```\n"


def _help(name: str) -> str:
    output = io.StringIO()
    with redirect_stdout(output), suppress(SystemExit):
        conformance([name, "--help"])
    return output.getvalue()


def _requirements() -> Iterator[str]:
    load()
    defects = [change for change in CHANGES.values() if isinstance(change, Defect)]
    yield f"# The {len(catalogue())} requirements\n\n"
    yield "Each with the words that it comes from, and the defects of the self-test that prove its check.\n"
    for subject, requirements in groupby(
        catalogue().values(), lambda one: one.id.partition("/")[0]
    ):
        yield f"\n## {subject}\n"
        for one in requirements:
            yield f"\n### {one.id}\n\n{one.level}: {_plain(one.title)}\n\n"
            yield f"> {_plain(one.source)}\n\nSent: {_plain(one.sent)}.\n"
            if one.needs:
                yield f"Needs `{one.needs}` in the target file.\n"
            for defect in defects:
                if one.id in defect.breaks:
                    yield f"\n- `{defect.id}`: {_plain(defect.sentence)}"
            yield "\n"


def _plain(text: str) -> str:
    """Return text in which nothing is taken for Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", text)


if __name__ == "__main__":
    sys.exit(main())
