"""Settings: what is taken, and that a refusal names the variable and repeats no secret."""

import re

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from dagster_project.cli import main
from dagster_project.settings import Settings


def read(**variables: str) -> Settings:
    return Settings(**variables)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BOLIG_ALERT_SMTP", "mail.example.no"),
        ("BOLIG_ALERT_SMTP", "http://mail.example.no"),
        ("BOLIG_ALERT_SMTP", "smtp://user:hemmelig@"),
        ("BOLIG_ALERT_TO", "drift@example.no, drift"),
        ("BOLIG_ALERT_WEBHOOK", "http://chat.example.no/hook/hemmelig"),
        ("BOLIG_ALERT_WEBHOOK", "http://localhost.example.no/hook"),
        ("BOLIG_KEEP_LANDING_MONTHS", "0"),
        ("BOLIG_KEEP_HISTORY_MONTHS", "et år"),
        ("BOLIG_KEEP_BACKUP_DAYS", "-1"),
        ("BOLIG_LOG_FORMAT", "xml"),
        ("BOLIG_SSB_URLS", "http://data.ssb.no"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_by_its_variable(variable: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(**{variable: value})
    assert [fault["loc"][0] for fault in refused.value.errors()] == [variable]
    result = CliRunner().invoke(main, ["settings"], env={variable: value})
    assert result.exit_code == 2
    assert variable in result.output
    assert "hemmelig" not in result.output


def test_what_fits_is_taken() -> None:
    settings = read(
        BOLIG_ALERT_SMTP="smtps://bolig:p%40ss@mail.example.no:465",
        BOLIG_ALERT_TO=" drift@example.no ,leder@example.no ",
        BOLIG_ALERT_WEBHOOK="https://chat.example.no/hook/1?key=2",
        BOLIG_KEEP_LANDING_MONTHS="3",
    )
    assert settings.alert_to == ("drift@example.no", "leder@example.no")
    assert settings.keep_landing_months == 3


def test_every_setting_has_a_variable_and_a_meaning() -> None:
    for name, field in Settings.model_fields.items():
        assert re.fullmatch(r"BOLIG_[A-Z_]+|DATABASE_URL", str(field.validation_alias)), name
        assert field.description and field.description.endswith((".", "...")), name


def test_the_list_of_settings_shows_no_secret() -> None:
    secrets = {
        "DATABASE_URL": "postgresql://owner:hemmelig@db/bolig",
        "BOLIG_READER_PASSWORD": "hemmelig",
        "BOLIG_PSEUDONYM_KEY": "hemmelig" * 5,
        "BOLIG_ALERT_SMTP": "smtp://user:hemmelig@mail",
        "BOLIG_ALERT_WEBHOOK": "https://chat.example.no/hemmelig",
    }
    result = CliRunner().invoke(main, ["settings"], env=secrets)
    assert result.exit_code == 0
    assert "hemmelig" not in result.output
    assert result.output.count("(set)") == len(secrets)
    for field in Settings.model_fields.values():
        assert str(field.validation_alias) in result.output
