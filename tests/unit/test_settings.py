"""Settings: what is taken, and that a refusal names the variable and repeats no secret."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from dagster_project import warehouse
from dagster_project.cli import main
from dagster_project.settings import Settings
from superset_assets import installation, sign_on


def read(**variables: str) -> Settings:
    return Settings(**variables)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BOLIG_ALERT_SMTP", "mail.example.no"),
        ("BOLIG_ALERT_SMTP", "http://mail.example.no"),
        ("BOLIG_ALERT_SMTP", "smtp://user:hemmelig@"),  # pragma: allowlist secret
        ("BOLIG_ALERT_TO", "drift@example.no, drift"),
        ("BOLIG_ALERT_WEBHOOK", "http://chat.example.no/hook/hemmelig"),
        ("BOLIG_ALERT_WEBHOOK", "http://localhost.example.no/hook"),
        ("BOLIG_KEEP_LANDING_MONTHS", "0"),
        ("BOLIG_KEEP_HISTORY_MONTHS", "et år"),
        ("BOLIG_KEEP_BACKUP_DAYS", "-1"),
        ("BOLIG_RECIPIENTS", "{leder: {municipalities: ['0220'], edition: intern}}"),
        ("BOLIG_RECIPIENTS", "{leder@example.no: {municipalities: ['0220']}}"),
        ("BOLIG_RECIPIENTS", "{leder@example.no: {municipalities: ['*'], edition: intern}}"),
        ("BOLIG_LOG_FORMAT", "xml"),
        ("BOLIG_SSB_URLS", "http://data.ssb.no"),
        ("BOLIG_DAGSTER_CODE", "code"),
        ("BOLIG_DAGSTER_CODE", "code:grpc"),
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
        BOLIG_ALERT_SMTP="smtps://bolig:p%40ss@mail.example.no:465",  # pragma: allowlist secret
        BOLIG_ALERT_TO=" drift@example.no ,leder@example.no ",
        BOLIG_ALERT_WEBHOOK="https://chat.example.no/hook/1?key=2",
        BOLIG_KEEP_LANDING_MONTHS="3",
        BOLIG_SSB_REGIONS="0, 32",
        BOLIG_RECIPIENTS="{leder@example.no: {municipalities: ['0220'], edition: intern}}",
        BOLIG_HOSTS="bolig.example.no, bolig",
        BOLIG_BEHIND_TLS_PROXY="1",
    )
    assert read(BOLIG_SSB_NEIGHBOURS="{'0220': ['0219']}").neighbours == (("0220", ("0219",)),)
    ((address, recipient),) = settings.recipients
    assert (address, recipient.municipalities, recipient.edition) == ("leder@example.no", ("0220",), "intern")
    assert settings.pages_url == "https://bolig.example.no"
    assert settings.statistics_regions == ("0", "32")
    assert settings.alert_to == ("drift@example.no", "leder@example.no")
    assert settings.keep_landing_months == 3


def test_a_secret_may_be_a_file_of_its_variables_name_and_the_environment_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "BOLIG_DATABASE_PASSWORD").write_text("of/the file@\n")
    (tmp_path / "BOLIG_READER_PASSWORD").write_text("of the file")
    monkeypatch.setenv("BOLIG_READER_PASSWORD", "of the environment")
    monkeypatch.setitem(Settings.model_config, "secrets_dir", tmp_path)
    settings = read(DATABASE_URL="postgresql://owner@db:5432/bolig?sslmode=require", BOLIG_HOME=str(tmp_path))
    assert settings.reader_password == "of the environment"  # noqa: S105  # pragma: allowlist secret
    # pragma: allowlist nextline secret
    assert warehouse.database_url(settings) == "postgresql://owner:of%2Fthe%20file%40@db:5432/bolig?sslmode=require"
    assert warehouse.libpq_environment(settings)["PGPASSWORD"] == "of/the file@"  # pragma: allowlist secret
    # one that stands in the address counts
    given = settings.model_copy(update={"database_url": "postgresql://owner:own@db/bolig"})  # pragma: allowlist secret
    assert warehouse.database_url(given) == given.database_url


def test_readers_may_read_at_a_replica_with_their_own_login_and_the_others_never_do() -> None:
    settings = read(
        DATABASE_URL="postgresql://owner@primary/bolig?sslmode=require",
        BOLIG_READER_URL="postgresql://owner:own@replica:5433/bolig",  # pragma: allowlist secret
        BOLIG_READER_PASSWORD="of the reader",  # noqa: S106  # pragma: allowlist secret
        BOLIG_SUPERSET_DATABASE_PASSWORD="of superset",  # noqa: S106  # pragma: allowlist secret
    )
    assert warehouse.database_url(settings, "reader") == (
        "postgresql://bolig_reader:of%20the%20reader@replica:5433/bolig"  # pragma: allowlist secret
    )
    assert "@primary/bolig?sslmode" in warehouse.database_url(settings)
    assert "@primary/bolig?sslmode" in warehouse.database_url(settings, "superset")


def test_a_password_for_nobody_is_refused() -> None:
    settings = read(DATABASE_URL="postgresql://db/bolig", BOLIG_DATABASE_PASSWORD="hemmelig")  # noqa: S106
    with pytest.raises(warehouse.WarehouseError, match="names no user") as refused:
        warehouse.database_url(settings)
    assert "hemmelig" not in str(refused.value)


def test_every_setting_has_a_variable_and_a_meaning() -> None:
    for name, field in Settings.model_fields.items():
        assert re.fullmatch(r"BOLIG_[A-Z_]+|DATABASE_URL", str(field.validation_alias)), name
        assert field.description and field.description.endswith((".", "...")), name


def test_the_list_of_settings_shows_no_secret() -> None:
    secrets = {
        "DATABASE_URL": "postgresql://owner:hemmelig@db/bolig",  # pragma: allowlist secret
        "BOLIG_READER_PASSWORD": "hemmelig",  # pragma: allowlist secret
        "BOLIG_DATABASE_PASSWORD": "hemmelig",  # pragma: allowlist secret
        "BOLIG_DAGSTER_DATABASE_PASSWORD": "hemmelig",  # pragma: allowlist secret
        "BOLIG_SUPERSET_SECRET_KEY": "hemmelig",  # pragma: allowlist secret
        "BOLIG_PSEUDONYM_KEY": "hemmelig" * 5,
        "BOLIG_ALERT_SMTP": "smtp://user:hemmelig@mail",  # pragma: allowlist secret
        "BOLIG_ALERT_WEBHOOK": "https://chat.example.no/hemmelig",
    }
    result = CliRunner().invoke(main, ["settings"], env=secrets)
    assert result.exit_code == 0
    assert "hemmelig" not in result.output
    assert result.output.count("(set)") == len(secrets)
    for field in Settings.model_fields.values():
        assert str(field.validation_alias) in result.output


SIGN_ON = {
    "BOLIG_OIDC_ISSUER": "https://idporten.no",
    "BOLIG_OIDC_CLIENT_ID": "boligstrategi",
    "BOLIG_OIDC_CLIENT_SECRET": "hemmelig",  # pragma: allowlist secret
    "BOLIG_OIDC_MAPPING": "{kommune-leder: {roles: [Leder], municipalities: ['0220', '0219']}, drift: {roles: [Forvalter], municipalities: ['*']}}",  # noqa: E501
}


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("{leder: {roles: [Leder], municipalities: [0220]}}", "leder → municipalities → 0: write it in quotes"),
        ("{leder: {roles: [Leder], municipalities: ['220']}}", "municipalities → 0"),
        ("{leder: {roles: [], municipalities: ['0220']}}", "roles"),
        ("{leder: {role: [Leder], municipalities: ['0220']}}", "rol"),
        ("{leder: [Leder]}", "leder"),
        ("{4711: {roles: [Leder], municipalities: ['0220']}}", "4711 .*: write it in quotes"),
        ("leder: {roles: [Leder", "no YAML from line 1"),
        ("[leder]", "it must be like"),
        ("leder", "it must be like"),
        ("", "it must be like"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_in_plain_words(mapping: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(BOLIG_OIDC_MAPPING=mapping)
    result = CliRunner().invoke(main, ["settings"], env={"BOLIG_OIDC_MAPPING": mapping})
    assert [fault["loc"][0] for fault in refused.value.errors()] == ["BOLIG_OIDC_MAPPING"]
    assert result.exit_code == 2
    assert re.search(said, result.output.replace("\n", " ")), result.output


def test_sign_on_is_off_without_settings_and_whole_where_it_is_on() -> None:
    assert sign_on.told(read(), ()) == "null"
    told = json.loads(sign_on.told(read(**SIGN_ON), ("forvalter",)))
    assert told["metadata_url"] == "https://idporten.no/.well-known/openid-configuration"
    assert told["mapping"]["kommune-leder"] == {"roles": ["Leder"], "municipalities": ["0220", "0219"]}
    assert (told["name_claim"], told["password_accounts"]) == ("sub", ["forvalter"])
    for variable, value in {"BOLIG_OIDC_NAME_CLAIM": "pid", "BOLIG_OIDC_SCOPES": "profile"}.items():
        with pytest.raises(ValidationError):
            read(**SIGN_ON | {variable: value})


def test_a_password_is_shown_of_those_who_log_in_by_one(tmp_path: Path) -> None:
    """`bolig up` names them, and `bolig superset password` shows theirs."""
    demonstration = read(BOLIG_HOME=str(tmp_path))
    demonstration.mark_as_demonstration()
    assert set(installation.by_password(demonstration)) == installation.PEOPLE.keys()
    assert installation.by_password(read(BOLIG_HOME=str(tmp_path), **SIGN_ON)) == (installation.EMERGENCY,)


def test_a_superset_whose_warehouse_has_moved_is_to_be_prepared_anew(tmp_path: Path) -> None:
    """It has been told where the warehouse is, and would ask for every figure where nobody answers."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    (home / "superset").mkdir(parents=True)
    installation.mark_prepared(read(BOLIG_HOME=str(home)))
    assert installation.is_prepared(read(BOLIG_HOME=str(home)))
    home.rename(elsewhere)
    moved = read(BOLIG_HOME=str(elsewhere))
    assert installation.is_installed(moved) and not installation.is_prepared(moved)

    def served(by: str, word: str = "one") -> Settings:
        return read(BOLIG_HOME=str(elsewhere), DATABASE_URL=f"postgresql://bolig:{word}@{by}/bolig")

    installation.mark_prepared(served("first"))
    assert installation.is_prepared(served("first", "another"))
    assert not installation.is_prepared(served("second"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"BOLIG_OIDC_ISSUER": None}, "no BOLIG_OIDC_ISSUER"),
        ({"BOLIG_OIDC_CLIENT_ID": None}, "no BOLIG_OIDC_CLIENT_ID"),
        ({"BOLIG_OIDC_MAPPING": None}, "no BOLIG_OIDC_MAPPING"),
        ({"BOLIG_OIDC_CLIENT_ID": ""}, "no BOLIG_OIDC_CLIENT_ID"),
        ({"BOLIG_OIDC_MAPPING": "{}"}, "no BOLIG_OIDC_MAPPING"),
        ({"BOLIG_OIDC_CLIENT_SECRET": ""}, "One of"),
        ({"BOLIG_OIDC_CLIENT_SECRET": None}, "One of"),
        ({"BOLIG_OIDC_CLIENT_KEY": "{}"}, "One of"),
        ({"BOLIG_OIDC_CLIENT_SECRET": None, "BOLIG_OIDC_CLIENT_KEY": "-----BEGIN"}, "no private RSA key"),
        ({"BOLIG_OIDC_CLIENT_SECRET": None, "BOLIG_OIDC_CLIENT_KEY": '{"kty": "RSA", "kid": "1"}'}, "no private RSA"),
        (
            {"BOLIG_OIDC_MAPPING": "{leder: {roles: [Admin], municipalities: ['0220']}}"},
            "the role Admin: there are Leder",
        ),
    ],
)
def test_half_a_sign_on_is_told_before_anything_starts(change: dict[str, str | None], said: str) -> None:
    variables = {name: value for name, value in (SIGN_ON | change).items() if value is not None}
    with pytest.raises(sign_on.NotSetUp, match=said) as refused:
        sign_on.told(read(**variables), ())
    assert "hemmelig" not in str(refused.value)
