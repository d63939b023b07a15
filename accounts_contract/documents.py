"""YAML documents that know where each of their values stands.

A document is read by the fast C loader, and keeps the nodes that its data was made of: in their marks
places are looked up, when there is something to report.
"""

from __future__ import annotations

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
    """One thing that is wrong with a document: where, what, and the likely mend."""

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
        super().__init__("\n".join(str(finding) for finding in self.findings))


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

    def place(self, pointer: Pointer) -> Place:
        """Where the value at a pointer stands; of a value that is missing, where its parent stands."""
        node, mark = self.root, self.root.start_mark
        for key in pointer:
            step = _step(node, key)
            if step is None:
                break
            mark, node = step
        return _place(self.file, mark)

    def finding(self, pointer: Pointer, message: str) -> Finding:
        """A finding about the value at a pointer."""
        return Finding(self.place(pointer), format_pointer(pointer), message)


def read_document(path: Path) -> Document:
    """Read a YAML file (JSON is YAML too).

    Raises:
        DocumentError: It cannot be read, is no UTF-8, no YAML, or has a key twice.
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
    return _parsed(text, file)


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


def _parsed(text: str, file: str) -> Document:
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                raise _unreadable(file, "the file is empty")
            unusable = list(_unusable_keys(root, file, ()))
            if unusable:
                raise DocumentError(unusable)
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
    except RecursionError:
        raise _unreadable(file, "this cannot be read: it is nested too deeply") from None
    return Document(file, text, data, root)


def _unreadable(file: str, message: str) -> DocumentError:
    return DocumentError([Finding(Place(file, 1, 1), "", message)])


def format_pointer(pointer: Sequence[str | int]) -> str:
    """A pointer as RFC 6901 writes it: `/paths/~1users~1/get`."""
    return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in pointer)


def follow(data: Any, reference: str) -> Any:
    """What a reference within a document (`#/…`) leads to; None where that is nothing."""
    for key in reference.removeprefix("#/").split("/"):
        key = key.replace("~1", "/").replace("~0", "~")
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def _step(node: yaml.Node | None, key: str | int) -> tuple[Any, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value == str(key):
                return name.start_mark, value
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        value = node.value[key]
        return value.start_mark, value
    return None


def _unusable_keys(
    node: yaml.Node, file: str, pointer: Pointer, above: frozenset[int] = frozenset()
) -> Iterator[Finding]:
    if id(node) in above:
        raise DocumentError(
            [Finding(_place(file, node.start_mark), "", "an alias must not contain itself")]
        )
    above |= {id(node)}
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, Any] = {}
        for name, value in node.value:
            key = name.value if isinstance(name, yaml.ScalarNode) else ""
            if not isinstance(name, yaml.ScalarNode):
                message = "a key must be a plain text, not a list or a mapping"
                yield Finding(_place(file, name.start_mark), format_pointer(pointer), message)
            elif key in seen and key != "<<":
                first = seen[key].line + 1
                message = f"the key {key!r} stands here again; line {first} has it already"
                yield Finding(
                    _place(file, name.start_mark), format_pointer((*pointer, key)), message
                )
            else:
                seen[key] = name.start_mark
            yield from _unusable_keys(value, file, (*pointer, key), above)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _unusable_keys(value, file, (*pointer, index), above)


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file, 1, 1)
