"""Nobody becomes more than the four roles, by no way; logins are limited, and what is logged out is out."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dagster_project.settings import Settings
from superset_assets import installation, rest
from tests.bi.conftest import Browser, Login

pytestmark = pytest.mark.attack

ROUTES = Path(__file__).with_name("routes.py")
FOUR = tuple(yaml.safe_load(rest.ROLES.read_text("utf-8")))
PASSWORD = "Kort-Vei-12-hjem"  # noqa: S105 # pragma: allowlist secret


def person(name: str, **more: Any) -> dict[str, Any]:
    """A new user, as the page of users sends one."""
    return {
        "username": name,
        "first_name": name,
        "last_name": "Prøve",
        "email": f"{name.lower()}@localhost.invalid",
        "active": True,
        "password": PASSWORD,
    } | more


@pytest.fixture(scope="module")
def roles(login: Login) -> dict[str, int]:
    """Superset's numbers of the roles."""
    return {row["name"]: row["id"] for row in login("bolig_import").every("/api/v1/security/roles/")}


@pytest.fixture(scope="module")
def held(login: Login) -> Any:
    """Who has which roles, read by the importer."""

    def read() -> dict[str, set[str]]:
        users = login("bolig_import").every("/api/v1/security/users/")
        return {user["username"]: {role["name"] for role in user["roles"] + user["groups"]} for user in users}

    return read


@pytest.fixture
def newcomer(login: Login, roles: dict[str, int]) -> Iterator[int]:
    """A Leder whom the Forvalter has let in, by number."""
    forvalter = login("forvalter")
    number = forvalter.post("/api/v1/security/users/", person("prove", roles=[roles["Leder"]]))["id"]
    yield number
    forvalter.delete(f"/api/v1/security/users/{number}")


def test_a_forvalter_makes_nobody_more_than_the_four_roles(
    dashboards: Settings, login: Login, roles: dict[str, int], held: Any, newcomer: int
) -> None:
    importer, page = login("bolig_import"), Browser(dashboards, "forvalter")
    (admin,) = (row["id"] for row in importer.every("/api/v1/security/users/") if row["username"] == "bolig_import")
    (own,) = (row["id"] for row in importer.every("/api/v1/security/users/") if row["username"] == "forvalter")
    group = {"name": "snarvei", "label": "", "description": "", "users": [own], "roles": [roles["Admin"]]}
    others = [number for name, number in roles.items() if name not in FOUR]
    assert roles["Admin"] in others
    before = held()
    users, form = "/api/v1/security/users", {"last_name": "X", "active": "y", "conf_password": PASSWORD}
    tried: list[tuple[str, str, Any]] = [
        *(("POST", f"{users}/", person("snik", roles=[number])) for number in others),
        ("POST", f"{users}/", person("snik", roles=[roles["Leder"], roles["Admin"]])),
        ("POST", f"{users}/", person("snik", groups=[1])),
        ("POST", f"{users}/", person("BOLIG_IMPORT", roles=[roles["Leder"]])),
        ("POST", f"{users}/", person("FORVALTER", roles=[roles["Leder"]], email="annen@localhost.invalid")),
        *(("PUT", f"{users}/{who}", {"roles": [roles["Admin"]]}) for who in (own, newcomer)),
        *(("PUT", f"{users}/{who}", {"roles": [roles["Forvalter"], roles["Alpha"]]}) for who in (own, newcomer)),
        ("PUT", f"{users}/{newcomer}", {"username": "bolig_import"}),
        ("PUT", f"{users}/{newcomer}", {"username": "Forvalter"}),
        # whoever is let in as the importer is Admin
        ("PUT", f"{users}/{admin}", {"password": PASSWORD}),
        ("PUT", f"{users}/{admin}", {"username": "annen", "roles": [roles["Leder"]]}),
        ("PUT", f"{users}/{admin}", {"active": False}),
        ("PUT", f"{users}/{admin}", {"email": "forvalter2@localhost.invalid"}),
        ("DELETE", f"{users}/{admin}", None),
        ("POST", "/api/v1/security/groups/", group),
        ("PUT", "/api/v1/security/groups/1", group),
        ("POST", "/api/v1/security/roles/", {"name": "Snarvei"}),
        ("PUT", f"/api/v1/security/roles/{roles['Admin']}/users", {"user_ids": [own]}),
        ("PUT", f"/api/v1/security/roles/{roles['Admin']}/groups", {"group_ids": [1]}),
        ("PUT", f"/api/v1/security/roles/{roles['Forvalter']}", {"name": "Admin2"}),
        ("DELETE", f"/api/v1/security/roles/{roles['Leder']}", None),
        ("POST", f"/api/v1/security/roles/{roles['Forvalter']}/permissions", {"permission_view_menu_ids": [1, 2, 3]}),
        ("POST", "/api/v1/security/user_registrations/", person("snik", registration_hash="x")),
        ("PUT", "/api/v1/me/", {"first_name": "X", "roles": [roles["Admin"]]}),
        ("POST", "/api/v1/assets/import/", {}),
    ]
    for method, path, body in tried:
        answer = page.ask(method, path, body)
        assert answer.status_code in (400, 401, 403, 404, 405, 422), f"{method} {path} {body}: {answer.text[:300]}"
    for path, fields in {
        "/users/add": {**person("snik"), "roles": roles["Admin"], **form},
        f"/users/edit/{newcomer}": {**person("prove"), "roles": roles["Admin"], **form},
        f"/users/edit/{own}": {**person("forvalter"), "roles": roles["Admin"], **form},
        f"/users/delete/{admin}": {},
        f"/users/action/resetpasswords/{admin}": {},
        f"/resetpassword/form?pk={admin}": {"password": PASSWORD, **form},
        "/userinfoeditview/form": {"first_name": "X", "last_name": "Y", "roles": roles["Admin"]},
        "/roles/add": {"name": "Snarvei", "permissions": 1},
        f"/roles/edit/{roles['Leder']}": {"name": "Leder", "permissions": 1},
        "/groups/add": {"name": "snarvei", "users": own, "roles": roles["Admin"]},
        "/register/": person("snik", **form),
        "/register/activation/x": {},
    }.items():
        page.form(path, fields)
    assert held() == before
    assert not Browser(dashboards, "bolig_import", PASSWORD).is_in
    assert Browser(dashboards, "bolig_import").is_in


def test_a_role_that_is_none_of_the_four_counts_for_nothing(
    dashboards: Settings, demonstration: Any, login: Login, roles: dict[str, int], newcomer: int
) -> None:
    """However it came there: by a backup, by an operator's hand, by a way that nobody has thought of."""
    from dagster_project import warehouse

    with warehouse.connect(demonstration.settings, "owner") as connection:
        connection.execute(
            "insert into superset.ab_user_role (id, user_id, role_id)"
            " select nextval('superset.ab_user_role_id_seq'), %s, %s",
            (newcomer, roles["Admin"]),
        )
    smuggled = rest.Superset(installation.address(dashboards), "prove", PASSWORD)
    for path in ("/api/v1/security/users/", "/api/v1/security/roles/", "/api/v1/database/"):
        with pytest.raises(rest.SupersetRefused, match="403"):
            smuggled.every(path)


def test_a_session_that_logged_out_is_answered_no_more(dashboards: Settings) -> None:
    """Asked often enough that each of the two workers has answered."""
    leder = Browser(dashboards, "leder")
    copied = httpx.Cookies(leder.client.cookies)
    other = Browser(dashboards, "leder")

    def answers(cookies: Any) -> set[int]:
        return {
            httpx.get(f"{installation.address(dashboards)}/api/v1/me/", cookies=cookies).status_code for _ in range(12)
        }

    assert answers(copied) == {200}
    leder.client.get("/logout/")
    assert answers(copied) == {401}
    # a person's other session is another
    assert answers(other.client.cookies) == {200}


def test_a_new_password_ends_the_sessions_that_began_with_the_old_one(
    dashboards: Settings, login: Login, newcomer: int
) -> None:
    old = Browser(dashboards, "prove", PASSWORD)
    assert old.client.get("/api/v1/me/").status_code == 200
    login("forvalter").put(
        f"/api/v1/security/users/{newcomer}",
        {"password": "Lang-Vei-13-borte"},  # pragma: allowlist secret
    )  # pragma: allowlist secret
    assert old.client.get("/api/v1/me/").status_code == 401
    login("forvalter").put(f"/api/v1/security/users/{newcomer}", {"active": False})
    # pragma: allowlist nextline secret
    assert not Browser(dashboards, "prove", "Lang-Vei-13-borte").is_in


SIGN = """
import os, sys, time
import flask, itsdangerous.timed
from flask.sessions import SecureCookieSessionInterface

app = flask.Flask("x", static_folder=None)
app.secret_key = os.environ["BOLIG_SUPERSET_SECRET_KEY"]
signer = SecureCookieSessionInterface().get_signing_serializer(app)
told = signer.loads(sys.argv[1])
print(signer.dumps(told), signer.dumps(told | {"token": "00000000-0000-0000-0000-000000000000"}))
now = time.time
itsdangerous.timed.time.time = lambda: now() - 4 * 3600 - 1
print(signer.dumps(told))
"""


def test_a_session_needs_a_login_and_ends_when_nobody_uses_it(dashboards: Settings) -> None:
    """Whoever has got hold of the key that signs the cookies has no session yet; nor has who left one open."""
    leder = Browser(dashboards, "leder")
    signed = subprocess.run(
        [dashboards.superset_environment / "bin" / "python", "-c", SIGN, leder.client.cookies["bolig"]],
        env=installation.environment(dashboards),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    answers = [
        httpx.get(f"{installation.address(dashboards)}/api/v1/me/", cookies={"bolig": cookie}).status_code
        for cookie in signed
    ]
    assert answers == [200, 401, 401]


def test_an_account_is_one_whatever_way_its_name_is_written(dashboards: Settings) -> None:
    def fail(name: str) -> int:
        known = {"username": name, "password": "feil", "provider": "db"}  # pragma: allowlist secret
        return httpx.post(f"{installation.address(dashboards)}/api/v1/security/login", json=known).status_code

    spellings = ("analytiker", "ANALYTIKER", "Analytiker", "aNaLyTiKeR", "analytiker@localhost.invalid")
    # there are two workers, each of which lets five through
    assert [fail(spellings[number % 5]) for number in range(30)].count(401) <= 2 * 5


@pytest.mark.parametrize("path", ["/login/", "/api/v1/me/", "/static/assets/manifest.json", "/health"])
def test_no_other_site_is_allowed_to_read(dashboards: Settings, path: str) -> None:
    address = installation.address(dashboards)
    for origin in ("https://tile.openstreetmap.org", "https://tile.osm.ch", "https://ond.example", "null"):
        for method in ("GET", "OPTIONS"):
            asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            headers = httpx.request(method, address + path, headers=asks).headers
            assert not [name for name in headers if name.lower().startswith("access-control")], (origin, method)
            assert "//" not in headers.get("content-security-policy", "")


@pytest.mark.parametrize("path", ["/login/", "/api/v1/me/", "/static/assets/manifest.json", "/health", "/nowhere"])
def test_no_foreign_name_leads_here(dashboards: Settings, path: str) -> None:
    """A page whose name is turned to this address would be of one origin with ours."""
    port = dashboards.superset_port
    for host in (
        "evil.example",
        f"evil.example:{port}",
        "localhost.evil.example",
        "evil.example#localhost",
        "[::2]",
        "",
    ):
        answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers={"Host": host})
        assert answer.status_code in (400, 421), host
        assert "BOLIG_HOSTS" in answer.text or answer.status_code == 400, host
    # who is no proxy is not asked what a caller typed
    forwarded = {"Host": "evil.example", "X-Forwarded-Host": "localhost"}
    assert httpx.get(f"http://127.0.0.1:{port}{path}", headers=forwarded).status_code == 421
    for host in ("localhost", f"127.0.0.1:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"):
        assert httpx.get(f"http://127.0.0.1:{port}{path}", headers={"Host": host}).status_code not in (400, 421), host


def test_the_names_are_those_of_dagsters_pages(dashboards: Settings) -> None:
    named = dashboards.model_copy(update={"hosts": ("bolig.asker.no", "superset")})
    told = installation.environment(named)["BOLIG_SUPERSET_HOSTS"].split(",")
    assert {*told} == {"127.0.0.1", "[::1]", "localhost", "bolig.asker.no", "superset"}


# routes that ask for no permission, or for one that routes.py cannot tell
OPEN = {
    "GET /health",
    "GET /healthcheck",
    "GET /ping",
    "GET /superset/welcome/",  # sends to one's own page
    "GET /api/v1/user/<int:user_id>/avatar.png",  # an empty answer: there are no pictures
    "GET /kontroller/",  # the gate's pages, of the municipalities that one sees (test_data_docs_pages)
    "PUT /api/v1/dashboard/<pk>/colors",  # a yes that stores nothing
    # a Forvalter's by roles.yaml: can_read on Log
    "GET /api/v1/log/",
    "GET /api/v1/log/<int:pk>",
    # there is no action of the name that is asked for, which is an error of theirs
    "POST /groups/action/<string:name>/<pk>",
    "POST /roles/action/<string:name>/<pk>",
    "POST /users/action/<string:name>/<pk>",
}


def test_no_role_reaches_a_route_that_roles_yaml_does_not_give_it(dashboards: Settings) -> None:
    people = {name: installation.password(dashboards, name) for name in installation.PEOPLE}
    asked = subprocess.run(
        [dashboards.superset_environment / "bin" / "python", ROUTES],
        env=os.environ | installation.environment(dashboards) | {"BOLIG_PEOPLE": json.dumps(people)},
        capture_output=True,
        text=True,
        check=True,
    )
    reached = json.loads(asked.stdout.splitlines()[-1])
    assert not {route: who for route, who in reached.items() if route not in OPEN}
