"""YAML documents that know where each of their values stands.

A document is read by the fast C loader, and keeps the nodes that its data was made of: in their marks
places are looked up, when there is something to report.

A hostile file costs no more than a plain one of its size: how deep it is nested, and how much its aliases
make of it, is known before anything follows it.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _FastLoader
except ImportError:  # PyYAML was built without libyaml: slower, and otherwise the same
    from yaml import SafeLoader as _FastLoader  # type: ignore[assignment]  # the same interface

MAX_DEPTH = 100
"""The most levels of lists and mappings that a document may have."""

MAX_MEMBERS = 1000
"""The most keys that a mapping may have: no file of ours needs nearly as many."""

MAX_REPEATED = 100_000
"""The most values of a document that aliases may repeat."""

_SAFE_DEPTH = 1000  # levels that the loader composes without harm
_SHORT_NUMBER = 4  # characters of a number that is not too large: 1e99 is fine, and 1e999 is not
_LONGEST_INTEGER = 20  # characters of one of 64 bits
_MOST_TOLD = 100  # findings that a message lists

Pointer = tuple[str | int, ...]
"""The keys and indexes that lead to a value, from the root (RFC 6901, unescaped)."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file; line and column count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A fault of a document: its place, its cause and the likely fix."""

    place: Place
    pointer: str
    message: str

    def __str__(self) -> str:
        where = f" (at {self.pointer})" if self.pointer else ""
        return f"{self.place}: {self.message}{where}"


class DocumentError(Exception):
    """A file that cannot be used, with all that was found wrong with it, in the order of the file."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(dict.fromkeys(findings)))
        lines = [str(finding) for finding in self.findings[:_MOST_TOLD]]
        if len(self.findings) > _MOST_TOLD:
            lines.append(f"and {len(self.findings) - _MOST_TOLD} more")
        super().__init__("\n".join(lines))


class _Loader(_FastLoader):
    """YAML with the types that JSON has: text as keys, no timestamps, no octal or base-60 numbers."""

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002  # as PyYAML has it
    ) -> dict[Any, Any]:
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


# The scalars of YAML's core schema, each with the characters it may start with.
_JSON_TYPES = {
    "tag:yaml.org,2002:null": (r"^(?:~|null|Null|NULL|)$", ["", *"~nN"]),
    "tag:yaml.org,2002:bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", [*"tTfF"]),
    "tag:yaml.org,2002:int": (r"^[-+]?(?:0|[1-9][0-9]*)$", [*"-+0123456789"]),
    "tag:yaml.org,2002:float": (
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        [*"-+.0123456789"],
    ),
    "tag:yaml.org,2002:merge": (r"^<<$", ["<"]),
}

_Loader.yaml_implicit_resolvers = {}
for _tag, (_pattern, _first) in _JSON_TYPES.items():
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)


@dataclass(frozen=True)
class Document:
    """A YAML file: its data, and where each value stands in it."""

    file: str
    text: str = field(repr=False)
    data: Any = field(repr=False)
    root: yaml.Node = field(repr=False)
    _members: dict[int, dict[str, tuple[Any, yaml.Node]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def place(self, pointer: Pointer) -> Place:
        """Return the place of the value at a pointer; of a value that is missing, that of its parent."""
        node, mark = self.root, self.root.start_mark
        for key in pointer:
            step = self._step(node, key)
            if step is None:
                break
            mark, node = step
        return _place(self.file, mark)

    def finding(self, pointer: Pointer, message: str) -> Finding:
        """Return a finding about the value at a pointer."""
        return Finding(self.place(pointer), format_pointer(pointer), message)

    def written(self, pointer: Pointer) -> str | None:
        """Return a number, or true or false, as it stands in the file; None for any other value."""
        node: yaml.Node | None = self.root
        for key in pointer:
            step = None if node is None else self._step(node, key)
            node = None if step is None else step[1]
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith((":int", ":float", ":bool")):
            return str(node.value)
        return None

    def _step(self, node: yaml.Node, key: str | int) -> tuple[Any, yaml.Node] | None:
        if isinstance(node, yaml.MappingNode):
            members = self._members.get(id(node))
            if members is None:
                members = self._members[id(node)] = {
                    name.value: (name.start_mark, value)
                    for name, value in node.value
                    if isinstance(name, yaml.ScalarNode)
                }
            return members.get(str(key))
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            value = node.value[key]
            return value.start_mark, value
        return None


def read_document(path: Path, *, trusted: bool = False) -> Document:
    """Read a YAML file (JSON is YAML too).

    Args:
        path: The file.
        trusted: Whether it comes with the package, and so is known to hold JSON data of a reasonable size.

    Raises:
        DocumentError: It cannot be read, is no UTF-8, no YAML, or more than JSON can hold.
    """
    file = str(path)
    try:
        text = _content(path).decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise _unreadable(file, f"the file cannot be read: {reason}") from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        finding = Finding(Place(file, line, column), "", "the file is not UTF-8; save it as UTF-8")
        raise DocumentError([finding]) from None
    return parse_document(text, file, trusted=trusted)


def file_kind(mode: int) -> str:
    """Return what a file that is no regular one is, by its `st_mode`; an empty text for a regular file."""
    names = {
        stat.S_IFREG: "",
        stat.S_IFDIR: "a folder",
        stat.S_IFLNK: "a link",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
    }
    return names.get(stat.S_IFMT(mode), "a device")


def _content(path: Path) -> bytes:
    """Read a file; a pipe that somebody writes to is one (`<(envsubst …)`), a device is not. Raises OSError."""
    kind = file_kind(path.stat().st_mode)
    if kind not in ("", "a FIFO"):
        raise OSError(f"it is {kind}")
    # A FIFO that nobody writes to is empty then, and not waited for.
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if kind:
            os.set_blocking(file.fileno(), True)
        return file.read()


def parse_document(text: str, file: str, *, trusted: bool) -> Document:
    """Read a YAML text; see `read_document`. Raises DocumentError, which names the file."""
    try:
        if not trusted:
            _check_size(text, file)
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                raise _unreadable(file, "the file is empty")
            if not trusted:
                _inspect(root, file)
            data = loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or "it cannot be read"
        raise DocumentError(
            [Finding(_place(file, mark), "", f"this is not YAML: {message}")]
        ) from None
    except yaml.YAMLError as error:
        raise _unreadable(file, f"this is not YAML: {error}") from None
    except ValueError as error:
        raise _unreadable(file, f"this cannot be read: {error}") from None
    return Document(file, text, data, root)


def _inspect(root: yaml.Node, file: str) -> None:
    """Refuse a document that cannot become JSON data. Raises DocumentError."""
    inspection = _Inspection(file)
    inspection.measure(root)
    if inspection.findings:
        raise DocumentError(inspection.findings)


def _check_size(text: str, file: str) -> None:
    """Refuse a text that the loader, which composes by recursion, would fail or take for ever with.

    Raises:
        DocumentError: It is nested too deeply, or has too many directives.
    """
    if text.count("\n%") > MAX_DEPTH:  # the loader compares each %TAG with all before it
        raise _unreadable(file, f"there are more than {MAX_DEPTH} directives (%); remove them")
    brackets = text.count("[") + text.count("{")
    # A block that lies within another begins further right, or is a list as the value of a key.
    if brackets + 2 * max(map(len, text.splitlines()), default=0) < _SAFE_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep(file, event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_deep(file: str, mark: Any) -> DocumentError:
    return _refused(file, mark, f"here it is nested more than {MAX_DEPTH} levels deep; use fewer")


def _refused(file: str, mark: Any, message: str) -> DocumentError:
    return DocumentError([Finding(_place(file, mark), "", message)])


def _unreadable(file: str, message: str) -> DocumentError:
    return DocumentError([Finding(Place(file, 1, 1), "", message)])


def format_pointer(pointer: Sequence[str | int]) -> str:
    """Return a pointer as RFC 6901 writes it: `/paths/~1users~1/get`."""
    return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in pointer)


def follow(data: Any, reference: str) -> Any:
    """Follow a reference within a document (`#/…`); None where it leads nowhere."""
    for key in reference.removeprefix("#/").split("/"):
        key = key.replace("~1", "/").replace("~0", "~")
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


class _Inspection:
    """A search for the nodes of a tree that cannot become JSON data; each node is looked at once."""

    def __init__(self, file: str) -> None:
        self.findings: list[Finding] = []
        self._file = file
        self._nodes = 0
        self._above: set[int] = set()
        self._measured: dict[int, tuple[int, int]] = {}

    def measure(self, node: yaml.Node, pointer: Pointer = (), above: int = 0) -> tuple[int, int]:
        """Count the values that a node holds, those that aliases repeat included, and in how many levels.

        Args:
            node: The node.
            pointer: What leads to it.
            above: How many levels it lies in.

        Raises:
            DocumentError: There are too many of either, or it holds itself.
        """
        if isinstance(node, yaml.ScalarNode):
            self._nodes += 1
            self._check_number(node, pointer)
            return 1, 0
        if id(node) in self._above:
            message = "an alias must not contain itself"
            raise _refused(self._file, node.start_mark, message)
        size, levels = self._measured.get(id(node), (0, 1))
        if above + levels > MAX_DEPTH:
            raise _too_deep(self._file, node.start_mark)
        if size:
            return size, levels
        self._nodes += 1
        self._above.add(id(node))
        size = 1
        for key, value in self._parts(node, pointer):
            within, below = self.measure(value, (*pointer, key), above + 1)
            size, levels = size + within, max(levels, below + 1)
        self._above.discard(id(node))
        if size > self._nodes + MAX_REPEATED:
            message = f"aliases make {size:,} values of this; repeat less than {MAX_REPEATED:,}"
            raise _refused(self._file, node.start_mark, message)
        self._measured[id(node)] = size, levels
        return size, levels

    def _parts(self, node: yaml.Node, pointer: Pointer) -> Iterator[tuple[str | int, yaml.Node]]:
        """Check the values of a node. Keys that JSON does not have are findings."""
        if isinstance(node, yaml.SequenceNode):
            yield from enumerate(node.value)
            return
        if len(node.value) > MAX_MEMBERS:
            message = (
                f"this mapping has {len(node.value):,} keys; more than {MAX_MEMBERS:,} are not read"
            )
            raise _refused(self._file, node.value[MAX_MEMBERS][0].start_mark, message)
        seen: dict[str, Any] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                self._report(name, pointer, "a key must be a plain text, not a list or a mapping")
                continue
            key = name.value
            if key in seen and key != "<<":
                message = f"the key {key!r} stands here again; line {seen[key]} has it already"
                self._report(name, (*pointer, key), message)
            else:
                seen[key] = name.start_mark.line + 1
            yield key, value

    def _check_number(self, node: yaml.ScalarNode, pointer: Pointer) -> None:
        """Report a number that not every reader of JSON can take: beyond 64 bits, or infinite."""
        text, tag = node.value, node.tag
        if len(text) <= _SHORT_NUMBER or not tag.endswith((":int", ":float")):
            return
        if tag.endswith(":float"):
            good = math.isfinite(float(text))
        else:
            good = len(text) <= _LONGEST_INTEGER and -(2**63) <= int(text) < 2**63
        if not good:
            message = "this number is too large; put it in quotes if it is a text"
            self._report(node, pointer, message)

    def _report(self, node: yaml.Node, pointer: Pointer, message: str) -> None:
        place = _place(self._file, node.start_mark)
        self.findings.append(Finding(place, format_pointer(pointer), message))


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file, 1, 1)
