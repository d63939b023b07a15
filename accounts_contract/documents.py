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
from collections.abc import Mapping, Sequence
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
        return _place(self.file, self._follow(pointer)[0])

    def finding(self, pointer: Pointer, message: str) -> Finding:
        """Return a finding about the value at a pointer."""
        return Finding(self.place(pointer), format_pointer(pointer), message)

    def written(self, pointer: Pointer) -> str | None:
        """Return a number, or true or false, as it stands in the file; None for any other value."""
        _, node = self._follow(pointer)
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith((":int", ":float", ":bool")):
            return str(node.value)
        return None

    def _follow(self, pointer: Pointer) -> tuple[Any, yaml.Node | None]:
        node, mark = self.root, self.root.start_mark
        for key in pointer:
            step = self._step(node, key)
            if step is None:
                return mark, None
            mark, node = step
        return mark, node

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
            findings = [] if trusted else _faults(root, file)
            if findings:
                raise DocumentError(findings)
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


def _check_size(text: str, file: str) -> None:
    """Refuse a text that would take the loader, which composes by recursion, or a reader of its data for ever.

    Raises:
        DocumentError: It is nested too deeply, has too many directives, or its aliases repeat too much.
    """
    if text.count("\n%") > MAX_DEPTH:  # the loader compares each %TAG with all before it
        raise _unreadable(file, f"there are more than {MAX_DEPTH} directives (%); remove them")
    anchored: dict[str | None, tuple[int, int]] = {}
    above: list[yaml.CollectionStartEvent] = []
    sizes, levels, nodes = [0], [0], 0  # of what is open: its values, and the levels below it
    for event in yaml.parse(text, _Loader):
        size = below = 0
        if isinstance(event, yaml.ScalarEvent):
            size, nodes = 1, nodes + 1
        elif isinstance(event, yaml.AliasEvent):
            if any(one.anchor == event.anchor for one in above):
                raise _refused(file, event.start_mark, "an alias must not contain itself")
            size, below = anchored.get(event.anchor, (1, 0))
        elif isinstance(event, yaml.CollectionStartEvent):
            above.append(event)
            sizes.append(1)
            levels.append(0)
            nodes += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            start, size, below = above.pop(), sizes.pop(), levels.pop() + 1
            if size > nodes + MAX_REPEATED:
                message = f"aliases make {size:,} values of this; repeat less than {MAX_REPEATED:,}"
                raise _refused(file, start.start_mark, message)
            anchored[start.anchor] = size, below
        sizes[-1] += size
        levels[-1] = max(levels[-1], below)
        if len(above) + below > MAX_DEPTH:
            message = f"here it is nested more than {MAX_DEPTH} levels deep; use fewer"
            raise _refused(file, event.start_mark, message)


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


def _faults(root: yaml.Node, file: str) -> list[Finding]:
    """Find what keeps the nodes of a tree from becoming JSON data; each is looked at once."""
    findings: list[Finding] = []

    def report(node: yaml.Node, pointer: Pointer, message: str) -> None:
        place = _place(file, node.start_mark)
        findings.append(Finding(place, format_pointer(pointer), message))

    seen: set[int] = set()
    todo: list[tuple[yaml.Node, Pointer]] = [(root, ())]
    while todo:
        node, pointer = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo += [(value, (*pointer, index)) for index, value in enumerate(node.value)]
        elif isinstance(node, yaml.ScalarNode):
            if _is_too_large(node):
                report(node, pointer, "this number is too large; put it in quotes if it is a text")
        elif len(node.value) > MAX_MEMBERS:
            has = f"this mapping has {len(node.value):,} keys"
            message = f"{has}; more than {MAX_MEMBERS:,} are not read"
            report(node.value[MAX_MEMBERS][0], (), message)
        else:
            lines: dict[str, int] = {}  # of each key
            for name, value in node.value:
                key = name.value
                if not isinstance(name, yaml.ScalarNode):
                    message = "a key must be a plain text, not a list or a mapping"
                    report(name, pointer, message)
                    continue
                if key in lines and key != "<<":
                    message = f"the key {key!r} stands here again; line {lines[key]} has it already"
                    report(name, (*pointer, key), message)
                lines.setdefault(key, name.start_mark.line + 1)
                todo.append((value, (*pointer, key)))
    return findings


def _is_too_large(node: yaml.ScalarNode) -> bool:
    """Tell whether a number is one that not every reader of JSON can take: beyond 64 bits, or infinite."""
    text, tag = node.value, node.tag
    if len(text) <= _SHORT_NUMBER or not tag.endswith((":int", ":float")):
        return False
    if tag.endswith(":float"):
        return not math.isfinite(float(text))
    return len(text) > _LONGEST_INTEGER or not -(2**63) <= int(text) < 2**63


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file, 1, 1)
