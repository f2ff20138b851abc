"""Fixtures that several test rooms share: a warehouse of their own on a real embedded PostgreSQL."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from bench import limit
from dagster_project import warehouse
from dagster_project.night.dbt import manifest
from dagster_project.settings import Settings
from dagster_project.warehouse import embedded, rights
from tests.parsed import Parsed

BOLIG = Path(sys.executable).with_name("bolig")

# a run fails because of what was changed, and not by a slow machine or other examples than last time; for others:
# pytest --hypothesis-profile=default
hypothesis.settings.register_profile("bolig", deadline=None, derandomize=True, max_examples=50)
# `make attack` looks further, and elsewhere each time
hypothesis.settings.register_profile("attack", deadline=None, max_examples=5_000)
hypothesis.settings.load_profile("bolig")


# Rooms that share the published demonstration, or its Superset too, which take minutes to make: each half has its own,
# and they take about as long.
ROOMS = {
    "tests/bi/test_browser.py": "pages",
    "tests/bi/test_data_docs_pages.py": "pages",
    "tests/bi/test_pages.py": "pages",
    "tests/bi/test_up.py": "up",  # has an installation of its own
    "tests/bi/": "doors",
    "tests/demonstration/": "figures",
}
# what takes long is dealt first, and short tests come last, so that whoever is done first has nothing long to wait for;
# the second who wants the Superset comes when the first has made it
ORDER = (
    "doors",
    "tests/pipeline/test_night.py",
    "tests/pipeline/test_export.py",
    "pages",
    "tests/pipeline/test_persons.py",
    "tests/pipeline/test_operations_page.py",
    "",
    "tests/structure/",
    "tests/unit/",
)


def room(nodeid: str) -> str:
    """Who works at a test: the worker that has this room."""
    shared = next((room for beginning, room in ROOMS.items() if nodeid.startswith(beginning)), None)
    return shared or nodeid.partition("::")[0]


class ByRoom(LoadFileScheduling):
    """Files are dealt to the workers whole, and those that share what takes long to make together."""

    def _split_scope(self, nodeid: str) -> str:
        return room(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByRoom:
    """What `--dist loadfile` would make, but for the rooms above."""
    return ByRoom(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order what is dealt."""

    def place(item: pytest.Item) -> int:
        of = room(item.nodeid)
        return next((n for n, beginning in enumerate(ORDER) if beginning and of.startswith(beginning)), ORDER.index(""))

    items.sort(key=place)


# seconds of a processor from which on a test is not for `make check`
SLOW = 1.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Reckon what a test takes of a processor, which is the same on a machine that does other things beside it."""
    begun = os.times()
    try:
        yield
    finally:
        item.user_properties.append(("processor", sum(os.times()[:4]) - sum(begun[:4])))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Where the slow are left out, say which of the others were: to be made faster, or marked.

    It is told and fails nothing: how long a test takes is the machine's affair too.
    """
    if "not slow" not in config.option.markexpr:
        return
    for report in terminalreporter.getreports("passed"):
        if (seconds := dict(report.user_properties).get("processor", 0)) > SLOW:
            terminalreporter.write_line(f"{seconds:.1f} s and not marked slow: {report.nodeid}", yellow=True)


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[None]:
    """What a module puts into the environment leaves with it.

    A night in the test's process names its own home and its own server there, for Dagster and dbt; the next module's
    processes would go to a server that has been stopped.
    """
    with patch.dict(os.environ):
        yield


@pytest.fixture(scope="session")
def parsed(pytestconfig: pytest.Config) -> Parsed:
    """dbt's project as it stands, parsed and compiled."""
    return Parsed(pytestconfig)


Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Have a folder made once in a run: by the first worker that asks for this name, while the others wait for it."""
    mine = tmp_path_factory.getbasetemp()
    kept = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "once"
    kept.mkdir(exist_ok=True)

    def run(name: str, make: Callable[[Path], None]) -> Path:
        folder, draft = kept / name, kept / f"{name}.draft"
        with (kept / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not folder.exists():
                shutil.rmtree(draft, ignore_errors=True)  # of a worker that failed
                draft.mkdir()
                make(draft)
                draft.rename(folder)
        return folder

    return run


def copy(folder: Path, to: Path) -> None:
    """Copy what is in a folder; a server's files are another user's where root has started it."""
    to.mkdir(exist_ok=True)
    subprocess.run(["/bin/cp", "-a", f"{folder}/.", to], check=True)


# what becomes of a test's files when the machine's power fails is nobody's concern, and to wait for the disk costs time
CAREFREE = "fsync = off\nfull_page_writes = off\n"


@pytest.fixture(scope="session")
def prepared_server(once: Once, parsed: Parsed) -> Path:
    """The folder of an embedded server that is stopped; to be copied. Its database is as `bolig db prepare` leaves it,
    and what a night makes once for each version stands.

    To make one takes a run of dbt, a copy a fifth of a second. Those who test how it is made want an installation that
    is new (tests/pipeline/test_records.py, test_backup.py, test_upgrade.py, and the pages' commands).
    """

    def make(home: Path) -> None:
        from dagster_project.landing import door
        from dagster_project.night import dbt, holding
        from dagster_project.serving import dagster_home

        settings = Settings(BOLIG_HOME=home)  # type: ignore[call-arg]
        parsed.bring_to(home)
        with patch.dict(os.environ):
            with holding.lock(settings), holding.opened(settings) as connection:
                door.open_night(connection)
                with dbt.standing(connection, warehouse.PLAIN):
                    made_once = ("path:models/staging", "resource_type:seed")
                    dbt.run(settings, "build", *dbt.LEFT_OUT, "--select", *made_once)
            dagster_home.prepare_storage(settings)
        embedded.stop(settings)
        with (embedded.server_log(settings).parent / "postgresql.auto.conf").open("a", encoding="ascii") as file:
            file.write(CAREFREE)

    return once("prepared", make) / "postgresql"


@pytest.fixture(scope="session")
def statements(
    once: Once, parsed: Parsed, prepared_server: Path, tmp_path_factory: pytest.TempPathFactory
) -> limit.Statements:
    """What dbt asks of the server in a build, kept once for all workers: a night by it takes a third of the time."""
    home = tmp_path_factory.mktemp("statements")
    parsed.bring_to(home)
    settings = Settings(BOLIG_HOME=home)  # type: ignore[call-arg]

    def make(folder: Path) -> None:
        copy(prepared_server, home / "postgresql")
        limit.keep_statements(settings, folder / "statements.json")
        embedded.stop(settings)

    return limit.Statements.read(once("statements", make) / "statements.json", manifest(settings))


NewHome = Callable[..., Path]


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory, parsed: Parsed, request: pytest.FixtureRequest) -> NewHome:
    """Make the home of an installation, in which dbt has parsed the project already: with a prepared server, with none,
    or like another home, whose server is stopped."""

    def run(*, is_new: bool = False, like: Path | None = None) -> Path:
        home = tmp_path_factory.mktemp("home")
        if like:
            copy(like, home)
            shutil.rmtree(home / "dbt")
        elif not is_new:
            copy(request.getfixturevalue("prepared_server"), home / "postgresql")
        parsed.bring_to(home)
        return home

    return run


@pytest.fixture(scope="module")
def settings(new_home: NewHome) -> Iterator[Settings]:
    """Settings of an installation in a folder of its own, its embedded server running; one for each test module.

    Modules may deliver the same municipality: in a shared warehouse one's delivery would make another's too old.
    """
    home = new_home()
    os.environ["BOLIG_HOME"] = str(home)  # for the processes that a test starts, and for Dagster's resources
    os.environ.pop("DATABASE_URL", None)
    settings = Settings()
    rights.prepare(settings)
    yield settings
    embedded.stop(settings)


@dataclass(frozen=True)
class Installation:
    """An installation with a home and a server of its own, run as an operator runs it.

    For tests whose municipality is another test's too: a newer delivery, or a number that came later, would make the
    other's delivery too old.
    """

    settings: Settings
    statements: Callable[[], limit.Statements] | None = None

    def bolig(self, *arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command line in this home; `given` is its standard input."""
        environment = os.environ | {"BOLIG_HOME": str(self.settings.home)}
        return subprocess.run(
            [BOLIG, *arguments], input=given, capture_output=True, text=True, check=False, env=environment
        )

    def night(self, landing: Path, *, published: bool = True) -> str:
        """Run a night over the landing folder, in this process, without dbt and Dagster (bench/limit.py).

        For those whose subject is neither. Asserts whether it publishes all, and gives what an operator is told.
        """
        assert self.statements, "made without what its nights ask: the fixture `install` has it"
        with patch.dict(os.environ, {"BOLIG_HOME": str(self.settings.home)}):
            outcome = limit.night(self.settings, self.statements(), landing)
        assert outcome.is_complete == published, outcome.message
        return outcome.message

    def nightly(self, landing: Path) -> str:
        """Run Dagster's nightly job over the landing folder, in this process; it is to publish all."""
        from dagster_project.defs.launch import run_nightly

        with patch.dict(os.environ, {"BOLIG_HOME": str(self.settings.home)}):
            outcome = run_nightly(self.settings, landing)
        assert outcome.published, outcome.message
        return outcome.message

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the published tables as the reader does."""
        with warehouse.connect(self.settings, "reader") as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()


Install = Callable[..., Installation]


@pytest.fixture(scope="session")
def install(new_home: NewHome, request: pytest.FixtureRequest) -> Iterator[Install]:
    """Make an installation of one's own, as new_home makes its home; its server is stopped when the session ends."""
    made: list[Installation] = []

    def run(**how: Any) -> Installation:
        settings = Settings(BOLIG_HOME=new_home(**how))  # type: ignore[call-arg]
        made.append(Installation(settings, lambda: request.getfixturevalue("statements")))
        return made[-1]

    yield run
    for installation in made:
        embedded.stop(installation.settings)


Published = Callable[[str, Callable[[], Installation]], Installation]


@pytest.fixture(scope="session")
def publish_once(once: Once, install: Install) -> Published:
    """An installation of one's own, like one that is made once in a run: what several modules read is published once.

    Each may do with it what it likes: the first has what it made, of which the others have copies.
    """

    def run(name: str, make: Callable[[], Installation]) -> Installation:
        made: list[Installation] = []

        def keep(folder: Path) -> None:
            made.append(make())
            embedded.stop(made[0].settings)
            copy(made[0].settings.home, folder)

        folder = once(name, keep)
        return made[0] if made else install(like=folder)

    return run


# as root Chromium has no sandbox; and it is to ask nobody on the internet
BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Superset draws otherwise for a browser that says it is steered by a program; persons' do not
    "--disable-blink-features=AutomationControlled",
]


@pytest.fixture(scope="session")
def launch_browser() -> Iterator[Callable[..., Any]]:
    """Start Debian's Chromium, with more arguments or none; of Playwright itself a process takes no second.

    Its headless shell, where there is one: it draws the same, and a dashboard takes it a fifth less of a processor.
    With a folder for a profile it is one person's session, which keeps the scripts that it has compiled too: a tenth.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert chromium, "Chromium is not installed: `make browser` installs it."
    with sync_playwright() as playwright:

        def launch(*more: str, profile: Path | None = None, **session: Any) -> Any:
            how = {"executable_path": chromium, "args": [*BROWSER, *more]}
            if profile:
                return playwright.chromium.launch_persistent_context(profile, **how, **session)
            return playwright.chromium.launch(**how)

        yield launch


ASKER, BAERUM, OSLO = "0220", "0219", "0301"


@pytest.fixture(scope="session")
def publish_demonstration(
    publish_once: Published, install: Install, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Installation]:
    """The demonstration municipality (ASKER) and a neighbour (BAERUM), published by one night; a new copy each time.

    Asker delivered twice before, so that plans and challenges have changed. The neighbour is of another seed number
    and an earlier day, under keys that are often the same: what mixes the two shows other figures, other periods and
    other years.
    """

    def make() -> Installation:
        from dagster_project.closing.backfill import backfill
        from dagster_project.demo import EARLIER, write_delivery

        installation = install()
        installation.settings.mark_as_demonstration()
        landing = tmp_path_factory.mktemp("landing")
        write_delivery(landing, municipality_no=ASKER)
        for day in EARLIER:
            write_delivery(landing, municipality_no=ASKER, extract_date=day)
            backfill(installation.settings, day, landing)
        write_delivery(landing, municipality_no=BAERUM, extract_date=date(2010, 9, 1), seed=1723)
        installation.night(landing)
        return installation

    return lambda: publish_once("demonstration", make)


@pytest.fixture(scope="session")
def demonstration(publish_demonstration: Callable[[], Installation]) -> Installation:
    """The two municipalities' installation, for those who only read."""
    return publish_demonstration()


@pytest.fixture(scope="module")
def own_demonstration(publish_demonstration: Callable[[], Installation]) -> Installation:
    """The two municipalities' installation, for a module that changes it."""
    return publish_demonstration()


@pytest.fixture(scope="module")
def three_municipalities(
    publish_once: Published, install: Install, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """ASKER, BAERUM and OSLO published by one night: a row of everything, three, two and one in the queue, and one
    row put aside for a code that has the municipality's number in it."""

    def make() -> Installation:
        from tests.deliveries import everything, write_delivery

        installation = install()
        landing = tmp_path_factory.mktemp("landing")
        for number, queue in ((ASKER, 3), (BAERUM, 2), (OSLO, 1)):
            bad = {"application": [{}, {"soknadstype": f"hemmelig {number}"}], "waitlist_entry": [{}] * queue}
            write_delivery(landing, number, date(2011, 1, 1), everything() | bad)
        installation.night(landing)
        return installation

    return publish_once("three", make)
