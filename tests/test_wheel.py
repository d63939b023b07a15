"""The wheel, as `pip install` puts it into an environment without a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Literal

import httpx
import pytest
from build import ProjectBuilder

from tests.support import ROOT

TIMEOUT = 60

# Without what would show the checkout to Python, or change how the server runs.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "MOCKSERVER_", "PIP_"))
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The commands of an environment with nothing of ours but the wheel."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=os.name == "posix")
    paths = {"base": str(environment), "platbase": str(environment)}
    run(
        *(sys.executable, "-m", "pip", "--python", environment),
        *("install", "--quiet", "--no-deps", "--no-index", wheel),
        cwd=environment,
    )
    # What it depends on is taken from the environment of this test, without the network. A folder
    # that a .pth file adds brings its packages, but not its own .pth files: no way to the checkout.
    packages = Path(sysconfig.get_path("purelib", "venv", paths))
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(ours)))
    return Path(sysconfig.get_path("scripts", "venv", paths))


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
    run(sys.executable, "-m", "tarfile", "-e", sdist, tmp_path, cwd=tmp_path)
    again = build("wheel", tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "again")

    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_the_installed_command_finds_its_own_contract_and_fixtures_good(
    commands: Path, tmp_path: Path
) -> None:
    told = run(commands / "mockserver", "check", cwd=tmp_path)

    assert "accounts.yaml: good" in told
    assert str(ROOT) not in told


def test_the_installed_command_writes_the_reference(commands: Path, tmp_path: Path) -> None:
    told = run(commands / "mockserver", "docs", tmp_path / "site", cwd=tmp_path)

    assert "index.html" in told
    assert (tmp_path / "site" / "swagger-ui-bundle.js").stat().st_size > 1_000_000
    assert "reading.html" in (tmp_path / "site" / "index.html").read_text("utf-8")


def test_the_wheel_serves_the_documented_user(commands: Path, tmp_path: Path) -> None:
    command = [str(commands / "mockserver"), "serve", "--port", "0", "--log-format", "json"]
    with subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            url = json.loads(server.stdout.readline())["url"]
            login = ("username", "password")
            answer = httpx.get(f"{url}/api/v1.1/users/janedoe/", auth=login, timeout=TIMEOUT)
        finally:
            server.terminate()
            server.wait(TIMEOUT)

    user = answer.json()
    assert (answer.status_code, user["id"], user["username"]) == (200, 2, "janedoe")
    assert server.returncode == 0


def build(kind: Literal["sdist", "wheel"], source: Path, into: Path) -> Path:
    """Build with the backend of this environment: the network is not needed."""
    return Path(ProjectBuilder(source).build(kind, into))


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
