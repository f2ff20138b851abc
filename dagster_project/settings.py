"""Every setting of an installation, from the environment, in one place.

Belongs here: names, types, defaults and meaning of settings.
Does not belong here: what is done with them.
"""

import contextlib
import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PROJECT_DIR = Path(__file__).parents[1]


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


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseSettings):
    """The settings; an environment variable that does not fit raises pydantic's ValidationError, which names it."""

    model_config = SettingsConfigDict(frozen=True)

    home: AbsolutePath = Field(
        default=PROJECT_DIR / ".bolig",
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
    reader_password: str | None = Field(
        default=None,
        validation_alias="BOLIG_READER_PASSWORD",
        description="Password of the reading role; default: generated into the home.",
    )
    pseudonym_key: str | None = Field(
        default=None,
        validation_alias="BOLIG_PSEUDONYM_KEY",
        description="Secret key of the pseudonyms, at least 32 characters; default: generated into the home.",
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

    statistics_urls: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_urls)] = Field(
        default=(),
        validation_alias="BOLIG_SSB_URLS",
        description=(
            "Addresses (https, between commas) that answer with JSON-stat 2, as Statistics Norway's PxWeb API does: the"
            " reference figures of deliveries that bring none; default: nothing is fetched."
        ),
    )

    @property
    def landing(self) -> Path:
        """The landing folder."""
        return self.landing_dir or self.home / "landing"

    @property
    def reports(self) -> Path:
        """The folder of reports that are written without naming one."""
        return self.home / "reports"

    @property
    def secrets(self) -> Path:
        """The folder of generated secrets, which only its owner may open."""
        folder = self.home / "secrets"
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        return folder

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


def generated_secret(path: Path) -> str:
    """The secret in this file, made on the first call, readable by its owner only. Raises OSError."""
    import secrets
    import tempfile

    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp gives owner-only rights
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        # link() does not replace: of two first runs at once one makes the secret, and both read the same
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text("ascii").strip()
