"""Alerts as they arrive: a real SMTP server, a real HTTP server, nights that really fail."""

import json
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dagster_project import warehouse
from dagster_project.cli import console
from dagster_project.landing import door, history
from dagster_project.landing.delivery import Delivery
from dagster_project.night import holding, record
from dagster_project.operations import alerts
from dagster_project.settings import Settings
from dagster_project.warehouse import records
from expectations import runner
from tests.conftest import BOLIG
from tests.deliveries import path_of, person, write_delivery
from tests.pipeline.conftest import MailServer

DAY = date(2011, 1, 1)


class Webhook(ThreadingHTTPServer):
    """A real HTTP server that keeps what is posted to it, and answers with `status`."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = 200

        class Handler(BaseHTTPRequestHandler):
            server: "Webhook"

            def do_POST(self) -> None:
                self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(self.server.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?token=secret"


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def here(settings: Settings, tmp_path: Path, mail: MailServer, webhook: Webhook) -> Settings:
    """The module's installation with both channels, and records of no earlier test."""
    with warehouse.connect(settings, autocommit=True) as connection:
        records.prepare(settings, connection)
        history.prepare(connection)
        connection.execute(
            "truncate operations.night, operations.night_delivery, operations.finding, operations.municipality_finding,"
            " operations.data_docs,"
            " scorecard.publication, landing.delivery, landing.delivery_file, landing.quarantined_row,"
            " landing.erased_person"
        )
        connection.execute("truncate operations.alert")
    return settings.model_copy(
        update={
            "landing_dir": tmp_path,
            "alert_smtp": mail.url,
            "alert_to": ("drift@example.no", "bolig@example.no"),
            "alert_webhook": webhook.url,
        }
    )


def record_night(settings: Settings, run_id: str, outcome: str, hours_ago: float, message: str = "") -> None:
    with warehouse.connect(settings) as connection:
        night = record.begin(connection, run_id)
        record.finish(connection, run_id, outcome, message)
        connection.execute(
            "update operations.night set started_at = %(then)s, finished_at = %(then)s where night_id = %(night)s",
            {"then": datetime.now(UTC) - timedelta(hours=hours_ago), "night": night.night_id},
        )


def text(mail: EmailMessage) -> str:
    return str(mail.get_content())


def test_a_failed_night_is_told_once_on_every_channel(here: Settings, mail: MailServer, webhook: Webhook) -> None:
    record_night(here, "r1", "not_published", 1)
    for _ in range(3):
        alerts.notify(here)
    (arrived,) = mail.mails
    assert arrived["To"] == "drift@example.no, bolig@example.no"
    assert arrived["Subject"] == "Boligstrategi: the night failed"
    assert "published nothing" in text(arrived)
    (posted,) = webhook.bodies
    assert "published nothing" in posted["text"] and posted["alerts"] == ["run:r1"]
    record_night(here, "r2", "not_published", 0)
    assert [alert.key for alert in alerts.notify(here)] == ["run:r2"]
    assert len(mail.mails) == len(webhook.bodies) == 2


def test_who_is_held_back_is_told_with_what_does_not_hold_and_without_the_rows(
    here: Settings, mail: MailServer
) -> None:
    by_severity = {expectation.severity: expectation for expectation in runner.expectations()}
    found = [
        runner.Finding(expectation, False, 1, ({"dwelling_id": "B-secret"},)) for expectation in by_severity.values()
    ]
    with warehouse.connect(here) as connection:
        night = record.begin(connection, "r1")
        for number in ("0220", "0301"):
            record.record_delivery(connection, night, number, DAY, None, "accepted", "")
        assert record.judge(connection, night, {"0220": found, "0301": []}) == ["0220"]
        record.finish(connection, "r1", "published", "")
    (told,) = alerts.notify(here)
    assert told.text == f"The publish gate holds the figures of 0220 of {DAY} back: {by_severity['critical'].id}."
    assert "B-secret" not in text(mail.mails[0])


def test_the_run_failure_that_dagster_sees_and_the_nights_own_record_are_one_alert(
    here: Settings, mail: MailServer
) -> None:
    record_night(here, "r1", "not_published", 0)
    alerts.notify(here, [alerts.failed_run("r1", "nightly")])
    alerts.notify(here)
    assert len(mail.mails) == 1


def test_a_good_night_is_not_told(here: Settings, mail: MailServer) -> None:
    record_night(here, "r1", "published", 1)
    record_night(here, "r2", "unchanged", 1)
    assert alerts.notify(here) == []
    assert mail.mails == []


def test_a_night_is_late_after_26_hours_and_that_is_told_once_until_the_next_good_one(
    here: Settings, mail: MailServer
) -> None:
    record_night(here, "r1", "published", 25.9)
    assert alerts.notify(here) == []
    later = datetime.now(UTC) + timedelta(hours=1)
    assert [alert.subject for alert in alerts.notify(here, now=later)] == ["the night is late"]
    assert alerts.notify(here, now=later + timedelta(days=1)) == []
    record_night(here, "r2", "published", 0)
    again = alerts.notify(here, now=datetime.now(UTC) + timedelta(hours=27))
    assert [alert.subject for alert in again] == ["the night is late"]


def test_a_night_that_takes_longer_than_the_last_is_not_late_while_it_goes(here: Settings, mail: MailServer) -> None:
    record_night(here, "r1", "published", 26.5)
    with holding.lock(here):
        assert alerts.notify(here) == []
    assert [alert.subject for alert in alerts.notify(here)] == ["the night is late"]


def test_between_two_batches_of_a_night_it_is_not_late_but_killed_it_is(here: Settings, mail: MailServer) -> None:
    record_night(here, "r1", "published", 28)
    with warehouse.connect(here, autocommit=True) as connection:
        batch, _ = record.plan(connection, "r2", [["0220"], ["0301"]])
        record.begin_batch(connection, "r2/1 run", batch, warehouse.PLAIN)
        record.finish(connection, "r2/1 run", "published", "")
    assert alerts.notify(here) == []
    later = datetime.now(UTC) + timedelta(hours=1)
    assert [alert.subject for alert in alerts.notify(here, now=later)] == ["the night is late"]


def test_a_source_is_stale_by_its_contract_and_for_each_municipality(here: Settings, mail: MailServer) -> None:
    with warehouse.connect(here, autocommit=True) as connection:
        for number in ("0301", "1103"):
            found = Delivery(number, DAY, write_delivery(here.landing, number, DAY, {"target": [{}]}))
            receipt = door.receive(connection, found, here, None)
            connection.execute(
                "insert into scorecard.publication values (%s, %s, %s, %s, 1, now(), '', '{}')",
                [number, DAY, DAY, receipt.load_id],
            )
        connection.execute(
            "update landing.delivery set received_at = now() - interval '27 h' where municipality_no = '1103'"
        )
    assert {alert.subject for alert in alerts.notify(here)} == {
        f"1103: {source} is stale" for source in ("accounting", "allocation", "husbanken", "property")
    }
    assert len(mail.mails) == 1, "in one message"
    assert alerts.notify(here) == []


def test_a_channel_that_fails_is_tried_again_and_the_other_is_not_told_twice(
    here: Settings, mail: MailServer, webhook: Webhook
) -> None:
    record_night(here, "r1", "not_published", 0)
    webhook.status = 503
    with pytest.raises(alerts.AlertNotSent, match="503") as failed:
        alerts.notify(here)
    assert "secret" not in str(failed.value)
    webhook.status = 200
    alerts.notify(here)
    assert (len(mail.mails), len(webhook.bodies)) == (1, 2)


def test_what_a_chat_would_refuse_for_its_size_is_summed_up_and_told_once(
    here: Settings, mail: MailServer, webhook: Webhook, capsys: pytest.CaptureFixture[str]
) -> None:
    with warehouse.connect(here, autocommit=True) as connection:
        night = record.begin(connection, "r1")
        for number in range(1000, 1357):
            report = f"{number} refused. " + "Gårdsnummer på linje 12 er ødelagt. " * 50
            record.record_delivery(connection, night, str(number), DAY, None, "refused", report)
    assert len(alerts.notify(here)) == 357
    (posted,) = webhook.bodies
    assert len(json.dumps(posted, ensure_ascii=False).encode()) < 28_000, "what Teams takes"
    named = [number for number in range(1000, 1357) if f"{number} refused" in posted["text"]]
    assert len(named) == len(posted["alerts"]) > 3
    assert posted["text"].endswith(f"\n\n... and {357 - len(named)} more: `bolig status` and `bolig doctor`.")
    (arrived,) = mail.mails
    assert "1356 refused" in text(arrived), "a mail has all of them"
    assert alerts.notify(here) == []
    with warehouse.connect(here, autocommit=True) as connection:
        record.finish(connection, "r1", "published", "Published 0301.")
    console.print_status(here)
    assert "1356 refused" in capsys.readouterr().out


def test_a_mail_server_that_is_away_is_said(here: Settings, mail: MailServer) -> None:
    record_night(here, "r1", "not_published", 0)
    away = here.model_copy(update={"alert_smtp": "smtp://127.0.0.1:9", "alert_webhook": None})
    with pytest.raises(alerts.AlertNotSent, match=r"e-mail: .*refused"):
        alerts.notify(away)
    assert alerts.notify(here), "it is tried again"


def test_a_password_is_not_sent_without_encryption(here: Settings, mail: MailServer) -> None:
    record_night(here, "r1", "not_published", 0)
    with_password = here.model_copy(
        update={"alert_smtp": mail.url.replace("//", "//user:hemmelig@"), "alert_webhook": None}
    )
    with pytest.raises(alerts.AlertNotSent, match="no encryption"):
        alerts.notify(with_password)


def test_without_a_channel_nothing_is_told_and_nothing_fails(here: Settings) -> None:
    record_night(here, "r1", "not_published", 0)
    assert alerts.notify(here.model_copy(update={"alert_smtp": None, "alert_webhook": None})) == []


def test_the_headless_night_tells_of_a_refused_delivery_without_a_persons_number(
    here: Settings, mail: MailServer, webhook: Webhook
) -> None:
    numbers = [person(n) for n in range(1, 9)]
    folder = write_delivery(here.landing, "0220", DAY, {"startlan": [{"fodselsnummer": n} for n in numbers]})
    path_of(folder, "decision").unlink()
    broken = path_of(folder, "allocation")
    broken.write_text(f"{numbers[0]};{numbers[1]}\n")  # a file whose header is a row of people
    environment = os.environ | {
        "BOLIG_HOME": str(here.home),
        "BOLIG_LANDING": str(here.landing),
        "BOLIG_ALERT_SMTP": mail.url,
        "BOLIG_ALERT_TO": "drift@example.no",
        "BOLIG_ALERT_WEBHOOK": webhook.url,
    }
    for _ in range(2):
        result = subprocess.run([BOLIG, "nightly"], env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 1
    told = "".join(text(arrived) for arrived in mail.mails)
    assert told.count("allocation/decision.csv is missing") == 1, "the same refusal is told once"
    assert told.count("published nothing") == 2, "each night that failed is"
    assert not [number for number in numbers if number in told + json.dumps(webhook.bodies)]


def test_dagsters_sensors_tell_what_is_due(here: Settings, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import dagster as dg

    from dagster_project.defs import operations

    monkeypatch.setenv("BOLIG_ALERT_SMTP", mail.url)
    monkeypatch.setenv("BOLIG_ALERT_TO", "drift@example.no")
    record_night(here, "r1", "not_published", 0)
    with dg.DagsterInstance.ephemeral() as instance, dg.build_sensor_context(instance=instance) as context:
        skipped = [operations.due_alerts(context).skip_message for _ in range(2)]
    assert skipped == ["Told: the night failed", "Nothing new to tell."]
    assert len(mail.mails) == 1

    @dg.op
    def fails() -> None:
        raise ValueError(person(1))

    @dg.job
    def nightly() -> None:
        fails()

    with dg.DagsterInstance.ephemeral() as instance:
        result = nightly.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            sensor_name="run_failed",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        ).for_run_failure()
        operations.run_failed(context)
    assert result.run_id in text(mail.mails[-1])
    assert person(1) not in text(mail.mails[-1])


@pytest.fixture
def encrypted_mail(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server that encrypts, with a certificate that nobody knows, and takes any user."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
        + ["-days", "2", "-subj", "/CN=localhost"],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = MailServer(tls_context=context, require_starttls=True)
    server.controller.start()
    yield server
    server.controller.stop()


def test_mail_is_encrypted_where_the_server_can_and_a_password_goes_to_a_known_server_only(
    here: Settings, encrypted_mail: MailServer
) -> None:
    record_night(here, "r1", "not_published", 0)
    only_mail = here.model_copy(update={"alert_smtp": encrypted_mail.url, "alert_webhook": None})
    with_password = only_mail.model_copy(update={"alert_smtp": encrypted_mail.url.replace("//", "//user:hemmelig@")})
    with pytest.raises(alerts.AlertNotSent, match="certificate verify failed"):
        alerts.notify(with_password)
    assert encrypted_mail.mails == []
    alerts.notify(only_mail)
    assert len(encrypted_mail.mails) == 1
