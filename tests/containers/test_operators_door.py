"""The door before Dagster's pages: nginx, Apache with mod_auth_openidc, and a real OpenID provider.

They have the images' configuration. Left out where the module is not installed (`make browser` installs it); without
nginx before it where that is not.
"""

import html
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dagster_project.serving import dagster_web, ports
from dagster_project.settings import PROJECT_DIR
from tests import openid
from tests.containers.test_proxy import NGINX, as_root, pages, wait_for

APACHE = shutil.which("apache2", path="/usr/sbin")
MODULE = Path("/usr/lib/apache2/modules/mod_auth_openidc.so")
pytestmark = [
    pytest.mark.attack,
    pytest.mark.skipif(not (APACHE and MODULE.exists()), reason="mod_auth_openidc is not installed"),
]

SECRET = "a-secret-of-the-client-only"  # noqa: S105 # pragma: allowlist secret
PEOPLE: dict[str, dict[str, Any]] = {
    "drift-1": {"groups": ["ansatt", "bolig drift"], "pid": openid.PERSONAL_NUMBER},
    "leder-1": {"groups": ["ansatt", "bolig drift 2"]},
    "fremmed-1": {},
}


@dataclass(frozen=True)
class Door:
    """The way to Dagster: its address, the provider, and what was logged on it."""

    address: str
    provider: openid.Provider
    logs: tuple[Path, ...]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    behind, middle, front, unused = ports.any_free(), ports.any_free(), ports.any_free(), ports.any_free()
    for part in ("proxy", "door"):
        shutil.copytree(PROJECT_DIR / "containers" / part, folder / part)
    (folder / "proxy" / "dagster.conf").write_bytes((folder / "proxy" / "dagster-oidc.conf").read_bytes())
    for name, exchanged in {
        "proxy": {
            "http://dagster-door:8000": f"http://127.0.0.1:{middle}",
            "listen 8088;": f"listen 127.0.0.1:{unused};",
            "listen 3000;": f"listen 127.0.0.1:{front};",
            "/tmp/nginx.pid": f"{folder}/nginx.pid",  # noqa: S108
        },
        "door": {
            "Listen 8000": f"Listen 127.0.0.1:{middle}",
            "/tmp/door.pid": f"{folder}/door.pid",  # noqa: S108
            "DefaultRuntimeDir /tmp": f"DefaultRuntimeDir {folder}",
        },
    }.items():
        for old, new in exchanged.items():
            found = [file for file in (folder / name).glob("*.conf") if old in file.read_text("utf-8")]
            assert found, old
            for file in found:
                file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    (folder / "BOLIG_OIDC_CLIENT_SECRET").write_text(f"{SECRET}\n")
    address = f"http://127.0.0.1:{front if NGINX else middle}"
    client = {
        "client_id": "boligstrategi",
        "client_secret": SECRET,
        "redirect_uris": [f"{address}/sign-on/callback"],
        "post_logout_redirect_uris": [f"{address}/"],
    }
    hosts = {"127.0.0.1"}
    server = uvicorn.Server(
        uvicorn.Config(dagster_web.OwnPagesOnly(pages, hosts), host="127.0.0.1", port=behind, log_level="error")
    )
    threading.Thread(target=server.run, daemon=True).start()
    modules = openid.install(tmp_path_factory.mktemp("provider"))
    logs = (folder / "door.log", folder / "nginx.log")
    with openid.provider(modules, client, PEOPLE, "id_token") as provider, ExitStack() as started:
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/bin",
            "DAGSTER": f"127.0.0.1:{behind}",
            "SECRETS": str(folder),
            "BOLIG_OIDC_ISSUER": provider.issuer,
            "BOLIG_OIDC_CLIENT_ID": "boligstrategi",
            "BOLIG_OIDC_SCOPES": "openid profile",
            "BOLIG_OIDC_GROUPS_CLAIM": "groups",
            "BOLIG_OIDC_OPERATORS": "bolig drift",
        }
        nginx = [NGINX, "-c", folder / "proxy" / "plain.conf", "-e", "stderr", *as_root()]
        commands = [(middle, [folder / "door" / "serve.sh"])] + ([(front, nginx)] if NGINX else [])
        for log, (port, command) in zip(logs, commands, strict=False):
            file = started.enter_context(log.open("w"))
            process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
            started.callback(process.wait, 30)
            started.callback(process.terminate)
            wait_for(port, process, log)
        yield Door(address, provider, logs)
    server.should_exit = True


@pytest.fixture
def signed_on(door: Door) -> Iterator[Callable[[str], tuple[httpx.Client, httpx.Response]]]:
    """Sign on as somebody; gives their session and the last answer of the way."""
    with ExitStack() as open_ones:

        def walk(name: str) -> tuple[httpx.Client, httpx.Response]:
            client = open_ones.enter_context(httpx.Client(timeout=30))
            return client, openid.walk(client, f"{door.address}/runs", name)

        yield walk


def test_an_operator_comes_in_and_dagster_is_told_nothing_of_them(
    door: Door, signed_on: Callable[[str], tuple[httpx.Client, httpx.Response]]
) -> None:
    client, answer = signed_on("drift-1")
    assert answer.status_code == 200 and answer.url.path == "/runs"
    assert door.provider.told()[-1] == {"state": True, "nonce": True, "pkce": "S256"}
    asked = client.post(
        f"{door.address}/graphql", content=b"{}", headers={"Content-Type": "application/json", "Origin": door.address}
    )
    assert asked.status_code == 200
    told = asked.text.lower()
    assert not [word for word in ("cookie", "authorization", "oidc", "drift-1") if word in told]
    # the rule of Dagster's own pages stands behind it
    foreign = {"Content-Type": "application/json", "Origin": "https://evil.example"}
    assert client.post(f"{door.address}/graphql", content=b"{}", headers=foreign).status_code == 403
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with connect(
        f"{door.address.replace('http', 'ws')}/graphql",
        origin=door.address,  # type: ignore[arg-type]
        additional_headers={"Cookie": cookies},
    ):
        pass


@pytest.mark.parametrize("name", ["leder-1", "fremmed-1"])
def test_who_has_not_just_the_operators_group_is_refused(
    door: Door, signed_on: Callable[[str], tuple[httpx.Client, httpx.Response]], name: str
) -> None:
    client, answer = signed_on(name)
    assert answer.status_code in (401, 403)
    assert "bare for driftsoperatører" in html.unescape(answer.text)
    assert client.get(f"{door.address}/runs").status_code in (401, 403)


def test_nobody_comes_in_without_signing_on(door: Door) -> None:
    asked = httpx.get(f"{door.address}/runs", headers={"Accept": "text/html"})
    assert asked.status_code == 302 and asked.headers["location"].startswith(f"{door.provider.issuer}/auth?")
    sent = {"Content-Type": "application/json", "Origin": door.address, "Sec-Fetch-Mode": "cors"}
    for path in ("/graphql", "/server_info", "/sign-on/", "/sign-on/callback/../../graphql"):
        answer = httpx.post(f"{door.address}{path}", content=b"{}", headers=sent)
        assert answer.status_code >= 400, path
    # what another would have Dagster believe of who asks
    forged = sent | {"OIDC_CLAIM_groups": "bolig drift", "X-Remote-User": "drift-1", "Authorization": "Bearer x"}
    assert httpx.post(f"{door.address}/graphql", content=b"{}", headers=forged).status_code == 401
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{door.address.replace('http', 'ws')}/graphql", origin=door.address)  # type: ignore[arg-type]
    assert refused.value.response.status_code in (302, 401)
    with pytest.raises(InvalidStatus):
        connect(
            f"{door.address.replace('http', 'ws')}/graphql",
            origin=door.address,  # type: ignore[arg-type]
            additional_headers={"Cookie": "mod_auth_openidc_session=00000000-0000-0000-0000-000000000000"},
        )


def test_signing_out_ends_it_and_no_personal_number_is_logged(
    door: Door, signed_on: Callable[[str], tuple[httpx.Client, httpx.Response]]
) -> None:
    client, _ = signed_on("drift-1")
    copied = dict(client.cookies)
    out = client.get(f"{door.address}/sign-on/callback", params={"logout": f"{door.address}/"})
    assert out.status_code == 302 and out.headers["location"].startswith(f"{door.provider.issuer}/session/end?")
    assert "post_logout_redirect_uri" in out.headers["location"]
    assert httpx.get(f"{door.address}/runs", cookies=copied, headers={"Accept": "text/html"}).status_code == 302
    elsewhere = client.get(f"{door.address}/sign-on/callback", params={"logout": "https://evil.example/"})
    assert "evil.example" not in elsewhere.headers.get("location", "")
    for log in filter(Path.exists, door.logs):
        assert openid.PERSONAL_NUMBER not in log.read_text("utf-8", errors="replace")
