"""The wheel that `uv build` makes runs by itself: installed elsewhere, it publishes the demonstration."""

import os
import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest

from dagster_project.night import dbt
from dagster_project.settings import PROJECT_DIR

UV = PROJECT_DIR / ".uv" / "bin" / "uv"
OURS = ("BOLIG_", "DATABASE_URL", "PYTHON", "VIRTUAL_ENV")
ROOMS = ("dagster_project", "dbt", "expectations", "superset_assets")


def run(*command: str | Path, cwd: Path) -> str:
    """What a command says to somebody who has set nothing of this project, and no Python's path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    return result.stdout


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment venv, in which the wheel of a fresh source distribution is installed.

    The packages that it depends on are those of the project's own environment: a line in a .pth names their folder.
    """
    folder = tmp_path_factory.mktemp("w")
    run(UV, "build", "--offline", "--quiet", "--out-dir", folder / "dist", PROJECT_DIR, cwd=folder)
    python = Path(sysconfig.get_path("scripts"), "python")
    run(UV, "venv", "--quiet", "--python", python, folder / "venv", cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    installed = folder / "venv" / "bin" / "python"
    run(UV, "pip", "install", "--offline", "--quiet", "--no-deps", "--python", installed, wheel, cwd=folder)
    packages = run(installed, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    Path(packages, "zz_dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def test_the_wheel_has_every_file_of_its_rooms(elsewhere: Path) -> None:
    (whole,) = (elsewhere / "venv").rglob("boligstrategi")
    tracked = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *ROOMS, cwd=PROJECT_DIR)
    expected = {name for name in tracked.split("\0") if name and (PROJECT_DIR / name).is_file()} - {
        "dagster_project/wheel.pth"
    }
    found = {str(path.relative_to(whole)) for path in whole.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert found == expected | {"uv.lock"}


def test_the_version_stands_in_one_place(elsewhere: Path) -> None:
    version = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert run(elsewhere / "venv" / "bin" / "bolig", "--version", cwd=elsewhere) == f"bolig, version {version}\n"
    assert f"\n## {version} " in (PROJECT_DIR / "CHANGELOG.md").read_text("utf-8")


def test_an_installed_wheel_publishes_the_demonstration(elsewhere: Path) -> None:
    bolig, home = elsewhere / "venv" / "bin" / "bolig", elsewhere / ".bolig"
    try:
        run(bolig, "demo", cwd=elsewhere)
        assert "Published 0220." in run(bolig, "nightly", cwd=elsewhere)
        # all that is written lies where the commands were given, and the figures are of this very code
        assert home.is_dir()
        version = run(
            elsewhere / "venv" / "bin" / "python",
            "-c", "from dagster_project.night import dbt; print(dbt.code_version())",
            cwd=elsewhere,
        ).strip()  # fmt: skip
        assert version == dbt.code_version()
        assert "Husstander i kø" in run(bolig, "scorecard", cwd=elsewhere)
    finally:
        if home.is_dir():
            run(bolig, "db", "stop", cwd=elsewhere)
            shutil.rmtree(home)
