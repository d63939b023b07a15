"""Take the pictures of docs/pictures: console, reference, report and terminal, as they are today.

Needs Debian's Chromium. The suite judges a mock server that was told to break its contract, so the report has
something to show.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

from clients.steps import ROOT, server

PICTURES = ROOT / "docs" / "pictures"
SIZE = (1120, 700)
JANE = "/api/v1.1/users/janedoe/"
EMAILS = f"{JANE}emails/"
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: 24px; background: #1b1f24; color: #d5dbe1; font: 14px/1.5 "DejaVu Sans Mono", monospace }
pre { margin: 0; font: inherit; white-space: pre-wrap }
</style><pre>"""


def main() -> int:
    """Take all pictures; return the exit code."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("make pictures needs chromium (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        server(Path(folder) / "server.log") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        use(url)
        take(browser, f"{url}/_mock/", "console", wait="text=scope-missing")
        take(browser, f"{url}/docs/add_email.html", "reference", wait="h1")
        said = judge(url, Path(folder))
        take(browser, (Path(folder) / "report.html").as_uri(), "report", wait="h1")
        terminal = Path(folder) / "terminal.html"
        terminal.write_text(f"{TERMINAL}{html.escape(said)}</pre>", "utf-8")
        take(browser, terminal.as_uri(), "terminal", wait="pre")
        browser.close()
    return 0


def take(browser: Browser, url: str, name: str, *, wait: str) -> None:
    """Take the picture of a page, once it shows what is waited for."""
    width, height = SIZE
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce"
    )
    page.goto(url)
    page.locator(wait).first.wait_for()
    whole = page.locator("body") if name == "terminal" else page
    whole.screenshot(path=PICTURES / f"{name}.png")
    page.close()
    print(PICTURES.relative_to(ROOT) / f"{name}.png")


def use(url: str) -> None:
    """Send what a front end might send, right and wrong."""
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer janedoe-all"}) as client:
        client.get(JANE)
        client.patch(JANE, json={"location": "Private Island"})
        client.post(EMAILS, json={"email": "jane@work.example.com"})
        client.get(EMAILS)
        client.request("DELETE", EMAILS, json={"email": "jane.doe@example.com"})
        client.get("/api/v1.1/users/johndoe/")
        client.post(EMAILS, json={"email": "jane"})
        client.get(JANE, headers={"Prefer": "code=503"})
        reading = {"Authorization": "Bearer janedoe-email_read"}
        client.post(EMAILS, json={"email": "jane@home.example.com"}, headers=reading)


def judge(url: str, folder: Path) -> str:
    """Judge a mock server that breaks its contract; return the command with the beginning and the end of what it says."""
    tutorial = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    [target] = re.findall(r"```yaml\n(base_url:.*?)```", tutorial, re.DOTALL)
    (folder / "target.yaml").write_text(target.replace("http://127.0.0.1:8080", url), "utf-8")
    httpx.post(f"{url}/_mock/reset")
    rule = {"operation": "delete_email", "fault": "contract"}
    httpx.post(f"{url}/_mock/faults", json=rule)
    command = ["conformance", "run", "target.yaml", "--only", "delete-email"]
    done = subprocess.run(
        [Path(sys.executable).parent / command[0], *command[1:], "--report", "report.html"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    return "\n".join(
        [f"$ {' '.join(command)} --report report.html", *lines[:19], "  …", *lines[-5:]]
    )


if __name__ == "__main__":
    sys.exit(main())
