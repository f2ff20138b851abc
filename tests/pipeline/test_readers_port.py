"""The published port, as docker-compose.readers.yml has PostgreSQL serve it: who comes in, and by which way.

A real server with the container's own rules of who comes in, and a certificate of the test's. Its clients are libpq
and, where Debian's odbc-postgresql is installed, the driver that Excel has, with what `bolig access files` writes.
"""

import html
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from bench import limit
from dagster_project import warehouse
from dagster_project.export import areas, clients
from dagster_project.night.dbt import manifest
from dagster_project.operations import access
from dagster_project.serving import ports
from dagster_project.settings import PROJECT_DIR, Settings
from dagster_project.warehouse import rights
from superset_assets.derive import dashboards
from tests.conftest import ASKER, BAERUM, Installation
from tests.deliveries import everything, write_delivery

# what everybody but persons logs in by in this test
PASSWORD = "as-right-as-it-can-be"  # noqa: S105  # pragma: allowlist secret
HBA = (PROJECT_DIR / "containers" / "postgres" / "readers_hba.conf").read_text("utf-8")
COMPOSE = (PROJECT_DIR / "docker-compose.readers.yml").read_text("utf-8")
(RANGE,) = set(re.findall(r"10\.\d+\.\d+\.0/28", HBA + COMPOSE))
OTHERS = ["owner", "reader", "dashboards", "sqllab", "superset", "dagster"]


@dataclass(frozen=True)
class Port:
    """A server that listens, and how it is told who comes from where."""

    number: int
    certificate: Path
    passwords: dict[str, str]
    let_in: Callable[[str], None]

    def connect(self, login: str, **options: Any) -> psycopg.Connection[Any]:
        password = self.passwords.get(login, PASSWORD)
        terms = {"sslmode": "verify-full", "sslrootcert": str(self.certificate), "password": password} | options
        return psycopg.connect(
            host="localhost", port=self.number, dbname="bolig", user=login, autocommit=True, connect_timeout=5, **terms
        )


def binaries() -> Path | None:
    """A PostgreSQL as new as the container's that speaks TLS; the embedded one does not."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    given = [Path(os.environ["BOLIG_TEST_POSTGRESQL"])] if "BOLIG_TEST_POSTGRESQL" in os.environ else []
    return next((path for path in [*given, *installed[::-1]] if path in given or int(path.parent.name) >= 16), None)


BINARIES = binaries()
pytestmark = pytest.mark.skipif(
    BINARIES is None,
    reason="no PostgreSQL 16 with TLS is installed (BOLIG_TEST_POSTGRESQL names the folder of its programs)",
)


@pytest.fixture(scope="module")
def port(
    new_home: Callable[[], Path], statements: limit.Statements, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Port]:
    """A server like the container's; two municipalities published in it, and a person of each."""
    # another user than root's, who makes no cluster and enters no folder of pytest's
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="bolig-port-") as name:
        folder, number = Path(name), ports.any_free()
        certificate = folder / "root.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",  # noqa: S607
             "-addext", "subjectAltName=DNS:localhost", "-keyout", "tls_key", "-out", certificate],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        if user:
            shutil.chown(folder, user)
        script = (PROJECT_DIR / "containers" / "postgres" / "serve_readers.sh").read_text("utf-8")
        options = " ".join(re.findall(r"-c [a-z_]+=\S+", script))
        for inside, here in {
            "/run/secrets/tls_certificate": certificate,
            "/var/run/postgresql/tls_key": folder / "tls_key",
            "/readers_hba.conf": folder / "readers_hba.conf",
        }.items():
            assert inside in options
            options = options.replace(inside, str(here))

        def run(program: str, *words: str) -> None:
            assert BINARIES
            subprocess.run(
                [BINARIES / program, "-D", folder / "data", *words],
                check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL,
            )  # fmt: skip

        def let_in(rules: str, act: str = "restart") -> None:
            (folder / "readers_hba.conf").write_text(rules, "utf-8")
            for path in (folder / "readers_hba.conf", folder / "tls_key"):
                path.chmod(0o600)
                if user:
                    shutil.chown(path, user)
            words = ["-l", str(folder / "log"), "-o", f"-h localhost -p {number} -k {folder} {options}"]
            run("pg_ctl", "-w", *(["-m", "fast"] if act == "restart" else []), *words, act)

        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        run("initdb", "--username=postgres", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}")
        # at first as another container reaches it
        let_in(HBA, "start")
        try:
            address = f"localhost:{number}"
            with psycopg.connect(f"postgresql://postgres:{PASSWORD}@{address}/postgres", autocommit=True) as superuser:
                superuser.execute(f"create role bolig_owner login createrole password '{PASSWORD}'".encode())
                superuser.execute(
                    "create database bolig owner bolig_owner template template0 locale_provider builtin"
                    " builtin_locale 'C.UTF-8'"
                )
            os.environ |= {
                "BOLIG_HOME": str(new_home()),
                "DATABASE_URL": f"postgresql://bolig_owner:{PASSWORD}@{address}/bolig",
            }
            made = Installation(Settings(), lambda: statements)
            passwords = published(made, tmp_path_factory)
            yield Port(number, certificate, passwords, let_in)
        finally:
            run("pg_ctl", "-w", "-m", "fast", "stop")


def published(made: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Publish two municipalities, let a person of each in, and give every other login the test's password."""
    landing = tmp_path_factory.mktemp("landing")
    for number, queue in ((ASKER, 3), (BAERUM, 2)):
        write_delivery(landing, number, date(2011, 1, 1), everything() | {"waitlist_entry": [{}] * queue})
    made.night(landing)
    for keeper in warehouse.RECORD_KEEPERS:
        rights.prepare_records(made.settings, keeper)
    passwords = dict(
        access.make_login(made.settings, who, [number], "prøve") for who, number in (("kari", ASKER), ("ola", BAERUM))
    )
    with warehouse.connect(made.settings, autocommit=True) as connection:
        for role in OTHERS[1:]:
            words = sql.SQL("alter role {} password {}").format(sql.Identifier(f"bolig_{role}"), PASSWORD)
            connection.execute(words)
    return passwords


@pytest.fixture(scope="module")
def from_outside(port: Port) -> Port:
    """Whoever connects comes through the published port: loopback stands in for its network."""
    port.let_in(HBA.replace(RANGE, "127.0.0.0/8").replace("samenet", f"{RANGE}"))
    return port


def test_a_person_comes_in_over_tls_with_the_password_and_sees_the_persons_own(from_outside: Port) -> None:
    for login, number, queue in (("bolig_person_kari", ASKER, 3), ("bolig_person_ola", BAERUM, 2)):
        with from_outside.connect(login) as connection:
            assert connection.execute(
                "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()"
            ).fetchone() == (
                True,
                "TLSv1.3",
            )
            found = connection.execute("select municipality_no, count(*) from dashboards.ko group by 1").fetchall()
            assert found == [(number, queue)]


@pytest.mark.parametrize(
    "options",
    [
        {"sslmode": "disable"},
        {"password": PASSWORD},
        {"password": ""},
        {"sslmode": "verify-full", "sslrootcert": "system"},
        {"sslmode": "verify-full", "host": "127.0.0.1"},
    ],
    ids=["no TLS", "another's password", "no password", "a certificate of nobody known", "another name"],
)
def test_a_person_comes_in_by_no_other_way(from_outside: Port, options: dict[str, str]) -> None:
    with pytest.raises(psycopg.OperationalError):
        if "host" in options:
            psycopg.connect(
                f"hostaddr=127.0.0.1 host=bolig.example port={from_outside.number} dbname=bolig user=bolig_person_kari"
                f" sslmode=verify-full sslrootcert={from_outside.certificate}",
                password=from_outside.passwords["bolig_person_kari"],
            )
        else:
            from_outside.connect("bolig_person_kari", **options)


@pytest.mark.parametrize("tls", ["verify-full", "disable"])
@pytest.mark.parametrize("login", ["postgres", *(f"bolig_{each}" for each in OTHERS), "bolig_views"])
def test_nobody_else_comes_in_from_outside_with_the_right_password_either(
    from_outside: Port, login: str, tls: str
) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects connection|no pg_hba\.conf entry"):
        from_outside.connect(login, sslmode=tls)


def test_a_person_reaches_no_other_database(from_outside: Port) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf"):
        psycopg.connect(
            host="localhost", port=from_outside.number, dbname="postgres", user="bolig_person_kari",
            password=from_outside.passwords["bolig_person_kari"],
        )  # fmt: skip


def test_excels_own_driver_reads_what_the_files_say(from_outside: Port, tmp_path: Path) -> None:
    """psqlODBC through unixODBC: the connection and the query of a file as it is, but for the driver's name here."""
    pyodbc = pytest.importorskip("pyodbc", exc_type=ImportError)
    if "PostgreSQL Unicode" not in pyodbc.drivers():
        pytest.skip("psqlODBC (Debian: odbc-postgresql) is not installed")
    settings = Settings()
    clients.write(settings, tmp_path, "localhost", from_outside.number)
    tree = dashboards.read(manifest(settings))
    rows = 0
    for login, number in (("bolig_person_kari", ASKER), ("bolig_person_ola", BAERUM)):
        for slug in tree.datasets:
            sheet = areas.sheet(tree, slug)
            page = (tmp_path / f"{slug}.odc").read_text("utf-8")
            given, query = (
                html.unescape(re.findall(f"<odc:{tag}>(.*)</odc:{tag}>", page)[0])
                for tag in ("ConnectionString", "CommandText")
            )
            assert "UID" not in given and "PWD" not in given
            here = given.replace(clients.DRIVER, "PostgreSQL Unicode")
            here += f"UID={login};PWD={from_outside.passwords[login]};pqopt={{sslrootcert={from_outside.certificate}}}"
            with pyodbc.connect(here, autocommit=True) as connection:
                cursor = connection.execute(query)
                assert [column[0] for column in cursor.description] == list(sheet.headings.values())
                found = [dict(zip(sheet.headings, row, strict=True)) for row in cursor.fetchall()]
                assert {row["municipality_no"] for row in found} <= {number}
                rows += len(found)
    assert rows > 50
