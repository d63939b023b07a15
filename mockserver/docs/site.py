"""The pages of the reference, made of the contracts."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from accounts_contract import Contract, read_document, reading_file
from accounts_contract.codes import read_codes
from mockserver.docs import reference
from mockserver.docs.requests import LOGIN, USERNAME, Sample
from mockserver.docs.served_contract import PLACEHOLDER, ServedContract

Json = Mapping[str, Any]

_PAGES = Path(__file__).parent / "pages"
_PALETTE = Path(__file__).parents[1] / "console" / "palette.css"
_STATIC_YAML = {"accounts": "openapi.yaml", "oauth": "oauth.yaml", "control": "control.yaml"}
_SERVED_YAML = {
    "accounts": "../openapi.yaml",
    "oauth": "../oauth.yaml",
    "control": "../_mock/openapi.yaml",
}
_RENDERER = {
    "swagger-ui-bundle.js": "javascripts/swagger-ui-bundle.js",
    "swagger-ui.css": "stylesheets/swagger-ui.css",
    "swagger-ui-license.txt": "LICENSE",
    "swagger-ui-notice.txt": "NOTICE",
}


def build(
    contract: Contract, oauth: Contract, control: Contract, state: Json, *, static: bool
) -> dict[str, bytes]:
    """Return the files of the reference by name; `PLACEHOLDER` stands for the base URL of the API.

    Args:
        contract: The contract of the Accounts API.
        oauth: The contract of the token flow.
        control: The contract of the control API.
        state: A world whose logins the code sends, as JSON data.
        static: Whether the pages stand alone: they then offer the logins of `state`, and link to no server.
    """
    username = _username(contract, state)
    contracts = {"accounts": contract, "oauth": oauth, "control": control}
    apis = reference.sections(contracts, PLACEHOLDER, state, username)
    codes = {api: read_codes(one) for api, one in contracts.items()}
    environment = _environment(username)
    environment.globals.update(
        title=contract.title,
        apis=apis,
        api="accounts",
        static=static,
        yaml_of=_STATIC_YAML if static else _SERVED_YAML,
        state=state if static else None,
        page_of=page_of,
    )

    files: dict[str, bytes] = {}

    def add(name: str, template: str, **values: Any) -> None:
        text = environment.get_template(template).render(current=name, **values)
        files[name] = text.encode()

    add("index.html", "index.html", info=contract.document.data["info"])
    add("errors.html", "errors.html", codes=codes)
    add("reading.html", "reading.html", reading=read_document(reading_file()).data)
    for api in ("oauth", "control"):
        add(f"{api}.html", "api.html", api=api, info=contracts[api].document.data["info"])
    for api, sections in apis.items():
        for section in sections:
            add(page_of(api, section.id), "operation.html", api=api, section=section)
    for api, document in contracts.items():
        files[f"{api}.js"] = _script(document)
        if static:
            files[_STATIC_YAML[api]] = ServedContract(document).yaml(PLACEHOLDER)
    files["docs.css"] = _PALETTE.read_bytes() + (_PAGES / "docs.css").read_bytes()
    files["docs.js"] = (_PAGES / "docs.js").read_bytes()
    return files | _renderer()


def page_of(api: str, operation: str) -> str:
    """Return the name of the page of an operation."""
    return f"{operation}.html" if api == "accounts" else f"{api}-{operation}.html"


def _renderer() -> dict[str, bytes]:
    """Return the files of Swagger UI, from the package that brings them."""
    folder = resources.files("mkdocs_swagger_ui_tag").joinpath("swagger-ui")
    return {name: folder.joinpath(path).read_bytes() for name, path in _RENDERER.items()}


def _script(contract: Contract) -> bytes:
    """Return a contract as a script, which pages from a disk may load where they may not fetch."""
    data = dict(ServedContract(contract).data)
    # The API itself is not offered: what is typed to be tried, passwords too, goes to the mock server.
    data["servers"] = data["servers"][:1]
    return b"const CONTRACT = " + orjson.dumps(data) + b";\n"


def _username(contract: Contract, state: Json) -> str:
    """Return the username for the samples: the one of the documented examples, or the first that is active."""
    names = [one["username"] for one in state["accounts"] if one.get("is_active", True)]
    parameters = contract.document.data.get("components", {}).get("parameters", {})
    example = parameters.get("username", {}).get("example")
    return str(example if example in names or not names else names[0])


def _environment(username: str) -> Environment:
    markdown = MarkdownIt("commonmark", {"html": False}).disable("image")  # nothing is fetched

    def code(sample: Sample, language: str, api: str) -> Markup:
        """Return the code of a sample on a page of an API, with marks that the page of a reader fills in.

        A login of another API than that of the page is none that the reader chooses there.
        """
        mark = "<span data-login>{}</span>" if sample.api == api else "{}"
        login = Markup(mark).format(sample.login or "")  # noqa: S704 - it is ours
        user = Markup("<span data-username>{}</span>").format(quote(username, safe=""))
        return escape(sample.code[language]).replace(LOGIN, login).replace(USERNAME, user)

    def pretty(data: Any) -> str:
        return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()

    environment = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "markdown": lambda text: Markup(markdown.render(text)),  # noqa: S704 - it escapes HTML
        "inline": lambda text: Markup(markdown.renderInline(text)),  # noqa: S704 - it escapes HTML
        "code": code,
        "pretty": pretty,
    }
    return environment
