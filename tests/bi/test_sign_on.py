"""People sign on by a real OpenID provider (npm's oidc-provider) in a real browser, before dashboards that hold two
municipalities."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dagster_project.operations import access
from dagster_project.serving import ports, supervision
from dagster_project.settings import Settings
from superset_assets import installation, rest
from superset_assets.derive import written
from tests import openid
from tests.bi.conftest import SCREENSHOTS, Login, numbers
from tests.conftest import ASKER, BAERUM
from tests.openid import PERSONAL_NUMBER, Provider

SECRET = "a-secret-of-the-client-only"  # noqa: S105 # pragma: allowlist secret

MAPPING = {
    "asker-leder": {"roles": ["Leder"], "municipalities": [ASKER]},
    "baerum-saksomrade": {"roles": ["Saksområde"], "municipalities": [BAERUM]},
    "region": {"roles": ["Leder", "Analytiker"], "municipalities": ["*"]},
}
PEOPLE: dict[str, dict[str, Any]] = {
    "kari-7f3a": {"given_name": "Kari", "family_name": "Prøve", "groups": ["ansatt", "asker-leder"]},
    "ola-91bc": {"given_name": "Ola", "family_name": "Prøve", "groups": ["region"], "pid": PERSONAL_NUMBER},
    "fremmed-22": {"given_name": "Fremmed", "family_name": "Prøve", "groups": ["ansatt"]},
    "gruppelos-23": {},
    PERSONAL_NUMBER: {"groups": ["region"]},
    # who would be somebody else here
    "FORVALTER": {"groups": ["region"]},
    "bolig_import": {"groups": ["region"]},
    "KARI-7F3A": {"groups": ["region"]},
    "kari|1": {"groups": ["region"]},
}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the provider's packages."""
    return openid.install(tmp_path_factory.mktemp("provider"))


@pytest.fixture(scope="module")
def signing_on(dashboards: Settings, modules: Path, login: Login) -> Iterator[tuple[Settings, Provider]]:
    """The prepared Superset served once more, as an installation with a provider serves it.

    Whoever came by it is gone afterwards.
    """
    before = {row["id"] for row in login("bolig_import").every("/api/v1/security/users/")}
    port = ports.any_free()
    address = f"http://127.0.0.1:{port}"
    client = {
        "client_id": "boligstrategi",
        "client_secret": SECRET,
        "redirect_uris": [f"{address}/oauth-authorized/oidc"],
        "post_logout_redirect_uris": [f"{address}/login/"],
    }
    with openid.provider(modules, client, PEOPLE, "userinfo") as running:
        settings = Settings(
            BOLIG_HOME=dashboards.home,  # type: ignore[call-arg]
            BOLIG_SUPERSET_PORT=port,
            BOLIG_OIDC_ISSUER=running.issuer,
            BOLIG_OIDC_CLIENT_ID="boligstrategi",
            BOLIG_OIDC_CLIENT_SECRET=SECRET,
            BOLIG_OIDC_MAPPING=json.dumps(MAPPING),
        )
        with supervision.serving(settings):
            yield settings, running
    importer = login("bolig_import")
    for row in importer.every("/api/v1/security/users/"):
        if row["id"] not in before:
            importer.delete(f"/api/v1/security/users/{row['id']}")


class Person:
    """Somebody at the pages, in a browser session of their own.

    Whose dashboard nobody looks at runs no scripts: to sign on takes none, and those of a dashboard take ten seconds.
    """

    def __init__(self, browser: Any, settings: Settings, *, scripts: bool) -> None:
        self.address = installation.address(settings)
        self.session = browser.new_context(locale="nb-NO", timezone_id="Europe/Oslo", java_script_enabled=scripts)
        self.session.set_default_timeout(120_000)
        self.page = self.session.new_page()

    def sign_on(self, name: str) -> None:
        """By the button, and at the provider as somebody, unless it still knows who it is."""
        self.page.goto(f"{self.address}/login/?next=/superset/dashboard/styringskort/")
        self.page.get_by_role("link", name="Logg inn med kontoen din").click()
        if self.page.url.startswith("http://localhost"):
            self.page.locator("input[name=login]").fill(name)
            self.page.locator("input[name=password]").fill("hva som helst")
            self.page.get_by_role("button", name="Sign-in").click()
        self.page.wait_for_url(lambda url: url.startswith(self.address), wait_until="commit")

    def log_in(self, name: str, password: str) -> None:
        """By the form for the emergency account."""
        self.page.goto(f"{self.address}/login/")
        self.page.get_by_text("Nødinnlogging med passord").click()
        self.page.get_by_label("Brukernavn").fill(name)
        self.page.get_by_label("Passord").fill(password)
        self.page.get_by_role("button", name="Logg inn").click()
        self.page.wait_for_load_state("load")

    @property
    def refusal(self) -> str:
        """What the page of the button says."""
        return str(self.page.get_by_role("alert").inner_text())

    def me(self) -> int:
        """Whether there is a session: the status that Superset answers with."""
        return int(self.session.request.get(f"{self.address}/api/v1/me/").status)

    def roles(self) -> set[str]:
        """What the person may be."""
        return set(self.session.request.get(f"{self.address}/api/v1/me/roles/").json()["result"]["roles"])

    def seen(self, dataset: int) -> set[str]:
        """The municipalities of a dataset's rows, with no filter."""
        token = self.session.request.get(f"{self.address}/api/v1/security/csrf_token/").json()["result"]
        asks = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [{"columns": ["municipality_no"], "metrics": [], "row_limit": 1000, "filters": []}],
            "result_format": "json",
            "result_type": "full",
        }
        answer = self.session.request.post(
            f"{self.address}/api/v1/chart/data", data=asks, headers={"X-CSRFToken": token, "Referer": self.address}
        )
        return {row["municipality_no"] for row in answer.json()["result"][0]["data"]}


@pytest.fixture
def somebody(browser: Any, signing_on: tuple[Settings, Provider]) -> Iterator[Callable[..., Person]]:
    """Let somebody come to the pages."""
    there: list[Person] = []

    def come(*, scripts: bool = False) -> Person:
        there.append(Person(browser, signing_on[0], scripts=scripts))
        return there[-1]

    signing_on[1].knows(PEOPLE)
    yield come
    for person in there:
        person.session.close()


@pytest.fixture(scope="module")
def dataset(login: Login) -> int:
    """Superset's number of a dataset of every municipality."""
    return numbers(login("bolig_import"), "dataset")[written.asset_id("datasets", "publisering")]


@pytest.fixture
def accounts(login: Login) -> Callable[[], dict[str, dict[str, Any]]]:
    """Every account, by name."""
    return lambda: {row["username"]: row for row in login("bolig_import").every("/api/v1/security/users/")}


def granted(settings: Settings, name: str) -> set[str]:
    return {each.municipality_no for each in access.granted(settings) if each.person == name}


def test_whoever_signs_on_first_has_the_role_and_the_border_of_their_groups_and_other_groups_change_them(
    signing_on: tuple[Settings, Provider],
    somebody: Callable[..., Person],
    dataset: int,
    accounts: Callable[[], dict[str, dict[str, Any]]],
) -> None:
    settings, provider = signing_on
    assert "kari-7f3a" not in accounts()
    kari = somebody(scripts=True)
    kari.sign_on("kari-7f3a")
    kari.page.locator(".slice_container:visible").first.wait_for()
    assert "/superset/dashboard/styringskort/" in kari.page.url
    assert kari.roles() == {"Leder"}
    assert kari.seen(dataset) == {ASKER} == granted(settings, "kari-7f3a")
    made = accounts()["kari-7f3a"]
    assert (made["first_name"], made["last_name"]) == ("Kari", "Prøve")
    assert provider.told()[-1] == {"state": True, "nonce": True, "pkce": "S256"}

    other = {**PEOPLE["kari-7f3a"], "groups": ["baerum-saksomrade"]}
    provider.knows(PEOPLE | {"kari-7f3a": other})
    assert kari.roles() == {"Leder"}, "what the provider says counts from the next sign-on on"
    again = somebody()
    again.sign_on("kari-7f3a")
    assert again.roles() == {"Saksområde"}
    assert again.seen(dataset) == {BAERUM} == granted(settings, "kari-7f3a")
    # the session that was open is the same person's
    assert kari.seen(dataset) == {BAERUM}

    provider.knows(PEOPLE | {"kari-7f3a": {"groups": []}})
    last = somebody()
    last.sign_on("kari-7f3a")
    assert "har ikke tilgang" in last.refusal
    assert last.me() == 401
    assert granted(settings, "kari-7f3a") == set() and accounts()["kari-7f3a"]["roles"] == []
    # in the session that is open too
    assert kari.session.request.get(f"{kari.address}/api/v1/dashboard/styringskort").status in (403, 404)


def test_who_has_several_groups_has_all_of_them_and_no_personal_number_is_kept_or_logged(
    signing_on: tuple[Settings, Provider],
    somebody: Callable[..., Person],
    dataset: int,
    accounts: Callable[[], dict[str, dict[str, Any]]],
) -> None:
    from dagster_project import warehouse

    settings, provider = signing_on
    provider.knows(PEOPLE | {"ola-91bc": {**PEOPLE["ola-91bc"], "groups": ["region", "baerum-saksomrade"]}})
    ola = somebody()
    ola.sign_on("ola-91bc")
    assert ola.roles() == {"Leder", "Analytiker", "Saksområde"}
    assert ola.seen(dataset) == {ASKER, BAERUM}
    assert PERSONAL_NUMBER not in json.dumps(accounts()["ola-91bc"])
    with warehouse.connect(settings) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'superset'").fetchall()
        for (table,) in tables:
            query = f'select count(*) from superset."{table}" as row where row::text like %s'
            assert connection.execute(query.encode(), [f"%{PERSONAL_NUMBER}%"]).fetchone() == (0,), table
    assert not [
        file
        for file in (settings.home / "logs").rglob("*")
        if file.is_file() and PERSONAL_NUMBER in file.read_text("utf-8", errors="replace")
    ]


@pytest.mark.attack
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fremmed-22", "har ikke tilgang til Boligstrategi"),
        ("gruppelos-23", "har ikke tilgang til Boligstrategi"),
        (PERSONAL_NUMBER, "ga ikke noe navn som kan brukes her"),
        ("FORVALTER", "ga ikke noe navn som kan brukes her"),
        ("bolig_import", "ga ikke noe navn som kan brukes her"),
        ("KARI-7F3A", "ga ikke noe navn som kan brukes her"),
        ("kari|1", "ga ikke noe navn som kan brukes her"),
    ],
)
def test_a_stranger_and_who_would_be_somebody_else_is_refused_and_no_account_is_made(
    signing_on: tuple[Settings, Provider],
    somebody: Callable[..., Person],
    accounts: Callable[[], dict[str, dict[str, Any]]],
    name: str,
    said: str,
) -> None:
    if name == "KARI-7F3A":
        somebody().sign_on("kari-7f3a")
    before = accounts()
    stranger = somebody()
    stranger.sign_on(name)
    assert said in stranger.refusal
    assert stranger.page.evaluate("document.documentElement.lang") == "nb"
    assert stranger.me() == 401
    assert stranger.session.request.get(f"{stranger.address}/superset/dashboard/styringskort/").url.startswith(
        f"{stranger.address}/login/"
    )
    after = accounts()
    assert {user: row["roles"] for user, row in after.items()} == {user: row["roles"] for user, row in before.items()}
    if name == "fremmed-22":
        SCREENSHOTS.mkdir(exist_ok=True)
        stranger.page.screenshot(path=SCREENSHOTS / "innlogging_fremmed.png")


def test_signing_out_ends_the_session_here_and_at_the_provider(
    signing_on: tuple[Settings, Provider], somebody: Callable[..., Person]
) -> None:
    kari = somebody()
    kari.sign_on("kari-7f3a")
    assert kari.me() == 200
    copied = {cookie["name"]: cookie["value"] for cookie in kari.session.cookies([kari.address])}
    kari.page.goto(f"{kari.address}/logout/")
    kari.page.get_by_role("button", name="Yes, sign me out").click()
    kari.page.wait_for_url(f"{kari.address}/login/**")
    assert kari.me() == 401
    assert httpx.get(f"{kari.address}/api/v1/me/", cookies=copied).status_code == 401
    assert {"ended": True} in signing_on[1].told()
    # and the provider asks who it is
    kari.page.get_by_role("link", name="Logg inn med kontoen din").click()
    kari.page.locator("input[name=login]").wait_for()


@pytest.mark.attack
def test_a_password_lets_in_the_emergency_account_and_nobody_else(
    signing_on: tuple[Settings, Provider], somebody: Callable[..., Person]
) -> None:
    settings, _ = signing_on
    desk = somebody()
    desk.log_in("forvalter", installation.password(settings, "forvalter"))
    assert desk.me() == 200 and desk.roles() == {"Forvalter"}
    desk.page.goto(f"{desk.address}/logout/")
    assert desk.me() == 401
    for name in ("leder", "analytiker", "leder@localhost.invalid"):
        other = somebody()
        other.log_in(name, installation.password(settings, name.partition("@")[0]))
        assert "kommer bare nødkontoen inn" in other.refusal, name
        assert other.me() == 401
        known = {"username": name, "password": installation.password(settings, "leder"), "provider": "db"}
        answer = httpx.post(f"{other.address}/api/v1/security/login", json=known, timeout=60)
        assert answer.status_code in (401, 429)
    # the night's own way in
    rest.Superset(desk.address, "bolig_import", installation.password(settings, "bolig_import"))


@pytest.mark.attack
def test_what_comes_back_without_having_been_sent_is_refused(
    signing_on: tuple[Settings, Provider], somebody: Callable[..., Person]
) -> None:
    stranger = somebody()
    for path in ("oauth-authorized/oidc?code=x&state=y", "oauth-authorized/oidc", "oauth-authorized/annen?code=x"):
        stranger.page.goto(f"{stranger.address}/{path}")
        assert "Innloggingen lyktes ikke" in stranger.refusal, path
        assert stranger.me() == 401
    # the way on is to our own pages only
    kari = somebody()
    kari.page.goto(f"{kari.address}/login/?next=https://evil.example/")
    kari.page.get_by_role("link", name="Logg inn med kontoen din").click()
    kari.page.locator("input[name=login]").fill("kari-7f3a")
    kari.page.locator("input[name=password]").fill("x")
    kari.page.get_by_role("button", name="Sign-in").click()
    kari.page.wait_for_url(lambda url: url.startswith(kari.address), wait_until="commit")
    assert kari.me() == 200


KEY = """
from joserfc.jwk import RSAKey
print(__import__("json").dumps(RSAKey.generate_key(2048, {"kid": "kommunens"}).as_dict(private=True)))
"""


def test_a_provider_as_id_porten_is_one_that_knows_no_groups_and_wants_a_key(
    dashboards: Settings, modules: Path, signing_on: tuple[Settings, Provider]
) -> None:
    """private_key_jwt, acr, everything in the ID token, the mapping by the pseudonym that is the person's name."""
    made = subprocess.run(
        [dashboards.superset_environment / "bin" / "python", "-c", KEY], capture_output=True, text=True, check=True
    )
    key = json.loads(made.stdout)
    port = ports.any_free()
    address = f"http://127.0.0.1:{port}"
    client = {
        "client_id": "boligstrategi",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [{part: key[part] for part in ("kty", "n", "e", "kid")}]},
        "redirect_uris": [f"{address}/oauth-authorized/oidc"],
    }
    pseudonym = "fJ3_k-Wq9uY2pLr8TbVdKe5xZc1mNoAh4sGiR7tE0yU="  # pragma: allowlist secret
    people = {
        pseudonym: {"pid": PERSONAL_NUMBER, "acr": "high"},
        "svak": {"pid": PERSONAL_NUMBER, "acr": "low"},
        "annen": {"pid": PERSONAL_NUMBER, "acr": "higher"},
    }
    mapping = {name: {"roles": ["Forvalter"], "municipalities": [BAERUM]} for name in (pseudonym, "svak")}
    with openid.provider(modules, client, people, "id_token") as running:
        settings = Settings(
            BOLIG_HOME=dashboards.home,  # type: ignore[call-arg]
            BOLIG_SUPERSET_PORT=port,
            BOLIG_OIDC_ISSUER=running.issuer,
            BOLIG_OIDC_CLIENT_ID="boligstrategi",
            BOLIG_OIDC_CLIENT_KEY=made.stdout,
            BOLIG_OIDC_SCOPES="openid",
            BOLIG_OIDC_ACR="high higher",
            BOLIG_OIDC_GROUPS_CLAIM="sub",
            BOLIG_OIDC_MAPPING=json.dumps(mapping),
        )
        with supervision.serving(settings, workers=1):
            said: dict[str, str] = {}
            for name in people:
                with httpx.Client(timeout=60, limits=rest.LIMITS) as browser:
                    said[name] = openid.walk(browser, f"{address}/login/oidc", name).text
                    status = browser.get(f"{address}/api/v1/me/").status_code
                    assert status == (200 if name == pseudonym else 401), (name, running.told())
        assert {"state": True, "nonce": True, "pkce": "S256", "acr": "high"} in running.told()
    assert "ikke sterk nok" in said["svak"]
    assert "Navnet ditt her er annen" in said["annen"]
    assert granted(settings, pseudonym.lower()) == {BAERUM}
