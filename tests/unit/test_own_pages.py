"""Which requests reach Dagster's pages."""

from typing import Any

import pytest
from pydantic import ValidationError

from dagster_project.serving import dagster_web
from dagster_project.settings import LOOPBACK, Settings

OURS = {"localhost", "127.0.0.1", "bolig.asker.no"}
JSON = {"content-type": "application/json"}
LINK = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def status(method: str, path: str = "/graphql", host: str | None = "localhost:3000", **headers: str) -> int | None:
    """With what a request is refused; None where it is taken. `method` may be WS."""
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path}
    if method == "WS":
        scope = {"type": "websocket", "path": path}
    sent = {name.replace("_", "-"): value for name, value in headers.items()} | ({"host": host} if host else {})
    scope["headers"] = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    refused = dagster_web.refusal(scope, OURS)
    return refused and refused[0]


@pytest.mark.parametrize(
    ("method", "path", "host", "headers"),
    [
        ("GET", "/", "localhost:3000", {}),
        ("GET", "/", "LOCALHOST", {"sec-fetch-site": "none"} | LINK),
        ("GET", "/runs/1", "bolig.asker.no", {"sec-fetch-site": "cross-site"} | LINK),  # from an alert's mail
        ("HEAD", "/server_info", "127.0.0.1:3000", {}),
        ("POST", "/graphql", "localhost:3000", JSON | {"origin": "http://localhost:3000"}),
        ("POST", "/graphql", "localhost:3000", {"content-type": "application/json; charset=utf-8"}),  # of no browser
        ("POST", "/graphql", "bolig.asker.no", JSON | {"origin": "https://bolig.asker.no"}),  # behind TLS
        ("POST", "/graphql", "bolig.asker.no:443", JSON | {"origin": "https://bolig.asker.no"}),
        ("POST", "/graphql", "localhost:3000", JSON | {"referer": "http://localhost:3000/jobs"}),
        ("WS", "/graphql", "localhost:3000", {"origin": "http://localhost:3000"}),
    ],
)
def test_what_our_own_pages_send_is_taken(method: str, path: str, host: str, headers: dict[str, str]) -> None:
    assert status(method, path, host, **headers) is None


@pytest.mark.attack
@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:3000", "localhost.evil.example", "localhost@evil.example", "", None, "localhost.",
        "localhost:3000, evil.example", "evil.example/localhost", "[::1", "localhost:", "0.0.0.0:3000", "127.0.0.2",
        "127.1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "WS"])
def test_an_address_that_is_not_ours_is_refused(method: str, host: str | None) -> None:
    """A name of the attacker's own that leads to loopback is the same origin as the page that it serves."""
    assert status(method, "/", host, **JSON, origin=f"http://{host}") == 421


@pytest.mark.attack
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://localhost:8088"},  # the dashboards: the same site, another origin
        {"origin": "http://localhost"},
        {"origin": "http://localhost:3000.evil.example"},
        {"origin": "http://evil.example/http://localhost:3000"},
        {"origin": "http://user@localhost:3000"},
        {"origin": "chrome-extension://localhost:3000"},
        {"origin": "localhost:3000"},
        {"referer": "http://evil.example/localhost:3000"},
        {"referer": "http://localhost:3000@evil.example/"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"} | LINK,
        {"origin": "http://localhost:3000", "sec-fetch-site": "cross-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "WS"])
def test_what_another_pages_sends_is_refused(method: str, headers: dict[str, str]) -> None:
    if method == "WS" and "referer" in headers:
        headers = headers | {"origin": "http://localhost:3000"}
    assert status(method, **JSON, **headers) == 403


@pytest.mark.attack
def test_of_two_words_of_one_kind_none_is_believed() -> None:
    ours, foreign = b"http://localhost:3000", b"http://evil.example"
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/graphql"}
    plain = [(b"host", b"localhost:3000"), (b"content-type", b"application/json")]
    for more, expected in (
        ([(b"origin", ours), (b"origin", foreign)], 403),
        ([(b"host", b"localhost:3000")], 421),
        ([(b"sec-fetch-site", b"same-origin"), (b"sec-fetch-site", b"cross-site")], 403),
        ([(b"content-type", b"text/plain")], 415),
    ):
        refused = dagster_web.refusal(scope | {"headers": plain + more}, OURS)
        assert refused and refused[0] == expected


@pytest.mark.attack
@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        *(
            (kind, 415)
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
        ),
        ("text/plain; application/json", 415),
        ("application/graphql", 415),
        ("", 415),
        (None, 415),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/report_asset_materialization/publication", "/anything"])
def test_what_a_form_can_send_changes_nothing(path: str, content_type: str | None, expected: int) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    assert status("POST", path, **headers) == expected


@pytest.mark.attack
@pytest.mark.parametrize("path", ["/graphql", "/graphql/", "//graphql", "/prefix/graphql", "/GraphQL"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_read_asks_graphql_for_nothing(method: str, path: str) -> None:
    assert status(method, path, **LINK) == 405


@pytest.mark.attack
@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"])
def test_no_other_method_is_known(method: str) -> None:
    assert status(method, "/", **JSON) == 405
    assert status(method, "/", **JSON, origin="http://evil.example") == 403, "and no preflight is answered"


@pytest.mark.attack
@pytest.mark.parametrize(
    "fetched",
    [
        {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"},
        {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
        {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {},
    ],
)
def test_another_page_follows_a_link_here_and_takes_nothing_in(fetched: dict[str, str]) -> None:
    assert status("GET", "/runs/1", **{"sec-fetch-site": "cross-site"}, **fetched) == 403


def test_names_are_loopbacks_and_the_settings() -> None:
    def hosts(**variables: str) -> set[str]:
        return set(Settings(**variables).own_names) - set(LOOPBACK)  # type: ignore[arg-type]

    assert hosts() == set()
    assert hosts(BOLIG_LISTEN="0.0.0.0") == set()  # noqa: S104
    assert hosts(BOLIG_LISTEN="dagster-pages", BOLIG_HOSTS="Bolig.Asker.no, 10.0.0.7") == {
        "dagster-pages", "bolig.asker.no", "10.0.0.7",
    }  # fmt: skip
    for wrong in ("https://bolig.asker.no", "bolig.asker.no:3000", "*", "a b"):
        with pytest.raises(ValidationError, match="is no name of a machine"):
            Settings(BOLIG_HOSTS=wrong)  # type: ignore[call-arg]
