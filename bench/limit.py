"""The limit of a night: what it asks of the database, asked without the engines that ask it, dbt's and Dagster's.

Belongs here: the statements of one build, kept and asked again, and a night made of them. Does not belong here:
measuring it (night.py), and what a night does (the door, the gate and the swap are the night's own).

A night cannot be faster than this, so the bench shows it beside one (night.py). Tests whose subject is neither engine
publish in this way (tests/conftest.py), and one holds that both publish the same rows (tests/pipeline/test_batches.py).
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import yaml
from psycopg import sql

from dagster_project import warehouse
from dagster_project.landing import door
from dagster_project.night import holding, record
from dagster_project.night.dbt import DBT_DIR, LEFT_OUT, MADE_ONCE, environment, manifest, standing
from dagster_project.report import headline
from dagster_project.settings import Settings

# dbt's comment before each statement of a node
NODE = re.compile(r'"node_id": "([^"]+)"')


class DataTestFailed(Exception):
    """A data test of dbt's found rows; the message has its name."""


def keep_statements(settings: Settings, path: Path) -> None:
    """Have dbt build what raw holds, in a plain space without tables, and write what it asked of the server.

    JSON: for each node its statements, which hang on the code alone.
    """
    import psycopg2
    from dbt.cli.main import dbtRunner
    from psycopg2.extensions import cursor

    with holding.lock(settings), holding.opened(settings) as connection:
        door.open_night(connection)
    asked: dict[str, list[str]] = defaultdict(list)
    at_work: dict[Any, str] = {}  # dbt opens a connection for each node
    connect = psycopg2.connect

    class Kept(cursor):  # type: ignore[misc]
        def execute(self, query: Any, vars: Any = None) -> None:
            # rows of a seed have no comment: they are the node's whose connection this is
            if of := NODE.search(query):
                at_work[self.connection] = of[1]
            if self.connection in at_work and query not in ("BEGIN", "COMMIT"):
                asked[at_work[self.connection]].append(self.mogrify(query, vars).decode())
            super().execute(query, vars)

    with (
        patch.dict(os.environ, environment(settings) | {"DBT_CONTRACTS": "known"}),
        patch("psycopg2.connect", lambda **how: connect(cursor_factory=Kept, **how)),
    ):
        done: Any = dbtRunner().invoke(
            ["--quiet", "build", *LEFT_OUT, "--no-write-json", "--project-dir", str(DBT_DIR)]
        )
    assert done.success, done.exception or [each.message for each in done.result if each.status != "success"]
    path.write_text(json.dumps(asked), "utf-8")


@dataclass(frozen=True)
class Statements:
    """What dbt asks of the server in one build, by node, and which nodes wait for which."""

    asked: Mapping[str, list[str]]
    after: Mapping[str, set[str]]
    tests: frozenset[str]
    made_once: frozenset[str]
    schemas: tuple[str, ...]
    threads: int

    @classmethod
    def read(cls, path: Path, parsed: Mapping[str, Any]) -> "Statements":
        """Read what was kept, beside dbt's manifest of the same code."""
        kept = json.loads(path.read_bytes())
        nodes = {name: node for name, node in parsed["nodes"].items() if name in kept}
        assert kept.keys() == nodes.keys(), "what was kept is of another code"
        asked = {}
        for name, node in nodes.items():
            place = f'"{node["schema"]}"."{node["alias"]}"'
            is_view = node["config"]["materialized"] == "view"
            # dbt names the database, too, and that is another's
            asked[name] = [statement.replace(f'"{node["database"]}".', "") for statement in kept[name]]
            if node["resource_type"] != "test":
                # as dbt does where there is one; it was kept where there was none
                asked[name].insert(0, f"drop {'view' if is_view else 'table'} if exists {place} cascade")
        profile = yaml.safe_load((DBT_DIR / "profiles.yml").read_bytes())["bolig"]
        return cls(
            asked,
            {name: set(parsed["parent_map"][name]) & nodes.keys() for name in nodes},
            frozenset(name for name, node in nodes.items() if node["resource_type"] == "test"),
            frozenset(name for name, node in nodes.items() if node["schema"] in MADE_ONCE),
            tuple(sorted({node["schema"] for node in nodes.values() if node["resource_type"] != "test"})),
            profile["outputs"][profile["target"]]["threads"],
        )

    def build(self, connect: Callable[[], Any]) -> None:
        """Ask them again, each when those before it are done, over as many connections as dbt has.

        Raises DataTestFailed.
        """
        with ExitStack() as held:
            idle = [connect() for _ in range(self.threads)]
            for connection in idle:
                held.callback(connection.close)
            for schema in self.schemas:
                idle[0].execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
            idle[0].commit()
            made = self.made_once if held.enter_context(standing(idle[0], warehouse.PLAIN)) else frozenset()
            waiting = TopologicalSorter({name: to - made for name, to in self.after.items() if name not in made})
            waiting.prepare()
            pool = held.enter_context(ThreadPoolExecutor(self.threads))
            going: dict[Future[None], str] = {}
            while waiting.is_active():
                going |= {pool.submit(self._ask, idle, name): name for name in waiting.get_ready()}
                done, _ = wait(going, return_when=FIRST_COMPLETED)
                for each in done:
                    each.result()
                    waiting.done(going.pop(each))

    def _ask(self, idle: list[Any], name: str) -> None:
        connection = idle.pop()
        try:
            with connection.transaction():
                answer = connection.execute(";\n".join(self.asked[name]).encode())
                if name in self.tests and answer.fetchone()[2]:
                    raise DataTestFailed(name)
        finally:
            idle.append(connection)


@contextmanager
def held() -> Iterator[Any]:
    """The resource of a night that Dagster does not run."""
    from dagster_project.defs.resources import NightResource

    context: Any = SimpleNamespace(run=SimpleNamespace(run_id=str(uuid4()), tags={}))
    with NightResource().yield_for_execution(context) as night:
        yield night


def _body(of: Any) -> Callable[..., Iterator[Any]]:
    """An asset's own function: called as the asset, Dagster would make the night's resource anew for each."""
    body: Callable[..., Iterator[Any]] = of.op.compute_fn.decorated_fn
    return body


def night(
    settings: Settings, statements: Statements, landing: Path | None = None, *, audited: bool = True
) -> record.NightOutcome:
    """A night over the newest deliveries of a landing folder, this process's installation's. Says what came of it.

    The assets of the nightly job in their order, without Dagster: nothing of it is in Dagster's records. Not `audited`,
    all is published that the door lets in.
    """
    import dagster as dg

    from dagster_project.defs.extracts import NightConfig, extracts
    from dagster_project.defs.publication import build_publication

    let_in, audit, publish = (_body(of) for of in (extracts, *build_publication(manifest(settings))))
    config = NightConfig(landing=str(landing) if landing else None)
    # what a night tells Dagster goes nowhere
    unheard: Any = SimpleNamespace(add_dynamic_partitions=lambda *_: None)
    context: Any = SimpleNamespace(instance=unheard, log_event=lambda _: None)
    with held() as night:
        try:
            if list(let_in(context, config, night)):
                statements.build(night.connect)
                with night.connect() as connection, night.building(connection) as build:
                    headline.write(build, night.night.space, night.night.code_version)
                checks = list(audit(night)) if audited else []
                if not any(not check.passed and check.severity == dg.AssetCheckSeverity.ERROR for check in checks):
                    list(publish(context, night))
        except dg.Failure:
            pass  # the record says why
        run_id = night.night.run_id
    with warehouse.connect(settings) as connection:
        outcome = record.outcome(connection, run_id)
    assert outcome
    return outcome
