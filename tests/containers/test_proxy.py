"""The proxy before Dagster's pages, as nginx itself reads its configuration. Left out where no nginx is installed.

What it hands on stands in for Dagster: a few lines behind the rule that Dagster's server has in front of it.
"""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dagster_project.serving import dagster_web, ports
from dagster_project.settings import PROJECT_DIR

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = [pytest.mark.attack, pytest.mark.skipif(not NGINX, reason="nginx is not installed")]

LOGIN = ("forvalter", "guessed-by-nobody")
NAME = "bolig.asker.no"


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """What stands behind the rule: it tells what reached it, and takes a socket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
    elif scope["type"] == "http":
        told = json.dumps({name.decode(): value.decode() for name, value in scope["headers"]}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": told})


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """nginx with the images' configuration, by other ports and paths; gives the port that leads to Dagster."""
    folder = tmp_path_factory.mktemp("proxy")
    shutil.copytree(PROJECT_DIR / "containers" / "proxy", folder, dirs_exist_ok=True)
    behind, dashboards, dagster = ports.any_free(), ports.any_free(), ports.any_free()
    hashed = subprocess.run(["openssl", "passwd", "-6", LOGIN[1]], check=True, capture_output=True, text=True)  # noqa: S607
    (folder / "users").write_text(f"{LOGIN[0]}:{hashed.stdout}")
    for old, new in {
        "http://dagster-pages:3000": f"http://127.0.0.1:{behind}",
        "listen 8088;": f"listen 127.0.0.1:{dashboards};",
        "listen 3000;": f"listen 127.0.0.1:{dagster};",
        "/run/secrets/dagster_users": f"{folder}/users",
        "/tmp/nginx.pid": f"{folder}/nginx.pid",  # noqa: S108
    }.items():
        found = [file for file in folder.glob("*.conf") if old in file.read_text("utf-8")]
        assert found, old
        for file in found:
            file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    server = uvicorn.Server(
        uvicorn.Config(dagster_web.OwnPagesOnly(pages, {NAME}), host="127.0.0.1", port=behind, log_level="error")
    )
    threading.Thread(target=server.run, daemon=True).start()
    with (folder / "log").open("w") as log:
        nginx = subprocess.Popen(
            [str(NGINX), "-c", folder / "plain.conf", "-e", "stderr", *as_root()], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            wait_for(dagster, nginx, folder / "log")
            yield dagster
        finally:
            nginx.terminate()
            nginx.wait(timeout=30)
            server.should_exit = True


def as_root() -> list[str]:
    """What nginx is told where a test runs as root."""
    return ["-g", "user root;"] if os.getuid() == 0 else []


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text("utf-8"))


def ask(port: int, method: str, path: str, headers: dict[str, str], login: Any = LOGIN) -> httpx.Response:
    sent = {"Host": NAME} | headers
    return httpx.request(method, f"http://127.0.0.1:{port}{path}", headers=sent, content=b"{}", auth=login, timeout=30)


def test_nobody_comes_in_without_the_login_and_it_goes_no_further(proxy: int) -> None:
    assert ask(proxy, "GET", "/", {}, login=None).status_code == 401
    assert ask(proxy, "GET", "/", {}, login=("forvalter", "guess")).status_code == 401
    seen = ask(proxy, "GET", "/", {}).json()
    assert seen["host"] == NAME and "authorization" not in seen


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"),
    [
        (200, "POST", "/graphql", {"Origin": f"https://{NAME}", "Content-Type": "application/json"}),
        (403, "POST", "/graphql", {"Origin": "https://evil.example", "Content-Type": "application/json"}),
        (403, "POST", "/graphql", {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}),
        (403, "POST", "/graphql", {"Referer": "https://evil.example/", "Content-Type": "application/json"}),
        (415, "POST", "/graphql", {"Content-Type": "text/plain"}),
        (405, "GET", "/graphql?query=mutation", {}),
        (421, "GET", "/", {"Host": "evil.example"}),
        (421, "GET", "/", {"Host": f"evil.example:{NAME}"}),
    ],
)
def test_the_login_helps_no_foreign_page(
    proxy: int, status: int, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = ask(proxy, method, path, headers)
    # nginx itself refuses what is no host at all
    assert answer.status_code == status or (status == 421 and answer.status_code == 400)


def test_a_web_socket_is_opened_from_our_own_page_only(proxy: int) -> None:
    def opened(origin: str) -> None:
        with (
            socket.create_connection(("127.0.0.1", proxy)) as reached,
            connect(f"ws://{':'.join(LOGIN)}@{NAME}/graphql", sock=reached, origin=origin),  # type: ignore[arg-type]
        ):
            pass

    opened(f"https://{NAME}")
    for origin in ("https://evil.example", "null", f"https://{NAME}:8443"):
        with pytest.raises(InvalidStatus) as refused:
            opened(origin)
        assert refused.value.response.status_code == 403
