"""Dagster's web pages, served to who came to them by their own address.

Belongs here: the one server of these pages, and which requests reach it. Does not belong here: logins (a proxy's), and
the other servers of Dagster (dagster_home.py).

Dagster's own server asks nobody who they are, and takes a mutation from any page that a browser has open: as a GET, as
text/plain from a form, over a web socket of whatever origin. On loopback that is every page that the person at the desk
visits; behind a proxy with a login it is the browser that sends the login along. So the rule stands in the process that
serves, around all of Dagster's application, and is the same in both places; a proxy need only hand on the Host that it
was asked for.

A request is taken if it was sent to a name that is ours (a foreign name that leads here is a rebound one), and, where a
browser says from where it was sent, if that is the same address. Only following a link is free, for alerts hold links.
What changes anything is a POST of JSON, which no page of another origin can send unasked.
"""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from dagster_project.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


_HOST = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

Refusal = tuple[int, str]
"""A status of HTTP, and in words why."""

_STRANGE_HOST = 421, "No page of ours has this address. BOLIG_HOSTS names those by which Dagster's pages are reached."
_STRANGE_ORIGIN = 403, "This was sent by a page of another address, and Dagster's pages take nothing from any other."
_WRONG_METHOD = 405, "Dagster's pages are read by GET, and change something by POST; /graphql takes nothing but POST."
_WRONG_CONTENT = 415, "Dagster's pages take JSON (Content-Type: application/json), and nothing else."


def refusal(scope: "Scope", hosts: Collection[str]) -> Refusal | None:
    """Why a request or a web socket (as ASGI has it) does not reach Dagster; None where it does.

    `hosts`: the names that are ours, in small letters, without a port.
    """
    sent: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        sent.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip())
    host = [value.lower() for value in sent.get("host", [])]
    named = _HOST.fullmatch(host[0]) if len(host) == 1 else None
    if named is None or named["name"] not in hosts:
        return _STRANGE_HOST

    def is_own(address: str) -> bool:
        scheme, _, rest = address.lower().partition("://")
        return scheme in _DEFAULT_PORTS and _bare(rest.partition("/")[0], scheme) == _bare(host[0], scheme)

    is_socket = scope["type"] == "websocket"
    is_read = not is_socket and scope["method"] in ("GET", "HEAD")
    origins = sent.get("origin", [])
    # a socket may be opened by any page, and what it brings be read: there the browser's word is asked for
    if not all(map(is_own, origins)) or (is_socket and not origins):
        return _STRANGE_ORIGIN
    if not is_read and not all(map(is_own, sent.get("referer", []))):
        return _STRANGE_ORIGIN
    is_link = is_read and (sent.get("sec-fetch-mode"), sent.get("sec-fetch-dest")) == (["navigate"], ["document"])
    if not is_link and not {"same-origin", "none"}.issuperset(sent.get("sec-fetch-site", [])):
        return _STRANGE_ORIGIN
    if is_socket:
        return None
    if not (is_read or scope["method"] == "POST") or (is_read and _is_graphql(scope["path"])):
        return _WRONG_METHOD
    kinds = {value.partition(";")[0].strip().lower() for value in sent.get("content-type", [])}
    return None if is_read or kinds == {"application/json"} else _WRONG_CONTENT


def _bare(address: str, scheme: str) -> str:
    return address.removesuffix(_DEFAULT_PORTS[scheme])


def _is_graphql(path: str) -> bool:
    return path.rstrip("/").lower().endswith("/graphql")


class OwnPagesOnly:
    """An ASGI application around another, which answers to what is not refused, and is framed by nobody's page."""

    def __init__(self, app: "ASGIApp", hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Hand on, or refuse."""
        refused = refusal(scope, self.hosts) if scope["type"] in ("http", "websocket") else None

        async def send_unframed(message: "Message") -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-frame-options", b"DENY")]
            await send(message)

        if refused is None:
            await self.app(scope, receive, send_unframed)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refused[1][:120]})
        else:
            from starlette.responses import PlainTextResponse

            await PlainTextResponse(refused[1] + "\n", refused[0])(scope, receive, send_unframed)


def serve(settings: Settings, log_level: str = "info") -> None:
    """Serve the pages until the process is told to stop; dagster_home.dagster_environment is set."""
    import dagster as dg
    import uvicorn
    from dagster._cli.workspace.cli_target import workspace_opts_to_load_target
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._utils.log import configure_loggers
    from dagster_shared.cli import WorkspaceOpts
    from dagster_webserver.app import create_app_from_workspace_process_context

    from dagster_project.serving.dagster_home import DEFINITIONS

    configure_loggers(formatter="json" if settings.log_format == "json" else "colored", log_level=log_level.upper())
    where: dict[str, Any] = {"module_name": (DEFINITIONS,)}
    if settings.dagster_code:
        where = dict(zip(("grpc_host", "grpc_port"), settings.dagster_code, strict=True))
    # as `dagster-webserver` does it, with the same way to the code as the daemon: schedules are known by it
    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(statement_timeout=15_000, pool_recycle=3600, max_overflow=20)
        target = workspace_opts_to_load_target(WorkspaceOpts(**where))
        with WorkspaceProcessContext(instance, target, version=dg.__version__) as context:
            app = create_app_from_workspace_process_context(context, live_data_poll_rate=2000)
            uvicorn.run(
                OwnPagesOnly(app, settings.own_names),
                host=settings.listen,
                port=settings.dagster_port,
                log_level=log_level,
            )
