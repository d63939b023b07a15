"""The image, the action, the workflows and the hook: valid, and each step run in an empty folder.

Neither a container nor a hosted runner is needed: the packages of the locks are those of this environment.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from clients.steps import install_packages
from tests.support import ROOT, eventually
from tests.support.environments import (
    BIN,
    PATIENCE,
    bare_environment,
    lend_packages,
    run,
    succeed,
)

FAKE_SUITE = f"""#!{sys.executable}
import os, sys
given = sys.argv[1:]
for option, value in zip(given, given[1:]):
    if option == "--report":
        open(value, "w").write("# " + value)
print(given)
sys.exit(int(os.environ["FAKE_CODE"]))
"""


def put_suite(environment: Path, script: str) -> None:
    suite = environment / "bin" / "conformance"
    suite.parent.mkdir(parents=True, exist_ok=True)
    suite.write_text(script, "utf-8")
    suite.chmod(0o755)


def context(folder: Path) -> Path:
    """Copy what .dockerignore lets through."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    kept = [line.removeprefix("!") for line in lines if line.startswith("!")]
    folder.mkdir()
    for one in ROOT.iterdir():
        if any(fnmatch(one.name, pattern) for pattern in kept):
            if one.is_dir():
                shutil.copytree(
                    one, folder / one.name, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                shutil.copy(one, folder)
    return folder


def stages() -> dict[str, list[tuple[str, str]]]:
    """Each stage of the Dockerfile with its instructions."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    found: dict[str, list[tuple[str, str]]] = {}
    steps: list[tuple[str, str]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            found[rest.split()[-1]] = steps = []
        else:
            steps.append((instruction, rest.strip()))
    return found


def one(stage: str, instruction: str) -> Any:
    [value] = [rest for name, rest in stages()[stage] if name == instruction]
    return json.loads(value) if value.startswith("[") else value


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", sorted(ROOT.glob(".github/workflows/*.yml"))),
        ("github-actions", [ROOT / "action.yml"]),
        ("compose-spec", [ROOT / "compose.yaml"]),
        ("gitlab-ci", [ROOT / "deploy" / "gitlab.yml"]),
    ],
)
def test_a_file_for_another_system_keeps_its_schema(
    schema: str, files: list[Path], tmp_path: Path
) -> None:
    checker = [str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}"]
    succeed([*checker, *map(str, files)], tmp_path)


@pytest.mark.parametrize(
    ("schema", "begins"), [("github-workflows", "on:"), ("gitlab-ci", "include:")]
)
def test_an_example_of_the_guide_keeps_its_schema_and_the_inputs_of_the_action(
    schema: str, begins: str, tmp_path: Path
) -> None:
    guide = (ROOT / "docs" / "guides" / "ci.md").read_text("utf-8")
    examples = re.findall(rf"```yaml\n({begins}.*?)```", guide, re.DOTALL)
    for number, example in enumerate(examples):
        (tmp_path / f"{number}.yml").write_text(example, "utf-8")
    files = sorted(map(str, tmp_path.iterdir()))
    succeed(["check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files], tmp_path)

    known = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    for example in examples if begins == "on:" else ():
        steps = yaml.safe_load(example)["jobs"]["conformance"]["steps"]
        [given] = [step["with"] for step in steps if "with" in step]
        assert given.keys() <= known.keys()


def test_a_file_that_breaks_its_schema_is_found(tmp_path: Path) -> None:
    text = (ROOT / "action.yml").read_text("utf-8").replace("using: composite", "using: magic")
    (tmp_path / "action.yml").write_text(text, "utf-8")

    done = run(
        ["check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"], tmp_path
    )
    assert done.returncode == 1


def test_the_dockerfile_pleases_its_linter(tmp_path: Path) -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    succeed([str(BIN / "hadolint"), str(ROOT / "Dockerfile")], tmp_path)

    broken = tmp_path / "Dockerfile"
    broken.write_text(text.replace("USER 10001", "USER root"), "utf-8")
    assert "DL3002" in run([str(BIN / "hadolint"), str(broken)], tmp_path).stdout


def test_the_steps_of_the_image_make_its_command(tmp_path: Path) -> None:
    source, build = context(tmp_path / "context"), tmp_path / "build"
    build.mkdir()
    environment = tmp_path / "opt" / "venv"
    lend_packages(environment)

    for instruction, rest in stages()["build-mockserver"]:
        if instruction == "COPY":
            what, into = rest.split()
            succeed(f"cp -r {source}/{what} {into}", build)
        elif instruction == "RUN":
            succeed(rest.replace("/opt/venv", str(environment)), build)

    [entry] = one("mockserver", "ENTRYPOINT")
    told = succeed([str(environment / "bin" / entry), "check"], tmp_path)
    assert str(environment) in told


def test_the_image_of_the_suite_is_made_as_that_of_the_mock_server() -> None:
    text = str(stages()["build-mockserver"])

    assert str(stages()["build-conformance"]) == text.replace("-serve.lock", "-run.lock")
    assert one("conformance", "ENTRYPOINT") == ["conformance"]
    assert one("conformance", "USER") == one("mockserver", "USER") != "root"


def test_the_health_check_of_the_image_knows_a_server_that_runs(tmp_path: Path) -> None:
    _, _, command = one("mockserver", "HEALTHCHECK").partition("CMD ")
    command = json.loads(command)
    server = subprocess.Popen(
        [str(BIN / "mockserver"), *one("mockserver", "CMD"), "--port", "0", "--log-format", "json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["url"].rpartition(":")[2]
        succeed(command, tmp_path, MOCKSERVER_PORT=port)
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE)

    assert run(command, tmp_path, MOCKSERVER_PORT=port).returncode != 0


def test_the_packages_for_serving_are_enough(tmp_path: Path) -> None:
    code = """
import importlib, pkgutil, re, sys
from importlib.metadata import packages_distributions
served = set(re.findall(r"^([a-z0-9-]+)==", open(sys.argv[1]).read(), re.M)) | {"accounts-mock"}
known = {top: {re.sub("[-_.]+", "-", name).lower() for name in names}
         for top, names in packages_distributions().items()}
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if path is None and name in known and not known[name] & served:
            raise ModuleNotFoundError(f"serving needs {name}: add it to the group serve in pyproject.toml")
sys.meta_path.insert(0, Refuse())
import mockserver
for found in pkgutil.walk_packages(mockserver.__path__, "mockserver."):
    if not found.name.startswith(("mockserver.testing", "mockserver.pytest_plugin")):
        importlib.import_module(found.name)
try:
    import schemathesis
except ModuleNotFoundError:
    print("enough")
"""
    lock = ROOT / "requirements-serve.lock"
    assert succeed([sys.executable, "-c", code, str(lock)], tmp_path).endswith("enough\n")


def action_step(name: str) -> str:
    steps = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    [step] = [step["run"] for step in steps if step.get("name") == name]
    return str(step)


def test_the_action_installs_both_commands(tmp_path: Path) -> None:
    lend_packages(tmp_path / "runner" / "accounts-mock")
    work = tmp_path / "work"
    work.mkdir()

    succeed(action_step("Install"), work, RUNNER_TEMP=tmp_path / "runner", SOURCE=ROOT)

    commands = tmp_path / "runner" / "accounts-mock" / "bin"
    assert "MUST" in succeed([str(commands / "conformance"), "list"], work)
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "incomplete", "ends", "said"),
    [
        (0, "fail", 0, ""),
        (1, "fail", 1, "::error title=Accounts API::target.yaml: not conformant"),
        (2, "fail", 2, "::error title=Accounts API::target.yaml: no verdict"),
        (3, "fail", 3, "::warning title=Accounts API::target.yaml: incomplete"),
        (3, "pass", 0, "::warning title=Accounts API::target.yaml: incomplete"),
    ],
)
def test_the_action_hands_on_the_verdict(
    tmp_path: Path, code: int, incomplete: str, ends: int, said: str
) -> None:
    put_suite(tmp_path / "accounts-mock", FAKE_SUITE)

    done = run(
        action_step("Run"),
        tmp_path,
        TARGET="target.yaml",
        ARGUMENTS="--level should --only 'a b'; $(touch planted)",
        REPORTS="reports",
        INCOMPLETE=incomplete,
        RUNNER_TEMP=tmp_path,
        GITHUB_OUTPUT=tmp_path / "output",
        GITHUB_STEP_SUMMARY=tmp_path / "summary",
        FAKE_CODE=str(code),
    )

    assert done.returncode == ends, done.stdout
    assert said in done.stdout
    assert "'--level', 'should', '--only', 'a b;', '$(touch', 'planted)'" in done.stdout
    assert not (tmp_path / "planted").exists()
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"
    assert (tmp_path / "summary").read_text() == "# reports/report.md"
    kinds = {one.suffix for one in (tmp_path / "reports").iterdir()}
    assert kinds == {".md", ".xml", ".html", ".json"}


def test_an_action_that_is_cancelled_lets_the_suite_restore_the_accounts(tmp_path: Path) -> None:
    waits = "trap 'sleep 0.3; touch restored; exit 130' TERM; touch begun; sleep 60 & wait"
    put_suite(tmp_path / "accounts-mock", f"#!/bin/bash\n{waits}\n")
    given = {"TARGET": "target.yaml", "ARGUMENTS": "", "REPORTS": "reports", "INCOMPLETE": "fail"}
    given |= {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary"}
    step = subprocess.Popen(
        ["bash", "-eo", "pipefail", "-c", action_step("Run")],
        cwd=tmp_path,
        env=bare_environment(RUNNER_TEMP=tmp_path, **given),
        stdout=subprocess.DEVNULL,
    )
    eventually((tmp_path / "begun").exists)
    step.send_signal(signal.SIGINT)  # a hosted runner signals the shell of the step alone

    assert step.wait(PATIENCE) == 130
    assert (tmp_path / "restored").exists()
    assert (tmp_path / "output").read_text() == "exit-code=130\n"


def test_the_template_for_gitlab_runs_the_suite(tmp_path: Path) -> None:
    job = yaml.safe_load((ROOT / "deploy" / "gitlab.yml").read_text("utf-8"))[".conformance"]
    lend_packages(tmp_path / ".accounts-mock")

    put_suite(tmp_path / ".accounts-mock", FAKE_SUITE)

    unset = run("\n".join(job["script"]), tmp_path, **job["variables"])
    assert (unset.returncode, "ACCOUNTS_MOCK is empty" in unset.stdout) == (2, True)

    variables = job["variables"] | {"ARGUMENTS": "--seed 1", "FAKE_CODE": "3"}
    variables["ACCOUNTS_MOCK"] = "accounts-mock"  # which is lent
    done = run("\n".join(job["script"]), tmp_path, **variables)

    assert done.returncode == 3, done.stdout
    assert "['run', 'target.yaml', " in done.stdout
    assert "'--seed', '1']" in done.stdout
    assert (tmp_path / job["artifacts"]["reports"]["junit"]).exists()
    assert job["artifacts"]["paths"] == ["conformance-reports"]


def test_the_hook_checks_contract_and_fixtures(tmp_path: Path) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (tmp_path / "fixtures.yaml").write_text("accounts: [{username: 1}]\n", "utf-8")

    done = run(f"{hook['entry']} --fixtures fixtures.yaml", tmp_path)
    assert done.returncode == 2
    assert "fixtures.yaml:1:" in done.stdout


@pytest.mark.parametrize(("tag", "code"), [("v{}", 0), ("v{}.1", 1), ("{}", 1)])
def test_a_release_has_the_version_of_its_tag(tmp_path: Path, tag: str, code: int) -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    steps = workflow["jobs"]["wheel"]["steps"]
    [step] = [one["run"] for one in steps if one.get("name") == "Compare the tag with the version"]
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    [version] = re.findall(r'^version = "(.*)"$', text, re.MULTILINE)

    assert run(step, tmp_path, TAG=tag.format(version)).returncode == code


@pytest.mark.clients
@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("action.yml", "inputs.target }", "inputs.targt }", '"targt" is not defined'),
        (".github/workflows/check.yml", "runs-on:", "run-on:", 'unexpected key "run-on"'),
    ],
)
def test_a_mistake_in_an_action_or_workflow_is_found(
    file: str, old: str, new: str, found: str, tmp_path: Path
) -> None:
    install_packages(ROOT / "clients")
    text = (ROOT / file).read_text("utf-8")
    assert old in text
    broken = tmp_path / Path(file).name
    broken.write_text(text.replace(old, new), "utf-8")

    done = run(["node", str(ROOT / "clients" / "lint_workflows.mjs"), str(broken)], tmp_path)

    assert done.returncode == 1
    assert found in done.stdout
