"""The wheel, as `pip install` puts it into an environment without a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Literal

import httpx
import pytest
from build import ProjectBuilder

from tests.support import ROOT
from tests.support.environments import PATIENCE, bare_environment, lend_packages, succeed


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The commands of an environment with nothing of ours but the wheel."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=os.name == "posix")
    pip = [sys.executable, "-m", "pip", "--python", str(environment)]
    succeed([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], environment)
    lend_packages(environment)
    return environment / "bin"


def test_the_wheel_carries_the_contract_the_fixtures_and_the_types(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())

    contracts = {f"accounts_contract/openapi/{file.name}" for file in ROOT.glob("openapi/*.yaml")}
    assert contracts
    assert contracts | {"mockserver/fixtures/default.yaml"} <= carried
    assert {
        f"{room}/py.typed" for room in ("accounts_contract", "conformance", "mockserver")
    } <= carried
    assert {name.partition("/")[0] for name in carried if ".dist-info" not in name} == {
        "accounts_contract",
        "conformance",
        "mockserver",
    }


def test_the_wheel_built_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    sdist = build("sdist", ROOT, tmp_path)
    succeed([sys.executable, "-m", "tarfile", "-e", str(sdist), str(tmp_path)], tmp_path)
    again = build("wheel", tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "again")

    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_the_installed_command_finds_its_own_contract_and_fixtures_good(
    commands: Path, tmp_path: Path
) -> None:
    told = succeed([str(commands / "mockserver"), "check"], tmp_path)

    assert "accounts.yaml: good" in told
    assert str(ROOT) not in told


def test_the_installed_command_writes_the_reference(commands: Path, tmp_path: Path) -> None:
    told = succeed([str(commands / "mockserver"), "docs", "site"], tmp_path)

    assert "index.html" in told
    assert (tmp_path / "site" / "swagger-ui-bundle.js").stat().st_size > 1_000_000
    assert "reading.html" in (tmp_path / "site" / "index.html").read_text("utf-8")


def test_the_wheel_serves_the_documented_user(commands: Path, tmp_path: Path) -> None:
    command = [str(commands / "mockserver"), "serve", "--port", "0", "--log-format", "json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=bare_environment(), stdout=subprocess.PIPE
    ) as server:
        try:
            assert server.stdout is not None
            url = json.loads(server.stdout.readline())["url"]
            login = ("username", "password")
            answer = httpx.get(f"{url}/api/v1.1/users/janedoe/", auth=login, timeout=PATIENCE)
        finally:
            server.terminate()
            server.wait(PATIENCE)

    user = answer.json()
    assert (answer.status_code, user["id"], user["username"]) == (200, 2, "janedoe")
    assert server.returncode == 0


def build(kind: Literal["sdist", "wheel"], source: Path, into: Path) -> Path:
    """Build with the backend of this environment: the network is not needed."""
    return Path(ProjectBuilder(source).build(kind, into))
