"""Every setting of an installation, from the environment, in one place.

Belongs here: names, types, defaults and meaning of settings.
Does not belong here: what is done with them.
"""

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

# The repository, or of an installed wheel the folder in which it has the same layout.
PROJECT_DIR = Path(__file__).parents[1]

# What an installation writes and installs lies in the repository; among installed packages it has no place.
_BESIDE = PROJECT_DIR if (PROJECT_DIR / "pyproject.toml").exists() else Path()


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _urls(value: object) -> object:
    """Addresses between commas; within one a comma is the address's own (Region=0220,3025)."""
    if not isinstance(value, str):
        return value
    urls = tuple(url.strip() for url in re.split(r",(?=\s*[a-z]+://)", value) if url.strip())
    for url in urls:
        if not re.match(r"https://[^/\s]+/\S*$", url):
            raise ValueError(f"{url[:60]} is no https address")
    return urls


_ADDRESS = r"^[^@\s<>]+@[^@\s<>]+$"


def _addresses(value: object) -> object:
    if not isinstance(value, str):
        return value
    addresses = tuple(address.strip() for address in value.split(",") if address.strip())
    for address in addresses:
        if not re.fullmatch(_ADDRESS, address):
            raise ValueError(f"{address[:60]} is no e-mail address")
    return addresses


def _listed(value: object) -> object:
    return tuple(each.strip() for each in value.split(",") if each.strip()) if isinstance(value, str) else value


def _hosts(value: object) -> object:
    hosts = _listed(value.lower()) if isinstance(value, str) else value
    for host in hosts if isinstance(hosts, tuple) else ():
        if not re.fullmatch(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", host):
            raise ValueError(f"{host[:60]} is no name of a machine: leave out https://, port and path")
    return hosts


def _host_and_port(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError("it must be like code:4000")
    return host, int(port)


def _smtp_url(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"smtps?://([^@/\s]+@)?[^@/:\s]+(:\d+)?/?", value):
        raise ValueError("it must be like smtp://host:25 or smtps://user:password@host:465")  # pragma: allowlist secret
    return value


def _web_url(value: str | None) -> str | None:
    # plain http is for this machine only: what an alert says is the municipality's own business
    local = r"http://(localhost|127\.0\.0\.1)(:\d+)?"
    if value is not None and not re.fullmatch(rf"(https://[^/\s]+|{local})(/\S*)?", value):
        raise ValueError("it must be an https address")
    return value


EMBEDDED = "embedded"


def _build_server(value: str | None) -> str | None:
    if value is not None and value != EMBEDDED and not re.match(r"postgres(ql)?://", value):
        raise ValueError(f"it must be {EMBEDDED}, or like postgresql://bolig_owner@build:5432/build")
    return value


def _folder_url(value: str | None) -> str | None:
    """An address that what lies under it can be written after."""
    if value is not None and not re.fullmatch(r"https://[^/\s]+(/[^\s?#]*)?", value):
        raise ValueError("it must be an https address, without ? and #")
    return value if value is None else value.rstrip("/") + "/"


def _organisations(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [each.strip().partition("=") for each in value.split(",") if each.strip()]
    for municipality_no, _, organisation in pairs:
        if not re.fullmatch(r"\d{4}", municipality_no) or not re.fullmatch(r"\d{9}", organisation):
            raise ValueError(f"{municipality_no[:20]}={organisation[:20]} is not like 0220=920125298")
    return tuple((municipality_no, organisation) for municipality_no, _, organisation in pairs)


class Mapped(BaseModel):
    """What whoever has a value of the provider's groups is here, and the municipalities that they see."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: tuple[str, ...] = Field(min_length=1)
    municipalities: tuple[Annotated[str, Field(pattern=r"^([0-9]{4}|\*)$")], ...]


class Recipient(BaseModel):
    """Of which municipalities somebody hears by e-mail without logging in, and whether they may see every figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    municipalities: tuple[Annotated[str, Field(pattern=r"^[0-9]{4}$")], ...] = Field(min_length=1)
    edition: Literal["intern", "offentlig"]


Address = Annotated[str, Field(pattern=_ADDRESS)]


def _of_yaml(of: Any, example: str) -> Callable[[object], object]:
    """A setting of several parts from its text (YAML, of which JSON is a part)."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        import yaml

        try:
            return TypeAdapter(of).validate_python(yaml.safe_load(value))
        except yaml.YAMLError as error:
            line = getattr(error, "problem_mark", None)
            raise ValueError(f"it is no YAML{f' from line {line.line + 1} on' if line else ''}") from None
        except ValidationError as error:
            (fault, *_) = error.errors()
            if not fault["loc"]:
                raise ValueError(f"it must be like {example}") from None
            where = " → ".join(map(str, fault["loc"]))
            # without quotes 0220 is a number to YAML, and another one
            told = "write it in quotes" if fault["type"] == "string_type" else fault["msg"]
            raise ValueError(f"{where}: {told}") from None

    return read


def _recipients(value: object) -> object:
    read = _of_yaml(dict[Address, Recipient], "{leder@example.no: {municipalities: ['0220'], edition: intern}}")(value)
    return tuple(read.items()) if isinstance(read, dict) else read


Number = Annotated[str, Field(pattern=r"^[0-9]{4}$")]


def _neighbours(value: object) -> object:
    read = _of_yaml(dict[Number, tuple[Number, ...]], "{'0220': ['0219', '0627']}")(value)
    return tuple(read.items()) if isinstance(read, dict) else read


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


# Where a container finds its secrets: a file for each setting, by its variable's name. The environment goes before.
SECRETS = Path("/run/secrets")


LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


class Settings(BaseSettings):
    """The settings, from environment variables and, of secrets, from files of the same name in /run/secrets.

    One that does not fit raises pydantic's ValidationError, which names it.
    """

    model_config = SettingsConfigDict(frozen=True, secrets_dir=SECRETS if SECRETS.is_dir() else None)

    home: AbsolutePath = Field(
        default=_BESIDE / ".bolig",
        validation_alias="BOLIG_HOME",
        description="The folder of everything that is written; two installations have two.",
    )
    landing_dir: AbsolutePath | None = Field(
        default=None, validation_alias="BOLIG_LANDING", description="The landing folder; default: landing/ in the home."
    )
    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="The municipality's own PostgreSQL, as its owner; default: the embedded server.",
    )
    database_password: str | None = Field(
        default=None,
        validation_alias="BOLIG_DATABASE_PASSWORD",
        description="The owner's password, where DATABASE_URL has none: for a secret that is a file of its own.",
    )
    reader_password: str | None = Field(
        default=None,
        validation_alias="BOLIG_READER_PASSWORD",
        description="Password of the login of those who read by SQL; default: generated into the home.",
    )
    sqllab_password: str | None = Field(
        default=None,
        validation_alias="BOLIG_SQLLAB_PASSWORD",
        description="Password of the login of Superset's SQL Lab; default: generated into the home.",
    )
    dashboards_password: str | None = Field(
        default=None,
        validation_alias="BOLIG_DASHBOARDS_PASSWORD",
        description="Password of the login of Superset's dashboards; default: generated into the home.",
    )
    superset_database_password: str | None = Field(
        default=None,
        validation_alias="BOLIG_SUPERSET_DATABASE_PASSWORD",
        description="Password of the role that keeps Superset's records; default: generated into the home.",
    )
    superset_secret_key: str | None = Field(
        default=None,
        validation_alias="BOLIG_SUPERSET_SECRET_KEY",
        description="The key that Superset signs sessions and encrypts its connections with; default: generated.",
    )
    superset_import_password: str | None = Field(
        default=None,
        validation_alias="BOLIG_SUPERSET_IMPORT_PASSWORD",
        description="Password of the user that brings the dashboards up to date; default: generated into the home.",
    )
    dagster_database_password: str | None = Field(
        default=None,
        validation_alias="BOLIG_DAGSTER_DATABASE_PASSWORD",
        description="Password of the role that keeps Dagster's records; default: generated into the home.",
    )
    superset_url: str | None = Field(
        default=None,
        validation_alias="BOLIG_SUPERSET_URL",
        description=(
            "Where a Superset answers that nights shall bring up to date, and must reach; default: the one that"
            " `bolig up` starts on this machine, where it runs."
        ),
    )
    superset_port: int = Field(
        default=8088, ge=1, le=65535, validation_alias="BOLIG_SUPERSET_PORT", description="Superset's port on loopback."
    )
    superset_workers: int = Field(
        default=2,
        ge=1,
        le=64,
        validation_alias="BOLIG_SUPERSET_WORKERS",
        description="Superset's processes, each with eight threads: about one for each core.",
    )
    superset_environment: AbsolutePath = Field(
        default=_BESIDE / ".venv-superset",
        validation_alias="BOLIG_SUPERSET_ENVIRONMENT",
        description="Superset's own Python environment.",
    )
    behind_proxy: bool = Field(
        default=False,
        validation_alias="BOLIG_BEHIND_PROXY",
        description="Only a proxy reaches Superset, and says who calls (X-Forwarded-For).",
    )
    behind_tls_proxy: bool = Field(
        default=False,
        validation_alias="BOLIG_BEHIND_TLS_PROXY",
        description="The same, and the proxy speaks TLS: cookies travel over that only.",
    )
    dagster_port: int = Field(
        default=3000, ge=1, le=65535, validation_alias="BOLIG_DAGSTER_PORT", description="Dagster's port on loopback."
    )
    dagster_code: Annotated[tuple[str, int] | None, NoDecode, BeforeValidator(_host_and_port)] = Field(
        default=None,
        validation_alias="BOLIG_DAGSTER_CODE",
        description=(
            "host:port of `bolig dagster code`, which then runs the nights, and alone needs the owner's password and"
            " the key; default: `bolig dagster web` and `daemon` load the code themselves."
        ),
    )
    listen: str = Field(
        default="127.0.0.1",
        validation_alias="BOLIG_LISTEN",
        description=(
            "The address that Superset and Dagster listen on. Dagster has no login: any but loopback is for a network"
            " that only a proxy with a login reaches, as that of the containers."
        ),
    )
    hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_hosts)] = Field(
        default=(),
        validation_alias="BOLIG_HOSTS",
        description=(
            "The names (between commas, like bolig.asker.kommune.no) by which a proxy's users reach the dashboards and"
            " Dagster's pages, which answer to no other; those of loopback are always taken."
        ),
    )
    oidc_issuer: Annotated[str | None, AfterValidator(_web_url)] = Field(
        default=None,
        validation_alias="BOLIG_OIDC_ISSUER",
        description=(
            "The issuer of an OpenID provider, like https://login.microsoftonline.com/<tenant>/v2.0 or"
            " https://idporten.no: people sign on to the dashboards there; default: by a password of Superset's."
        ),
    )
    oidc_client_id: str | None = Field(
        default=None, validation_alias="BOLIG_OIDC_CLIENT_ID", description="As which client the provider knows us."
    )
    oidc_client_secret: str | None = Field(
        default=None,
        validation_alias="BOLIG_OIDC_CLIENT_SECRET",
        description="The client's secret (client_secret_basic); where the provider wants a key, this is left out.",
    )
    oidc_client_key: str | None = Field(
        default=None,
        validation_alias="BOLIG_OIDC_CLIENT_KEY",
        description="The client's private key (RSA) as a JWK with its kid, for private_key_jwt, in place of a secret.",
    )
    oidc_scopes: str = Field(
        default="openid profile",
        pattern=r"^(\S+ )*openid( \S+)*$",
        validation_alias="BOLIG_OIDC_SCOPES",
        description="What the provider is asked for, between blanks; openid is one of them.",
    )
    oidc_acr: str | None = Field(
        default=None,
        validation_alias="BOLIG_OIDC_ACR",
        description=(
            "How strongly people must be known (acr), or they are refused: what is asked for, and after it, between"
            " blanks, what is enough too, like idporten-loa-substantial idporten-loa-high."
        ),
    )
    oidc_name_claim: Literal["sub", "preferred_username"] = Field(
        default="sub",
        validation_alias="BOLIG_OIDC_NAME_CLAIM",
        description=(
            "The claim that is a person's name in the dashboards and in `bolig access`: one that stays theirs, and is"
            " no national identity number."
        ),
    )
    oidc_groups_claim: str = Field(
        default="groups",
        validation_alias="BOLIG_OIDC_GROUPS_CLAIM",
        description="The claim whose values the mapping knows: groups, roles, or sub where a provider has no groups.",
    )
    oidc_mapping: Annotated[
        dict[str, Mapped] | None,
        NoDecode,
        BeforeValidator(_of_yaml(dict[str, Mapped], "{leder: {roles: [Leder], municipalities: ['0220']}}")),
    ] = Field(
        default=None,
        validation_alias="BOLIG_OIDC_MAPPING",
        description=(
            "YAML: for each value of the groups claim the roles and the municipalities ('*' is every one), like"
            " {kommune-leder: {roles: [Leder], municipalities: ['0220']}}. Who has several has all of them; who has"
            " none is refused."
        ),
    )
    oidc_operators: str | None = Field(
        default=None,
        validation_alias="BOLIG_OIDC_OPERATORS",
        description="The value of the groups claim that lets into Dagster's pages, by docker-compose.oidc.yml.",
    )
    pseudonym_key: str | None = Field(
        default=None,
        validation_alias="BOLIG_PSEUDONYM_KEY",
        description=(
            "Secret key of the pseudonyms, at least 32 characters; default: generated into the home. A key that is to"
            " take its place is written after it, with a blank between (`bolig rotate-key`)."
        ),
    )
    max_bad_rows: int = Field(
        default=3,
        ge=1,
        validation_alias="BOLIG_MAX_BAD_ROWS",
        description="So many bad rows in a file may refuse it ...",
    )
    max_bad_share: float = Field(
        default=0.02, ge=0, le=1, validation_alias="BOLIG_MAX_BAD_SHARE", description="... if they are over this share."
    )
    max_shrink_share: float = Field(
        default=0.20,
        ge=0,
        le=1,
        validation_alias="BOLIG_MAX_SHRINK_SHARE",
        description="A file that lost over this share of its rows since the last accepted delivery is refused.",
    )
    max_file_mb: int = Field(
        default=1000,
        ge=1,
        validation_alias="BOLIG_MAX_FILE_MB",
        description=(
            "A file of more text than this, as it lies there or unpacked, is refused; a night needs some five times as"
            " much memory as the largest that it takes."
        ),
    )
    max_sheet_rows: int = Field(
        default=1_048_576,
        ge=1,
        le=1_048_576,
        validation_alias="BOLIG_MAX_SHEET_ROWS",
        description="A workbook whose sheet reaches further down is refused.",
    )
    max_columns: int = Field(
        default=200,
        ge=1,
        le=16_384,
        validation_alias="BOLIG_MAX_COLUMNS",
        description="A file of more columns, whether of text or a workbook, is refused.",
    )
    workbook_mb: int = Field(
        default=800,
        ge=100,
        validation_alias="BOLIG_WORKBOOK_MB",
        description="The memory of the process that reads a workbook; one that needs more is refused.",
    )
    workbook_seconds: int = Field(
        default=60,
        ge=1,
        validation_alias="BOLIG_WORKBOOK_SECONDS",
        description="The processor's seconds of reading a workbook; one that needs more is refused.",
    )

    backup_dir: AbsolutePath | None = Field(
        default=None,
        validation_alias="BOLIG_BACKUP",
        description="The folder of the backups, best on another machine; default: backup/ in the home.",
    )
    backup_secrets_dir: AbsolutePath | None = Field(
        default=None,
        validation_alias="BOLIG_BACKUP_SECRETS",
        description=(
            "The folder of the backups' secrets, best where secrets are kept, and not where the backups are; default:"
            " backup-secrets/ in the home."
        ),
    )
    export_dir: AbsolutePath | None = Field(
        default=None,
        validation_alias="BOLIG_EXPORT",
        description=(
            "The folder into which every night writes what it published, as workbooks and Parquet, a folder for each"
            " municipality; default: no night does."
        ),
    )
    keep_backup_days: int = Field(
        default=30,
        ge=1,
        validation_alias="BOLIG_KEEP_BACKUP_DAYS",
        description="Backups older than this are deleted when a new one is made.",
    )
    keep_landing_months: int | None = Field(
        default=None,
        ge=1,
        validation_alias="BOLIG_KEEP_LANDING_MONTHS",
        description="Deliveries in the landing folder older than this are deleted by `bolig prune`; default: none is.",
    )
    keep_quarantine_months: int | None = Field(
        default=None,
        ge=1,
        validation_alias="BOLIG_KEEP_QUARANTINE_MONTHS",
        description="Quarantined rows older than this are deleted by `bolig prune`; default: none is.",
    )
    keep_history_months: int | None = Field(
        default=None,
        ge=1,
        validation_alias="BOLIG_KEEP_HISTORY_MONTHS",
        description="Row versions of loads older than this are deleted by `bolig prune`; default: none is.",
    )
    keep_audit_days: int = Field(
        default=730,
        ge=1,
        validation_alias="BOLIG_KEEP_AUDIT_DAYS",
        description=(
            "Who logged in, opened what and took which file, and what was done by command, older than this is deleted"
            " by `bolig prune`; but never what was done to persons and keys."
        ),
    )
    keep_runs_days: int = Field(
        default=90,
        ge=1,
        validation_alias="BOLIG_KEEP_RUNS_DAYS",
        description=(
            "Dagster's runs older than this are deleted by `bolig prune`, with their logs; never the newest of a"
            " municipality, nor what the warehouse itself keeps of every night."
        ),
    )
    alert_smtp: Annotated[str | None, AfterValidator(_smtp_url)] = Field(
        default=None,
        validation_alias="BOLIG_ALERT_SMTP",
        description=(
            "The mail server of the alerts: smtp://host:25 (encrypted where the server can), or smtps://host:465; with"
            " user:password@ where it asks for them (then always encrypted); default: no e-mail."
        ),
    )
    alert_from: str | None = Field(
        default=None,
        validation_alias="BOLIG_ALERT_FROM",
        description="The alerts' sender; default: bolig at the name of this machine.",
    )
    alert_to: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_addresses)] = Field(
        default=(),
        validation_alias="BOLIG_ALERT_TO",
        description="Who gets the alerts by e-mail; addresses between commas.",
    )
    alert_webhook: Annotated[str | None, AfterValidator(_web_url)] = Field(
        default=None,
        validation_alias="BOLIG_ALERT_WEBHOOK",
        description='An address (https) that takes alerts as JSON, {"text": ...}, as chat programs do; default: none.',
    )
    recipients: Annotated[tuple[tuple[str, Recipient], ...], NoDecode, BeforeValidator(_recipients)] = Field(
        default=(),
        validation_alias="BOLIG_RECIPIENTS",
        description=(
            "YAML: who hears of a municipality by e-mail without logging in, like"
            " {leder@example.no: {municipalities: ['0220'], edition: intern}}. intern: a link to the report when a"
            " period is closed, and which targets are newly missed; offentlig: the public edition, attached. By the"
            " mail server of the alerts; default: nobody."
        ),
    )
    log_format: Literal["text", "json"] = Field(
        default="text",
        validation_alias="BOLIG_LOG_FORMAT",
        description="How the log is written: text for people, json (a line for each event) for a log collector.",
    )

    statistics_urls: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_urls)] = Field(
        default=(),
        validation_alias="BOLIG_SSB_URLS",
        description=(
            "Addresses (https, between commas) that answer with JSON-stat 2, as Statistics Norway's PxWeb API does: the"
            " reference figures of deliveries that bring none; default: nothing is fetched."
        ),
    )
    statistics_regions: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(),
        validation_alias="BOLIG_SSB_REGIONS",
        description=(
            "Codes of regions (between commas, like 0,32 for the country and a county) that the municipalities compare"
            " themselves with: each gets the fetched figures of these and of its own numbers; default: of all regions"
            " that the addresses answer with, which is right where they name one municipality's."
        ),
    )

    klass_urls: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_urls)] = Field(
        default=(),
        validation_alias="BOLIG_KLASS_URLS",
        description=(
            "Addresses (https, between commas) that answer with correspondences between municipalities and what they"
            " belong to, as Statistics Norway's KLASS does, like"
            " https://data.ssb.no/api/klass/v1/classifications/112/correspondsAt?targetClassificationId=131&date=2026-01-01"
            " for KOSTRA groups: each municipality gets the fetched figures of its own; default: of none."
        ),
    )
    neighbours: Annotated[tuple[tuple[str, tuple[str, ...]], ...], NoDecode, BeforeValidator(_neighbours)] = Field(
        default=(),
        validation_alias="BOLIG_SSB_NEIGHBOURS",
        description=(
            "YAML: by municipality the numbers of those that it alone compares itself with, like"
            " {'0220': ['0219', '0627']}: KLASS does not know who are neighbours; default: none."
        ),
    )

    catalogue_url: Annotated[str | None, AfterValidator(_folder_url)] = Field(
        default=None,
        validation_alias="BOLIG_CATALOGUE_URL",
        description=(
            "Where the folder that `bolig catalogue` writes will be found, like https://asker.kommune.no/bolig; the"
            " description of what is public names its files by it."
        ),
    )
    catalogue_contact: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_addresses)] = Field(
        default=(),
        validation_alias="BOLIG_CATALOGUE_CONTACT",
        description="Whom to ask about what is public: an e-mail address of an office, not of a person.",
    )
    catalogue_organisations: Annotated[tuple[tuple[str, str], ...], NoDecode, BeforeValidator(_organisations)] = Field(
        default=(),
        validation_alias="BOLIG_CATALOGUE_ORGANISATIONS",
        description=(
            "The municipalities' numbers in Enhetsregisteret, like 0220=920125298 (between commas): who publishes;"
            " default: the municipality by its name."
        ),
    )
    catalogue_licence: str = Field(
        default="http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
        validation_alias="BOLIG_CATALOGUE_LICENCE",
        description="The licence of what is public, by its address in the EU's list of licences.",
    )

    reader_url: str | None = Field(
        default=None,
        validation_alias="BOLIG_READER_URL",
        description=(
            "Where those who read do, like postgresql://replica:5432/bolig: a streaming replica of the warehouse;"
            " default: the warehouse itself. The login in it is left out: each one's own is taken."
        ),
    )
    build_server: Annotated[str | None, AfterValidator(_build_server)] = Field(
        default=None,
        validation_alias="BOLIG_BUILD_SERVER",
        description=(
            "Where this process's nights build before they publish: embedded, a PostgreSQL of their own in the home, or"
            " a server's URL like postgresql://bolig_owner@build:5432/build, which others may share; default: in the"
            " warehouse."
        ),
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        validation_alias="BOLIG_WORKERS",
        description="So many batches of a large night are at work at once, on all machines together.",
    )
    launcher: Literal["local", "docker"] = Field(
        default="local",
        validation_alias="BOLIG_LAUNCHER",
        description=(
            "Where Dagster's daemon starts its runs: local, beside the code; docker, each in a container of its own, by"
            " the Docker engine that DOCKER_HOST names (the extra `docker` is installed then)."
        ),
    )
    launcher_image: str | None = Field(
        default=None,
        validation_alias="BOLIG_LAUNCHER_IMAGE",
        description="The image of such a container, like boligstrategi/warehouse:0.2.0.",
    )
    launcher_networks: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(),
        validation_alias="BOLIG_LAUNCHER_NETWORKS",
        description="The engine's networks that such a container is in, between commas; the warehouse's is one.",
    )
    launcher_volumes: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(),
        validation_alias="BOLIG_LAUNCHER_VOLUMES",
        description=(
            "What such a container sees of the engine's machine, between commas, like"
            " /srv/bolig/run:/run/secrets:ro,/srv/bolig/landing:/srv/landing: a folder with a file for each of its"
            " settings, by its name, and the landing folder."
        ),
    )
    batch_size: int = Field(
        default=20,
        ge=1,
        validation_alias="BOLIG_BATCH",
        description="A night of more municipalities is dealt to batches of about so many, each a run of its own.",
    )

    @property
    def own_names(self) -> frozenset[str]:
        """The names by which the pages are reached: loopback's, what is listened on, and those of the setting."""
        return frozenset({*LOOPBACK, self.listen.lower(), *self.hosts}.difference(EVERYWHERE))

    @property
    def pages_url(self) -> str:
        """Where people reach the dashboards: by the first name of the setting, or on this machine alone."""
        scheme = "https" if self.behind_tls_proxy else "http"
        return f"{scheme}://{self.hosts[0]}" if self.hosts else f"http://localhost:{self.superset_port}"

    @property
    def landing(self) -> Path:
        """The landing folder."""
        return self.landing_dir or self.home / "landing"

    @property
    def backups(self) -> Path:
        """The folder of the backups."""
        return self.backup_dir or self.home / "backup"

    @property
    def backup_secrets(self) -> Path:
        """The folder of the backups' secrets: with one of the dumps they can name people."""
        return self.backup_secrets_dir or self.home / "backup-secrets"

    @property
    def reports(self) -> Path:
        """The folder of reports that are written without naming one."""
        return self.home / "reports"

    @property
    def secrets(self) -> Path:
        """The folder of generated secrets, which only its owner may open."""
        return closed_folder(self.home / "secrets")

    @property
    def pseudonym_key_file(self) -> Path:
        """The generated key of the pseudonyms; keys that came later stand on lines of their own."""
        return self.secrets / "pseudonym_key"

    @property
    def is_demonstration(self) -> bool:
        """Whether `bolig demo` marked this home: then only synthetic people are let in."""
        return self._demonstration_mark.exists()

    @property
    def _demonstration_mark(self) -> Path:
        return self.home / "DEMONSTRATION"

    def mark_as_demonstration(self) -> None:
        """Say of this home that it is a demonstration."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._demonstration_mark.write_text("Only synthetic people are let in. Real extracts go into another home.\n")


def closed_folder(path: Path) -> Path:
    """This folder, made where it is not there, and closed to everybody but its owner.

    A group may pass through, where somebody lets it: so the embedded server of a home that is root's reaches its own.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o077 not in (0, 0o010):
        path.chmod(0o700)
    return path


def generated_secret(path: Path, head: str = "") -> str:
    """The secret in this file, made on the first call, readable by its owner only. Raises OSError.

    `head`: what a new secret begins with, where its reader asks for certain kinds of characters.
    """
    import secrets
    import tempfile

    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp gives owner-only rights
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(head + secrets.token_hex(12 if head else 32))
        # link() does not replace: of two first runs at once one makes the secret, and both read the same
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text("ascii").strip()
