"""Alerts: what an operator must be told without having looked, by e-mail and to a webhook, each once.

Belongs here: what is worth an alert, its sending, and what was told. Does not belong here: when it is asked (Dagster's
sensors in defs/, and the headless night), what an operator sees when looking (doctor.py, console.py), how an e-mail
travels (mail.py), and what readers are told (letters.py).

What is due follows from the records alone, so it is the same whoever asks. It is told once on each channel; a channel
that fails is tried again at the next asking. No alert holds a value of a row, but the office whose turn it is: they
name municipalities, dates, files, columns and rules, and everything else is left to `bolig status`.
"""

import hashlib
import json
import smtplib
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg.rows import dict_row

from dagster_project import BoligError
from dagster_project.landing import people
from dagster_project.night import holding
from dagster_project.operations import mail, turns
from dagster_project.settings import Settings
from dagster_project.vocabulary import contracts
from dagster_project.warehouse import locks

if TYPE_CHECKING:
    from psycopg import Connection


LATE_AFTER = timedelta(hours=26)  # from one night's beginning to the next one's, with slack for one that waits
LONGEST_TEXT = 2000  # characters of one alert; more is for the one who looks
# Of a message to a chat: Teams takes 28 kB, Mattermost 16,383 characters, Slack cuts at 40,000. What is refused for its
# size would be tried for ever, and nothing after it be told. No mail server refuses so little.
LONGEST_MESSAGE = 10_000
BETWEEN_BATCHES = timedelta(minutes=10)  # in Dagster's queue; then nobody holds the warehouse


class AlertNotSent(BoligError):
    """An alert did not get through on some channel; the message says which, why, and what it was about."""


NOT_SENT = (OSError, smtplib.SMTPException, mail.MailNotSent, AlertNotSent)


@dataclass(frozen=True)
class Alert:
    """Something to be told. `key`: the same for the same thing, so that it is told once."""

    key: str
    subject: str
    text: str


def notify(settings: Settings, also: Sequence[Alert] = (), now: datetime | None = None) -> list[Alert]:
    """Tell what is due and was not told yet, and these; what was told. Raises AlertNotSent, WarehouseError."""
    channels = _channels(settings)
    if not channels:
        return []
    told: dict[str, Alert] = {}
    failures = []
    with holding.opened(settings) as connection:
        # two askers at once would both tell
        locks.take(connection, "bolig.alerts")
        alerts = list({alert.key: alert for alert in (*also, *due(connection, now or datetime.now(UTC)))}.values())
        for channel, send in channels.items():
            new = untold(connection, channel, alerts)
            if not new:
                continue
            try:
                send(settings, new)
            except NOT_SENT as error:
                failures.append(f"{channel}: {error}")
                continue
            told |= {alert.key: alert for alert in new}
            remember(connection, channel, new)
    if failures:
        raise AlertNotSent("Alerts did not get through (they are tried again):\n" + "\n".join(failures))
    return list(told.values())


def untold(connection: "Connection[Any]", channel: str, alerts: Sequence[Alert]) -> list[Alert]:
    """Those of the alerts that were not told yet on this channel."""
    known = connection.execute(
        "select alert_key from operations.alert where channel = %s and alert_key = any(%s)",
        [channel, [alert.key for alert in alerts]],
    )
    told_before = {key for (key,) in known}
    return [alert for alert in alerts if alert.key not in told_before]


def remember(connection: "Connection[Any]", channel: str, told: Sequence[Alert]) -> None:
    """Record that these were told on this channel."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into operations.alert (alert_key, channel, text) values (%s, %s, %s)",
            [(alert.key, channel, alert.text) for alert in told],
        )


def tell(settings: Settings, alert: Alert) -> None:
    """Tell this without a record of it, where the warehouse is what fails. Raises AlertNotSent."""
    failures = []
    for channel, send in _channels(settings).items():
        try:
            send(settings, [alert])
        except NOT_SENT as error:
            failures.append(f"{channel}: {error}")
    if failures:
        raise AlertNotSent("An alert did not get through:\n" + "\n".join(failures))


# ---------------------------------------------------------------------------------------------- what is due


def due(connection: "Connection[Any]", now: datetime) -> list[Alert]:
    """Everything that a person must know of now, told before or not."""
    return [
        *_failed_nights(connection, now),
        *_unpublished_deliveries(connection, now),
        *lateness(connection, now),
        *_owed(connection),
    ]


def _owed(connection: "Connection[Any]") -> list[Alert]:
    """Whose turn it is before the meeting, in municipalities that write comments; told once for each office and period.

    How many, and not which: what was decided is somebody's text.
    """
    alerts = []
    for turn in turns.every(connection):
        if turn.is_used:
            text = f"{turn.municipality_no}: {turn.owner}: {len(turn.names)} {turn.what}. `bolig status` says which."
            digest = hashlib.sha256(repr((turn.owner, turn.what)).encode()).hexdigest()[:12]
            alerts.append(
                Alert(f"turn:{turn.municipality_no}:{digest}", f"{turn.municipality_no}: {turn.what}", _safe(text))
            )
    return alerts


def lateness(connection: "Connection[Any]", now: datetime) -> list[Alert]:
    """What did not come in time: a night that ended well, a source's extract."""
    return [*_late(connection, now), *_stale(connection, now)]


def failed_run(run_id: str, job: str) -> Alert:
    """The alert of a run that failed; Dagster has its log."""
    return Alert(
        f"run:{run_id}", f"{job} failed", f"Dagster's job {job} failed (run {run_id}). `bolig status` says more."
    )


def _failed_nights(connection: "Connection[Any]", now: datetime) -> list[Alert]:
    rows = _rows(
        connection,
        """
        select run_id, started_at, municipality_nos, array(
            select expectation_id from operations.finding
            where finding.night_id = night.night_id and not success and severity = 'critical' order by 1
        ) as findings
        from operations.night
        where outcome = 'not_published' and finished_at > %(since)s
        -- of a night of batches its batches are told
        and (municipality_nos is null or part_of is not null)
        """,
        {"since": now - LATE_AFTER},
    )
    alerts = []
    for row in rows:
        whose = f" of {', '.join(row['municipality_nos'])}" if row["municipality_nos"] else ""
        when = f"{row['started_at']:%Y-%m-%d %H:%M}"
        text = f"The night of {when} published nothing{whose}; readers stay on the last good one."
        if row["findings"]:
            text += f" The publish gate held it back: {', '.join(row['findings'])}."
        alerts.append(Alert(f"run:{row['run_id']}", "the night failed", f"{text} `bolig status` says more."))
    return alerts


def _unpublished_deliveries(connection: "Connection[Any]", now: datetime) -> list[Alert]:
    rows = _rows(
        connection,
        """
        select municipality_no, extract_date, door, is_withheld, report, array(
            -- the expectation alone: what follows has rows as examples
            select split_part(finding, ' (critical): ', 1) from unnest(findings) as finding
            where finding like '%% (critical): %%'
        ) as expectations
        from operations.night_delivery inner join operations.night using (night_id)
        where (door not in ('accepted', 'unchanged') or is_withheld) and started_at > %(since)s order by night_id
        """,
        {"since": now - LATE_AFTER},
    )
    alerts = []
    for row in rows:
        what = f"{row['municipality_no']} of {row['extract_date']}"
        if row["is_withheld"]:
            subject, text = (
                f"{row['municipality_no']}: held back",
                f"The publish gate holds the figures of {what} back: {', '.join(row['expectations'])}.",
            )
        else:
            subject, text = f"{row['municipality_no']}: delivery {row['door'].replace('_', ' ')}", row["report"]
        # the same refusal night after night is told once, another one of the same delivery again
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        alerts.append(Alert(f"delivery:{what}:{digest}", subject, _safe(text)))
    return alerts


def _late(connection: "Connection[Any]", now: datetime) -> list[Alert]:
    """No night that ended well has begun for too long, and none is going on; told once for each such time."""
    (last,) = _rows(
        connection,
        "select max(night_id) as night_id, max(started_at) as started_at from operations.night"
        " where outcome in ('published', 'unchanged') and part_of is null",
    )
    if last["started_at"] is None or now - last["started_at"] <= LATE_AFTER or _is_going(connection, now):
        return []
    hours = LATE_AFTER // timedelta(hours=1)
    text = (
        f"The last night that ended well began at {last['started_at']:%Y-%m-%d %H:%M}, over {hours} hours ago. Is "
        "Dagster's daemon running, or the scheduler that starts `bolig nightly`? `bolig doctor` looks."
    )
    return [Alert(f"late:{last['night_id']}", "the night is late", text)]


def _is_going(connection: "Connection[Any]", now: datetime) -> bool:
    """Whether somebody holds the warehouse for a night, or a batch has just ended and the next may begin.

    The record alone does not tell: a night that was killed never ends there.
    """
    has_just_ended = "select from operations.night where part_of is not null and finished_at > %s limit 1"
    return holding.is_held(connection) or bool(connection.execute(has_just_ended, [now - BETWEEN_BATCHES]).rowcount)


def _stale(connection: "Connection[Any]", now: datetime) -> list[Alert]:
    """Sources of which nothing newer was accepted for longer than their contract promises."""
    alerts = []
    for number, source, received_at, extract_date in newest_by_source(connection):
        if source.latency and now - received_at > source.latency:
            text = (
                f"{number}: the newest accepted {source.name} extract is of {extract_date}, taken in "
                f"{received_at:%Y-%m-%d %H:%M}. Its contract promises one every {_span(source.latency)}. Ask its owner "
                f"({source.owner})."
            )
            alerts.append(
                Alert(f"stale:{number}:{source.name}:{extract_date}", f"{number}: {source.name} is stale", text)
            )
    return alerts


def newest_by_source(connection: "Connection[Any]") -> list[tuple[str, contracts.Source, datetime, date]]:
    """(municipality, source, when it was taken in, extract date) of the newest accepted extract of each source, for
    the municipalities that are published (one that was renumbered or merged is so under its newest number)."""
    by_name = {source.name: source for source in contracts.sources()}
    tables = contracts.tables().values()
    rows = _rows(
        connection,
        # what is asked of each table is found by an index; of all files ever delivered it would be a sort of millions
        """
        select distinct on (municipality_no, source)
            municipality_no, source, newest.received_at, newest.extract_date
        from scorecard.publication
        cross join unnest(%(sources)s::text[], %(tables)s::text[]) as delivered (source, table_name)
        cross join lateral (
            select load_id, delivery.received_at, delivery.extract_date
            from landing.delivery_file as file
            inner join landing.delivery using (municipality_no, load_id)
            where
                file.municipality_no = publication.municipality_no and file.table_name = delivered.table_name
                and status = 'accepted' and not is_backfill
            -- what is no backfill came in the order of its extract dates
            order by load_id desc limit 1
        ) as newest
        order by municipality_no, source, newest.load_id desc
        """,
        {"sources": [table.source for table in tables], "tables": [table.name for table in tables]},
    )
    return [(row["municipality_no"], by_name[row["source"]], row["received_at"], row["extract_date"]) for row in rows]


def _span(time: timedelta) -> str:
    hours = int(time / timedelta(hours=1))
    return f"{hours} hours" if hours < 24 * 60 else f"{hours // 24} days"


def _safe(text: str) -> str:
    """The door quotes no personal value; this holds even if it did."""
    if people.looks_personal(text):
        return "The report is not sent on, for something in it looks like a personal number. `bolig status` shows it."
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ... `bolig status` has the rest."


def _rows(connection: "Connection[Any]", query: LiteralString, parameters: Any = None) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()


# ---------------------------------------------------------------------------------------------- channels

Send = Callable[[Settings, Sequence[Alert]], None]


def _channels(settings: Settings) -> dict[str, Send]:
    channels: dict[str, Send] = {}
    if settings.alert_smtp and settings.alert_to:
        channels["e-mail"] = _send_mail
    if settings.alert_webhook:
        channels["webhook"] = _send_to_webhook
    return channels


def _headline(alerts: Sequence[Alert]) -> str:
    more = f" (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""
    return f"Boligstrategi: {alerts[0].subject}{more}"


def _text(alerts: Sequence[Alert]) -> str:
    return "\n\n".join(alert.text for alert in alerts)


def _send_mail(settings: Settings, alerts: Sequence[Alert]) -> None:
    """One message to all. Raises OSError, SMTPException, MailNotSent."""
    signed = f"{_text(alerts)}\n\n-- \n{socket.getfqdn()}, {settings.home}\n"
    mail.send(settings, settings.alert_to, _headline(alerts), signed)


def _send_to_webhook(settings: Settings, alerts: Sequence[Alert]) -> None:
    """Raises AlertNotSent."""
    import httpx

    assert settings.alert_webhook
    lengths = accumulate(len(alert.text) for alert in alerts)
    written = max(1, sum(length <= LONGEST_MESSAGE for length in lengths))
    text = f"{_headline(alerts)}\n\n{_text(alerts[:written])}"
    if written < len(alerts):
        text += f"\n\n... and {len(alerts) - written} more: `bolig status` and `bolig doctor`."
    body = {"text": text, "alerts": [alert.key for alert in alerts[:written]]}
    try:
        # the address may hold a secret: no message of httpx, which would quote it, goes on
        answer = httpx.post(
            settings.alert_webhook,
            content=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
            timeout=30,
        )
    except httpx.HTTPError as error:
        raise AlertNotSent(f"the address of BOLIG_ALERT_WEBHOOK does not answer ({type(error).__name__}).") from None
    if answer.is_error:
        raise AlertNotSent(f"the address of BOLIG_ALERT_WEBHOOK answers {answer.status_code}.")
