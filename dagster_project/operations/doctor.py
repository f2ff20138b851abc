"""Whether an installation is set up as it should be: one check after another, each with what to do.

Belongs here: the checks. Does not belong here: mending anything (no check writes), and how they are shown (console.py).

A check is a function of the settings that gives its findings; CHECKS names them in the order in which they are made. A
check that fails itself is a finding too.
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, LiteralString

from dagster_project import BoligError, warehouse
from dagster_project.landing import books, delivery, history, people
from dagster_project.night import record
from dagster_project.operations import alerts, backup
from dagster_project.settings import Settings
from dagster_project.vocabulary import municipalities
from dagster_project.warehouse import border, citus, records, rights

if TYPE_CHECKING:
    from psycopg import Connection

State = Literal["ok", "warning", "fault"]

OLDEST_SERVER = 16
LITTLE_SPACE, NO_SPACE = 5 * 2**30, 2**30
BACKUP_EXPECTED = timedelta(days=2)
# neighbours may want each other's figures
FEW_MUNICIPALITIES = 10


@dataclass(frozen=True)
class Finding:
    """What a check found: `what` in a sentence, and what is to be done about it where something is."""

    state: State
    what: str
    to_do: str = ""


Check = Callable[[Settings], Iterator[Finding]]


def examine(settings: Settings) -> Iterator[tuple[str, Finding]]:
    """Make every check; the name of the check with each finding."""
    for name, check in CHECKS.items():
        try:
            for finding in check(settings):
                yield name, finding
        except BoligError as error:
            yield name, Finding("fault", str(error))
        except Exception as error:
            # where something else is at fault already, a check may stumble over it
            yield (
                name,
                Finding("fault", f"This could not be checked ({type(error).__name__}).", "Mend what stands above."),
            )


# ---------------------------------------------------------------------------------------------- the database


def _server(settings: Settings) -> Iterator[Finding]:
    with warehouse.connect(settings) as connection:
        version = connection.info.server_version
        where = "DATABASE_URL" if settings.database_url else "the embedded server"
        if version // 10000 < OLDEST_SERVER:
            yield Finding(
                "fault",
                f"PostgreSQL {version // 10000} ({where}) is too old.",
                f"Upgrade it to {OLDEST_SERVER} or newer.",
            )
        else:
            yield Finding("ok", f"PostgreSQL {version // 10000}.{version % 10000} answers ({where}).")
        known = books.key_fingerprint(connection) if _has(connection, "landing.pseudonym_key") else None
        if not _has(connection, "operations.night"):
            yield Finding("warning", "The warehouse is empty: no night has run.", "`bolig nightly` runs one.")
        elif known is None:
            yield Finding("ok", "No delivery was loaded yet.")


def _shape(settings: Settings) -> Iterator[Finding]:
    """Whether the tables of the extracts are as the contracts have them now."""
    with warehouse.connect(settings) as connection:
        if not _has(connection, "landing.delivery"):
            return
        behind = history.behind(connection)
        if behind:
            yield Finding(
                "warning",
                f"The contracts have changed since the last night: {'; '.join(behind)}.",
                "The next night brings the tables up to them; back up before (`bolig backup`).",
            )
        else:
            yield Finding("ok", "The tables of the extracts are as the contracts have them.")


def _rights(settings: Settings) -> Iterator[Finding]:
    """Least privilege: the owner is no superuser; who reads reads what is theirs, and nothing else."""
    mend = "`bolig nightly` (or any command that prepares the warehouse) grants and revokes as it should be."
    with warehouse.connect(settings) as connection:
        owner, is_superuser = connection.execute(
            "select current_user, rolsuper from pg_roles where rolname = current_user"
        ).fetchone() or ("?", False)
        if is_superuser:
            yield Finding(
                "warning",
                f"The owner {owner} is a superuser of the server.",
                "Give the warehouse a role of its own (createrole, owner of the database) and set DATABASE_URL to it.",
            )
        logins = rights.readers(settings, connection)
        known = {
            name: (is_mighty, can_login)
            for name, is_mighty, can_login in connection.execute(
                "select rolname, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls"
                " or exists (select from pg_auth_members where member = pg_roles.oid), rolcanlogin from pg_roles"
                " where rolname = any(%s)",
                [list(logins)],
            )
        }
        if not known and not _has(connection, "operations.night"):
            return
        faults = [f"There is no role {name}." for name in logins if name not in known]
        faults += [f"{name} may more than read." for name, (is_mighty, _) in known.items() if is_mighty]
        faults += [f"{name} may not log in." for name, (_, can_login) in known.items() if not can_login]
        terms = [{"reader": name, "schemas": list(limits.schemas)} for name, limits in logins.items() if name in known]
        lacks = [f"{each['reader']} cannot read {what}" for each in terms for what in _told(connection, _LACKS, each)]
        has = [f"{each['reader']} may {what}" for each in terms for what in _told(connection, _TOO_MUCH, each)]
    if faults:
        yield Finding("fault", " ".join(faults), f"{mend} Attributes and memberships are taken by hand.")
    if lacks:
        yield Finding("fault", f"{'; '.join(lacks[:10])}.", mend)
    if has:
        yield Finding("fault", f"{'; '.join(has[:10])}.", "Revoke it from them and from public.")
    if not (faults or lacks or has or is_superuser):
        yield Finding("ok", f"The owner is {owner}; {', '.join(logins)} read what is theirs, and nothing else.")


def _border(settings: Settings) -> Iterator[Finding]:
    """Whether every table and view of a municipality is within its border, and who sees several."""
    if not _are_there(settings):
        return
    with warehouse.connect(settings) as connection:
        lacking = border.lacking(connection)
        published = _published(connection)
        granted = border.granted(connection) if _has(connection, "access.membership") else []
        everything = [each.person for each in granted if each.municipality_no == border.EVERY]
    if lacking:
        yield Finding(
            "fault",
            f"{len(lacking)} things are to be done before each municipality's rows are for its own people only.",
            "`bolig nightly` (or any command that prepares the warehouse) does them.",
        )
    elif published > 1:
        yield Finding(
            "ok",
            f"Of {published} municipalities each is seen by whom it is granted to; everything is seen by"
            f" {', '.join(sorted(everything))} (`bolig access list`).",
        )
    else:
        yield Finding("ok", "The municipality's rows are for whom it is granted to (`bolig access list`).")


def _published(connection: "Connection[Any]") -> int:
    """How many municipalities readers may see."""
    if not _has(connection, "scorecard.publication"):
        return 0
    (count,) = connection.execute("select count(distinct municipality_no) from scorecard.publication").fetchone() or (
        0,
    )
    return int(count)


def _logins(settings: Settings) -> Iterator[Finding]:
    """Whether those who read come in: a login may change its own password, and with it lock itself out."""
    if not _are_there(settings):
        return
    for role in rights.READERS:
        try:
            warehouse.connect(settings, role).close()
        except warehouse.WarehouseError as error:
            yield Finding("fault", f"{warehouse.role_name(settings, role)} does not come in: {error}", "`bolig db url`")
            return
    yield Finding("ok", "Who reads comes in.")


def _are_there(settings: Settings) -> bool:
    """Whether the logins of those who read were made: the first command that prepares the warehouse does it."""
    names = [warehouse.role_name(settings, role) for role in rights.READERS]
    with warehouse.connect(settings) as connection:
        return bool(connection.execute("select from pg_roles where rolname = any(%s)", [names]).rowcount)


def _server_closed(settings: Settings) -> Iterator[Finding]:
    """Whether what everybody may do by default is taken from them, and nobody made what no backup holds."""
    with warehouse.connect(settings) as connection:
        database = connection.info.dbname
        still_open = rights.open_functions(connection)
        strange = [
            name
            for (name,) in connection.execute(
                "select distinct datname from pg_database, unnest(%s::text[]) as login where datallowconn"
                " and datname <> current_database() and to_regrole(quote_ident(login)) is not null"
                " and has_database_privilege(login, pg_database.oid, 'connect') order by 1",
                [[warehouse.role_name(settings, role) for role in rights.READERS]],
            )
        ]
        objects, makers = connection.execute(
            "select count(*), string_agg(distinct lomowner::regrole::text, ', ') from pg_largeobject_metadata"
        ).fetchone() or (0, None)
    if still_open and (settings.database_url or _are_there(settings)):
        yield Finding(
            "warning" if settings.database_url else "fault",
            "Everybody on this server may call functions that change, wait, or run SQL that they are given: whoever"
            " draws a chart can.",
            f"As a superuser: psql --dbname {database} --file {rights.HARDEN}"
            if settings.database_url
            else "`bolig db prepare` takes them away.",
        )
    if strange:
        yield Finding(
            "warning",
            f"Who reads may connect to other databases too: {', '.join(strange)}.",
            f"As their owner: revoke connect on database {', '.join(strange)} from public.",
        )
    if objects:
        yield Finding(
            "warning",
            f"There are {objects} large objects ({makers}), which nothing here makes and no backup holds.",
            "As a superuser: select lo_unlink(oid) from pg_largeobject_metadata.",
        )
    if not (still_open or strange or objects):
        yield Finding("ok", "Nobody but the owner may call what changes, waits, or runs SQL that it is given.")


# Schemas that a keeper of records may enter, and has no business in. Superset's is to say whose a query is: for that it
# may enter access, as long as it may call nothing else there that not everybody may, and reaches no table.
_STRANGE = f"""
    select nspname from pg_namespace
    where nspname !~ '^(pg_|information_schema$|public$)' and nspname <> %(keeper)s
    and has_schema_privilege(%(role)s, oid, 'usage') and ('pg_namespace'::regclass, oid) not in {citus.BROUGHT}
    and (
        (nspname, %(keeper)s) <> ('access', 'superset')
        or exists (
            select from pg_class where relnamespace = pg_namespace.oid and relkind in ('r', 'v', 'm', 'p')
            and (
                has_any_column_privilege(%(role)s, oid, 'select, insert, update, references')
                or has_table_privilege(%(role)s, oid, 'delete, truncate, trigger')
            )
        )
        or exists (
            select from pg_proc where pronamespace = pg_namespace.oid and proname <> all(%(functions)s)
            and has_function_privilege(%(role)s, oid, 'execute')
            and not has_function_privilege('public', oid, 'execute')
        )
    )
    order by 1
"""


def _record_keepers(settings: Settings) -> Iterator[Finding]:
    """Least privilege: Superset and Dagster keep their own records, and see no schema but that."""
    with warehouse.connect(settings) as connection:
        for keeper in warehouse.RECORD_KEEPERS:
            role = warehouse.role_name(settings, keeper)
            if connection.execute("select to_regrole(%s)", [role]).fetchone() == (None,):
                continue  # that program is not installed here
            terms = {"keeper": keeper, "role": role, "functions": list(rights.TELLS_OF_PERSONS)}
            strange = connection.execute(_STRANGE, terms).fetchall()
            names = ", ".join(name for (name,) in strange)
            if strange:
                yield Finding(
                    "fault", f"{role} reaches {names}.", f"Revoke it: {role} is to keep its records and nothing else."
                )
            else:
                yield Finding("ok", f"{role} keeps its own records, and sees nothing else.")


def _parts(settings: Settings) -> Iterator[Finding]:
    """Whether history lies in parts, all of it, where the database has Citus."""
    with warehouse.connect(settings) as connection:
        if not citus.is_there(connection):
            return
        tables = citus.stored(connection)
    whole = [table.name for table in tables if not table.is_in_parts]
    behind = [table.name for table in tables if table.is_in_parts and table.size]
    if behind:
        yield Finding(
            "fault", f"Rows that nobody sees are left on the coordinator: {', '.join(behind)}.", "`bolig db distribute`"
        )
    if whole:
        yield Finding("warning", f"{len(whole)} of {len(tables)} tables of history lie whole.", "`bolig db distribute`")
    if not (behind or whole):
        yield Finding("ok", f"The {len(tables)} tables of history lie in parts.")


def _told(connection: "Connection[Any]", query: LiteralString, terms: Mapping[str, Any]) -> list[str]:
    return [what for (what,) in connection.execute(query, terms)]


_TOO_MUCH: LiteralString = f"""
    select 'create in schema ' || nspname from pg_namespace
    where nspname !~ '^pg_(toast|temp)' and has_schema_privilege(%(reader)s, oid, 'create')
    union all
    select 'use schema ' || nspname from pg_namespace
    where nspname !~ '^pg_' and nspname not in ('information_schema', 'public') and nspname <> all(%(schemas)s)
        and has_schema_privilege(%(reader)s, oid, 'usage')
        and ('pg_namespace'::regclass, pg_namespace.oid) not in {citus.BROUGHT}
    union all
    select 'read ' || pg_class.oid::regclass from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
    where relkind in ('r', 'v', 'm', 'p', 'S', 'f') and nspname !~ '^(pg_|information_schema)'
        and nspname <> all(%(schemas)s)
        and case
            when relkind = 'S' then has_sequence_privilege(%(reader)s, pg_class.oid, 'select, usage')
            else has_any_column_privilege(%(reader)s, pg_class.oid, 'select')
        end
        and ('pg_class'::regclass, pg_class.oid) not in {citus.BROUGHT}
    union all
    select 'write to ' || relname from pg_class
    where relkind in ('r', 'v', 'm', 'p', 'f') and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
        and has_table_privilege(%(reader)s, oid, 'insert, update, delete, truncate, references, trigger')
    union all
    select 'create in database ' || datname from pg_database
    where datname = current_database() and has_database_privilege(%(reader)s, datname, 'create, temporary')
"""

_LACKS: LiteralString = """
    select format('%%I.%%I', nspname, relname) from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
    where relkind in ('r', 'v', 'm', 'p') and nspname = any(%(schemas)s) and not (
        has_schema_privilege(%(reader)s, pg_namespace.oid, 'usage')
        and has_table_privilege(%(reader)s, pg_class.oid, 'select')
    )
"""


# ---------------------------------------------------------------------------------------------- secrets and folders


def _renamed(settings: Settings) -> Iterator[Finding]:
    """Municipalities whose people would get other pseudonyms than they have."""
    with warehouse.connect(settings) as connection:
        known = books.first_numbers(connection) if _has(connection, "landing.municipality") else {}
    for municipality_no, first_no in known.items():
        if renaming := municipalities.renaming(municipality_no, first_no):
            yield Finding("fault", f"The people of {municipality_no} would be renamed.", renaming)


def _keys(settings: Settings) -> Iterator[Finding]:
    if settings.pseudonym_key is None and not settings.pseudonym_key_file.exists():
        with warehouse.connect(settings) as connection:
            known = books.key_fingerprint(connection) if _has(connection, "landing.pseudonym_key") else None
        if known:
            yield Finding(
                "fault",
                "The key of the pseudonyms is gone.",
                f"Bring {settings.pseudonym_key_file} back from a backup's secrets, or set BOLIG_PSEUDONYM_KEY.",
            )
        else:
            yield Finding("ok", "No key of the pseudonyms yet; the first night makes one.")
        return
    keys = people.personal_keys(settings)
    with warehouse.connect(settings) as connection:
        known = books.key_fingerprint(connection) if _has(connection, "landing.pseudonym_key") else None
    where = "in BOLIG_PSEUDONYM_KEY" if settings.pseudonym_key else f"in {settings.pseudonym_key_file}"
    if known in (None, people.key_fingerprint(keys)):
        yield Finding("ok", f"The key of the pseudonyms is the warehouse's ({where}).")
    elif any(known == people.key_fingerprint(keys[:n]) for n in range(1, len(keys))):
        yield Finding("fault", "A key was added that the warehouse does not know yet.", "Run `bolig rotate-key`.")
    else:
        yield Finding(
            "fault",
            f"The key {where} is another than the one that the warehouse was loaded with.",
            "Put the former key back; a backup's secrets have it.",
        )
    yield from _renamed(settings)
    open_to_others = [
        path
        for path in (settings.home / "secrets", *sorted((settings.home / "secrets").glob("*")))
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if open_to_others:
        names = ", ".join(map(str, open_to_others))
        yield Finding("fault", f"Others may read {names}.", f"chmod go= {' '.join(map(str, open_to_others))}")


def _landing(settings: Settings) -> Iterator[Finding]:
    folder = settings.landing
    if not folder.is_dir():
        yield Finding("fault", f"There is no landing folder {folder}.", "Make it, or set BOLIG_LANDING to where it is.")
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        yield Finding("fault", f"The landing folder {folder} cannot be read.", "Give the right to read it.")
        return
    found = delivery.every(folder)
    if not found:
        yield Finding("warning", f"No delivery lies in {folder}.", "Extracts go to <number>/<date>/<source>/.")
        return
    unreadable = [
        str(path) for each in found[-50:] for path in (each.path, *each.path.rglob("*")) if not os.access(path, os.R_OK)
    ]
    if unreadable:
        yield Finding("fault", f"Cannot be read: {', '.join(unreadable[:5])}.", "Give the right to read them.")
    else:
        newest = max(each.extract_date for each in found)
        yield Finding("ok", f"{len(found)} deliveries lie in {folder}, the newest of {newest}.")
    municipalities = len({each.municipality_no for each in found})
    if settings.statistics_urls and not settings.statistics_regions and municipalities > FEW_MUNICIPALITIES:
        yield Finding(
            "warning",
            f"Each of {municipalities} municipalities is given Statistics Norway's figures of all of them.",
            "Set BOLIG_SSB_REGIONS to the regions that all compare themselves with.",
        )


def _folders(settings: Settings) -> Iterator[Finding]:
    """Whether strangers stay out of what is written here: deliveries and dumps, logs and secrets."""
    ours = [settings.home, settings.landing, settings.backups, settings.backup_secrets]
    # what lies in the home is as closed as the home is
    to_look_at = [path for path in ours if path == settings.home or settings.home not in path.parents]
    open_ones = [path for path in to_look_at if path.exists() and path.stat().st_mode & 0o007]
    for path in open_ones:
        # others are the operator's own, who may have a reason
        state: State = "fault" if path == settings.home else "warning"
        yield Finding(state, f"Everybody on this machine may enter {path}.", f"chmod o= {path}")
    if not open_ones:
        yield Finding("ok", f"Strangers stay out of {', '.join(map(str, to_look_at))}.")


def _space(settings: Settings) -> Iterator[Finding]:
    places: dict[int, Path] = {}
    for folder in (settings.home, settings.backups):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        places.setdefault(there.stat().st_dev, there)
    for there in places.values():
        free = shutil.disk_usage(there).free
        what = f"{free / 2**30:,.0f} GB are free on the disk of {there}."
        advice = "Make room: `bolig prune` deletes by the BOLIG_KEEP_... settings."
        if free < NO_SPACE:
            yield Finding("fault", what, advice)
        else:
            yield Finding("warning", what, advice) if free < LITTLE_SPACE else Finding("ok", what)


# ---------------------------------------------------------------------------------------------- nights


def _nights(settings: Settings) -> Iterator[Finding]:
    with warehouse.connect(settings) as connection:
        if not _has(connection, "operations.night"):
            return
        records.prepare(settings, connection)  # as an earlier version made it, the record knows no batches
        last = record.last_nights(connection, 1)
        if last and last[0]["outcome"] == "not_published":
            yield Finding(
                "fault",
                f"The last night ({last[0]['started_at']:%Y-%m-%d %H:%M}) published nothing: "
                f"{str(last[0]['message']).splitlines()[0]}",
                "`bolig status` says more; docs/operations.md what to do, by cause.",
            )
        elif last and last[0]["outcome"] is None:
            yield Finding(
                "warning",
                f"A night has been under way since {last[0]['started_at']:%Y-%m-%d %H:%M}, or was killed.",
                "Where none runs, the next one completes it.",
            )
        elif last and last[0]["batches_not_published"]:
            yield Finding(
                "warning",
                f"Of the last night ({last[0]['started_at']:%Y-%m-%d %H:%M}) not all is published: "
                f"{last[0]['deliveries']}.",
                "`bolig status` says which batches and why; the next night takes up what is left.",
            )
        elif last:
            yield Finding("ok", f"The last night ({last[0]['started_at']:%Y-%m-%d %H:%M}): {last[0]['outcome']}.")
        if not settings.is_demonstration and _has(connection, "landing.delivery_file"):
            for alert in alerts.lateness(connection, datetime.now(UTC)):
                yield Finding("warning", alert.text)


def _schedule(settings: Settings) -> Iterator[Finding]:
    """Whether Dagster's daemon is alive and its schedules are on."""
    start = "Start `bolig dagster daemon`, or let a scheduler run `bolig nightly`, `bolig backup` and `bolig prune`."
    with warehouse.connect(settings) as connection:
        if not _has(connection, "dagster.daemon_heartbeats"):
            yield Finding("warning", "Dagster has never run here.", start)
            return
    # heavy, and only where Dagster has run
    from dagster_project.serving import dagster_home

    clock = dagster_home.clock(settings)
    if clock.seen_at is None or datetime.now(UTC) - clock.seen_at > timedelta(minutes=10):
        last = f" (last seen {clock.seen_at:%Y-%m-%d %H:%M})" if clock.seen_at else ""
        yield Finding("warning", f"Dagster's daemon is not running{last}.", start)
    elif not clock.switched_off:
        yield Finding("ok", "Dagster's daemon is running, and every schedule and sensor is on.")
    if clock.switched_off:
        yield Finding(
            "fault",
            f"Switched off in Dagster: {', '.join(clock.switched_off)}.",
            "Switch it on in Dagster's web interface, under Automation.",
        )


def _dashboards(settings: Settings) -> Iterator[Finding]:
    """Whether Superset answers, has the dashboards of this version, and keeps to its own records."""
    from superset_assets import installation, rest

    if not settings.superset_url and not installation.is_installed(settings):
        yield Finding(
            "warning", "No Superset is installed here.", "`bolig superset prepare`, then `bolig superset serve`."
        )
        return
    address = installation.address(settings)
    if not rest.is_up(address):
        yield Finding(
            "fault", f"No Superset answers at {address}.", "Start `bolig superset serve`, or set BOLIG_SUPERSET_URL."
        )
    elif not installation.is_prepared(settings):
        yield Finding(
            "warning", f"Superset at {address} has the dashboards of another version.", "`bolig superset import`"
        )
    else:
        yield Finding("ok", f"Superset answers at {address}, with the dashboards of this version.")


def _sign_on(settings: Settings) -> Iterator[Finding]:
    """Whether the provider that people sign on by is there, and is who the settings say; nothing where none is set."""
    import httpx

    from superset_assets import installation, sign_on

    if installation.sign_on_told(settings) == "null":
        return
    address = sign_on.metadata_url(settings)
    try:
        answer = httpx.get(address, timeout=10)
        provider = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        yield Finding(
            "fault",
            f"The provider of sign-on does not tell of itself at {address}.",
            f"Mend BOLIG_OIDC_ISSUER, or the way there; {installation.EMERGENCY} gets in by password.",
        )
        return
    if provider.get("issuer") != settings.oidc_issuer:
        yield Finding(
            "fault",
            f"The provider of sign-on calls itself {provider.get('issuer')}, so nobody is let in.",
            "Set BOLIG_OIDC_ISSUER to just that, if it is the right one.",
        )
        return
    if "S256" not in provider.get("code_challenge_methods_supported", ["S256"]):
        yield Finding("warning", "The provider of sign-on does not say that it knows PKCE (S256).", "Ask its keeper.")
    if "end_session_endpoint" not in provider:
        yield Finding(
            "warning",
            "The provider of sign-on has no page to sign out by: who signs out of the dashboards is signed on there.",
            "Say so to people who share a machine.",
        )
    yield Finding("ok", f"People sign on by {settings.oidc_issuer}, and {installation.EMERGENCY} by password.")


# ---------------------------------------------------------------------------------------------- precautions


def _backups(settings: Settings) -> Iterator[Finding]:
    found = backup.every(settings.backups)
    if not found:
        yield Finding("warning", f"There is no backup in {settings.backups}.", "`bolig backup` makes one.")
    elif datetime.now(UTC) - found[-1].made_at > BACKUP_EXPECTED:
        yield Finding(
            "warning",
            f"The newest backup is of {found[-1].made_at:%Y-%m-%d %H:%M}.",
            "Is the schedule on? `bolig backup`.",
        )
    else:
        yield Finding("ok", f"The newest backup is of {found[-1].made_at:%Y-%m-%d %H:%M} ({settings.backups}).")
    apart = settings.backup_secrets
    if (
        settings.backups in (apart, *apart.parents)
        or apart in settings.backups.parents
        or (found and found[-1].secrets)
    ):
        yield Finding(
            "warning",
            "The dumps and the keys of the pseudonyms lie in one folder.",
            "Set BOLIG_BACKUP_SECRETS to where secrets are kept: together the two can name people.",
        )
    elif settings.backup_dir and settings.home in apart.parents and not settings.pseudonym_key:
        yield Finding(
            "warning",
            f"The backups' secrets lie in the home ({apart}): with this machine the keys would be lost, and no backup"
            " of use.",
            "Set BOLIG_BACKUP_SECRETS to where secrets are kept.",
        )


def _limits(settings: Settings) -> Iterator[Finding]:
    names = {"keep_landing_months", "keep_quarantine_months", "keep_history_months"}
    unset = [
        str(field.validation_alias)
        for name, field in Settings.model_fields.items()
        if name in names and getattr(settings, name) is None
    ]
    if unset and not settings.is_demonstration:
        yield Finding(
            "warning",
            f"Kept for ever: what {', '.join(unset)} would limit.",
            "Decide with the data protection officer and the archive, and set them.",
        )
    elif not unset:
        yield Finding("ok", "What is kept, and for how long, is set.")


def _alerting(settings: Settings) -> Iterator[Finding]:
    if settings.alert_webhook or (settings.alert_smtp and settings.alert_to):
        yield Finding("ok", "Alerts are sent.")
    elif settings.alert_to or (settings.alert_smtp and not settings.recipients):
        yield Finding("fault", "BOLIG_ALERT_SMTP and BOLIG_ALERT_TO belong together.", "Set both.")
    else:
        yield Finding(
            "warning",
            "Nobody is alerted when a night fails.",
            "Set BOLIG_ALERT_SMTP and BOLIG_ALERT_TO, or BOLIG_ALERT_WEBHOOK.",
        )
    if settings.recipients and not settings.alert_smtp:
        yield Finding("fault", "BOLIG_RECIPIENTS get nothing without a mail server.", "Set BOLIG_ALERT_SMTP.")
    if settings.recipients and not settings.hosts:
        yield Finding(
            "warning",
            f"The letters' links lead to {settings.pages_url}, which is this machine alone.",
            "Set BOLIG_HOSTS: its first name stands in them.",
        )


def _has(connection: "Connection[Any]", name: str) -> bool:
    return connection.execute("select to_regclass(%s) is not null", [name]).fetchone() == (True,)


CHECKS: dict[str, Check] = {
    "database": _server,
    "tables": _shape,
    "parts": _parts,
    "rights": _rights,
    "border": _border,
    "logins": _logins,
    "server": _server_closed,
    "records": _record_keepers,
    "secrets": _keys,
    "landing folder": _landing,
    "folders": _folders,
    "disk": _space,
    "nights": _nights,
    "schedule": _schedule,
    "dashboards": _dashboards,
    "sign-on": _sign_on,
    "backup": _backups,
    "retention": _limits,
    "alerts": _alerting,
}
