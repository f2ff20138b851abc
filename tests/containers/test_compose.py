"""The compose file as Docker Compose itself reads it: who is let in, who holds which secret, what each may use."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import compose
import pytest
import yaml

from dagster_project.settings import PROJECT_DIR, Settings

# the package's own command loses the exit status
COMPOSE = Path(compose.__file__).parent / "docker-compose"
FILES = {
    "plain": ["docker-compose.yml"],
    "tls": ["docker-compose.yml", "docker-compose.tls.yml"],
    "oidc": ["docker-compose.yml", "docker-compose.oidc.yml"],
    "readers": ["docker-compose.yml", "docker-compose.readers.yml"],
    "citus": ["docker-compose.yml", "docker-compose.citus.yml"],
    "runs": ["docker-compose.yml", "docker-compose.runs.yml"],
}
# what stands in .env where people sign on by a provider
SIGN_ON = {
    "BOLIG_OIDC_ISSUER": "https://idporten.no",
    "BOLIG_OIDC_CLIENT_ID": "boligstrategi",
    "BOLIG_OIDC_OPERATORS": "bolig-drift",
}
# what stands in .env where runs are in containers of their own
RUNS = {
    "BOLIG_ENGINE": "tcp://engine.example:2376",
    "BOLIG_RUN_SETTINGS": "/srv/bolig/run-settings",
    "BOLIG_LANDING": "/srv/bolig/landing",
}
SETTINGS = {str(field.validation_alias) for field in Settings.model_fields.values()}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The secrets as the script makes them."""
    folder = tmp_path_factory.mktemp("secrets") / "made"
    made = subprocess.run(
        [PROJECT_DIR / "containers" / "make_secrets.sh", folder], check=True, capture_output=True, text=True
    )
    login = re.search(r"lets in forvalter with (\w+)", made.stdout)
    assert login
    for file in folder.iterdir():
        words = file.read_text("ascii").strip()
        assert words not in made.stdout and login[1] not in words, file.name
    return folder


@pytest.fixture(scope="module", params=FILES)
def services(request: pytest.FixtureRequest, secrets: Path) -> dict[str, Any]:
    """The services of a way to start, every default filled in."""
    return read(FILES[request.param], secrets)["services"]


def read(files: list[str], secrets: Path) -> dict[str, Any]:
    arguments = [word for file in files for word in ("--file", str(PROJECT_DIR / file))]
    environment = os.environ | {"BOLIG_SECRETS": str(secrets)} | SIGN_ON | RUNS
    result = subprocess.run(
        [COMPOSE, *arguments, "config", "--format", "json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "level=warning" not in result.stderr
    return json.loads(result.stdout)


def given(service: dict[str, Any]) -> set[str]:
    return {secret["source"] for secret in service.get("secrets", [])}


def test_only_the_proxy_is_reached_from_outside_and_on_loopback_only(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert {"proxy"} <= set(published) <= {"proxy", "postgres"}
    assert [(port["host_ip"], port["target"]) for port in published.pop("proxy")] == [
        ("127.0.0.1", 8088),
        ("127.0.0.1", 3000),
    ]
    # of the database persons' own logins only, by the rules that tests/pipeline/test_readers_port.py tries
    for ports in published.values():
        assert [(port["host_ip"], port["target"]) for port in ports] == [("127.0.0.1", 5432)]
        assert services["postgres"]["entrypoint"] == ["/serve_readers.sh"]


def test_persons_reach_the_database_by_a_network_of_which_its_rules_know_and_which_leads_nowhere(secrets: Path) -> None:
    plain, readers = read(FILES["plain"], secrets), read(FILES["readers"], secrets)
    server, before = readers["services"]["postgres"], plain["services"]["postgres"]
    (added,) = set(server["networks"]) - set(before["networks"])
    network = readers["networks"][added]
    rules = (PROJECT_DIR / "containers" / "postgres" / "readers_hba.conf").read_text("utf-8")
    lines = [line.split() for line in rules.splitlines() if line and not line.startswith("#")]
    assert ["host", "all", "all", network["ipam"]["config"][0]["subnet"], "reject"] in lines
    assert network["driver_opts"] == {"com.docker.network.bridge.enable_ip_masquerade": "false"}
    assert [name for name, service in readers["services"].items() if added in service["networks"]] == ["postgres"]
    # and what it is started with stays: the script hands on
    assert server["command"] == before["command"]
    script = (PROJECT_DIR / "containers" / "postgres" / "serve_readers.sh").read_text("utf-8")
    mounted = {volume["target"] for volume in server["volumes"]}
    assert {"/serve_readers.sh", "/readers_hba.conf"} <= mounted and 'docker-entrypoint.sh "$@"' in script
    for path in re.findall(r"/run/secrets/(\w+)", script):
        assert path in given(server)


def test_the_parts_of_history_are_reached_by_the_coordinator_and_each_other_only(secrets: Path) -> None:
    plain, citus = read(FILES["plain"], secrets), read(FILES["citus"], secrets)
    services = citus["services"]
    assert citus["networks"]["parts"]["internal"] is True
    inside = {name for name, service in services.items() if "parts" in service["networks"]}
    assert inside == {"postgres", "part-1", "part-2", "join-parts"}
    assert all(services[name]["networks"].keys() == {"parts"} for name in inside - {"postgres"})
    # one image, of the server's own version of PostgreSQL; and what it is started with stays: the script hands on
    (image,) = {services[name]["image"] for name in inside}
    assert re.fullmatch(r"citusdata/citus:[\d.]+", image)
    for name in inside - {"join-parts"}:
        assert services[name]["command"] == plain["services"]["postgres"]["command"]
        assert services[name]["entrypoint"] == ["/serve_parts.sh"]
    volumes = [
        volume["source"] for name in inside for volume in services[name]["volumes"] if volume["type"] == "volume"
    ]
    assert sorted(volumes) == ["part_1", "part_2", "postgresql"]
    folder = PROJECT_DIR / "containers" / "citus"
    assert 'docker-entrypoint.sh "$@"' in (folder / "serve_parts.sh").read_text("utf-8")
    for name, script in (("part-1", "serve_parts.sh"), ("join-parts", "join_parts.sh")):
        needed = set(re.findall(r"secrets/(\w+)", (folder / script).read_text("utf-8")))
        assert needed and needed <= given(services[name])
    # every part joins, before anything is granted
    assert services["join-parts"]["command"] == sorted(inside & {"part-1", "part-2"})
    assert services["prepare"]["depends_on"]["join-parts"]["condition"] == "service_completed_successfully"


def test_runs_are_started_where_everybody_of_dagsters_says_and_reach_what_a_night_asks(secrets: Path) -> None:
    from dagster_project.serving import dagster_home

    project = read(FILES["runs"], secrets)
    services = project["services"]
    told = {}
    for name in ("dagster-code", "dagster-webserver", "dagster-daemon"):
        assert "dagster" in {volume["source"] for volume in services[name]["volumes"]}
        variables = {each: value for each, value in services[name]["environment"].items() if "LAUNCHER" in each}
        with pytest.MonkeyPatch.context() as patch:
            for each, value in variables.items():
                patch.setenv(each, value)
            told[name] = dagster_home._run_launcher(Settings())
    # they write it into one file, each when it begins
    (configuration,) = set(told.values())
    launcher = yaml.safe_load(configuration)["run_launcher"]["config"]
    assert launcher["image"] == services["dagster-code"]["image"]
    for service in services.values():
        assert service.get("build", {}).get("target") in (None, "proxy") or service["build"]["args"] == {
            "EXTRAS": "docker"
        }
    networks = {network["name"]: name for name, network in project["networks"].items()}
    needed = {networks[name] for name in launcher["networks"]}
    assert needed == set(services["dagster-code"]["networks"]) - {"dagster"}
    # what a query's processes share is a file there, and the engine's default is no more than 64 MB
    assert launcher["container_kwargs"]["shm_size"] == int(services["postgres"]["shm_size"])


def test_a_run_is_told_what_the_code_is_told(secrets: Path, tmp_path: Path) -> None:
    service = read(FILES["runs"], secrets)["services"]["dagster-code"]
    (tmp_path / "bolig.env").write_text("# a comment\nBOLIG_SSB_URLS=https://example.no/?a=b\n")
    (tmp_path / ".env").write_text("BOLIG_WORKERS=3\n")
    script = PROJECT_DIR / "containers" / "make_run_settings.sh"
    environment = {name: value for name, value in os.environ.items() if name != "BOLIG_WORKERS"}
    subprocess.run([script, secrets, "run"], cwd=tmp_path, env=environment, check=True)
    told = {file.name: file.read_text("utf-8").strip() for file in (tmp_path / "run").iterdir()}
    assert given(service) <= told.keys() <= SETTINGS
    every = {file.name for file in secrets.iterdir()}
    assert told.keys() & every == given(service) & every
    assert told["BOLIG_PSEUDONYM_KEY"] == (secrets / "BOLIG_PSEUDONYM_KEY").read_text("ascii").strip()
    assert told["BOLIG_SSB_URLS"] == "https://example.no/?a=b"
    assert (told["BOLIG_WORKERS"], told["BOLIG_BUILD_SERVER"]) == ("3", "embedded")
    for name in ("DATABASE_URL", "BOLIG_SUPERSET_URL", "BOLIG_LOG_FORMAT"):
        assert told[name] == service["environment"][name]
    assert not (tmp_path / "run").stat().st_mode & 0o077
    (tmp_path / "bolig.env").unlink()
    subprocess.run([script, secrets, "run"], cwd=tmp_path, env=environment, check=True)
    assert {file.name for file in (tmp_path / "run").iterdir()} == told.keys() - {"BOLIG_SSB_URLS"}


def test_every_service_may_little(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service and "cap_add" not in service, name
        limits = service["deploy"]["resources"]["limits"]
        assert {"cpus", "memory", "pids"} <= set(limits), name
        assert service["logging"]["options"]["max-size"], name
        assert not any("docker.sock" in volume.get("source", "") for volume in service.get("volumes", [])), name


def test_every_service_that_stays_says_whether_it_is_well_and_waits_for_what_it_needs(services: dict[str, Any]) -> None:
    for name, service in services.items():
        once = service["restart"] == "no"
        assert once or service["healthcheck"]["test"], name
        for needed, condition in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if services[needed]["restart"] == "no" else "service_healthy"
            assert condition["condition"] == expected, (name, needed)


def test_nobody_holds_a_secret_that_is_not_theirs(services: dict[str, Any]) -> None:
    holders = {
        secret: sorted(name for name, service in services.items() if secret in given(service))
        for secret in set().union(*map(given, services.values()))
    }
    assert holders["BOLIG_PSEUDONYM_KEY"] == ["dagster-code"]
    parts = [name for name in services if name.startswith("part-")]
    assert holders["postgres_password"] == sorted(["postgres", *parts, *(["join-parts"] if parts else [])])
    assert holders["BOLIG_DATABASE_PASSWORD"] == sorted(["dagster-code", "postgres", "prepare", *parts])
    assert holders["BOLIG_SUPERSET_SECRET_KEY"] == ["prepare", "superset"]
    assert holders["dagster_users"] == ["proxy"]
    assert holders.get("BOLIG_OIDC_CLIENT_SECRET", []) in ([], ["dagster-door", "superset"])
    assert holders.get("BOLIG_OIDC_MAPPING", []) in ([], ["superset"])
    # what is reached from outside sees no delivery, and nothing of the home
    for name in {"proxy", "superset", "dagster-webserver", "dagster-door"} & services.keys():
        sources = {volume["source"] for volume in services[name].get("volumes", [])}
        sources -= {str(PROJECT_DIR / "containers" / "proxy" / "dagster-oidc.conf")}
        assert sources <= {"superset", "dagster"}, name


def test_no_secret_stands_in_a_variable(services: dict[str, Any], secrets: Path) -> None:
    words = [file.read_text("ascii").strip() for file in secrets.iterdir()]
    for name, service in services.items():
        said = json.dumps(service)
        assert not any(word in said for word in words), name
        assert not any(
            re.search("PASSWORD|KEY", variable) and not variable.endswith("_FILE")
            for variable in service.get("environment", {})
        ), name


def test_the_secrets_are_those_that_the_script_makes(secrets: Path) -> None:
    made = {file.name for file in secrets.iterdir()}
    declared = {name: read(files, secrets)["secrets"] for name, files in FILES.items()}
    assert set(declared["plain"]) == made
    # these ways have two more, which are written by hand
    assert set(declared["tls"]) - made == set(declared["readers"]) - made == {"tls_certificate", "tls_key"}
    assert set(declared["oidc"]) - made == {"BOLIG_OIDC_CLIENT_SECRET", "BOLIG_OIDC_MAPPING"}
    assert {name for each in declared.values() for name in each if name.isupper()} <= SETTINGS


def test_a_secret_is_made_once(secrets: Path) -> None:
    before = {file.name: file.read_text("ascii") for file in secrets.iterdir()}
    subprocess.run([PROJECT_DIR / "containers" / "make_secrets.sh", secrets], check=True, capture_output=True)
    assert {file.name: file.read_text("ascii") for file in secrets.iterdir()} == before
    assert secrets.stat().st_mode & 0o077 == 0


def test_every_variable_is_a_setting_and_every_command_is_one(services: dict[str, Any]) -> None:
    from dagster_project.cli import main

    for name, service in services.items():
        variables = {variable for variable in service.get("environment", {}) if not variable.startswith("POSTGRES_")}
        # by which Docker's own client finds the engine that runs are started in
        assert variables - {"DOCKER_HOST"} <= SETTINGS, name
        assert "DOCKER_HOST" not in variables or name == "dagster-daemon"
        for field in (Settings.model_fields["workers"], Settings.model_fields["superset_workers"]):
            default = str(field.default)
            assert service.get("environment", {}).get(str(field.validation_alias), default) == default
        for words in re.findall(r"bolig [a-z ]+", " ".join(service["command"] or [])):
            group, *rest = words.split()[1:]
            command = main.commands[group]
            assert not rest or rest[0] in command.commands, words


def test_a_network_leads_outside_for_who_needs_it_only(services: dict[str, Any], secrets: Path) -> None:
    networks = read(FILES["plain"], secrets)["networks"]
    signed_on = read(FILES["oidc"], secrets)["services"]
    open_ones = {name for name, network in networks.items() if not network.get("internal")}
    asks_engine = {name for name, service in services.items() if "DOCKER_HOST" in service.get("environment", {})}
    assert {name for name, service in services.items() if open_ones & set(service["networks"])} == {
        "dagster-code",  # Statistics Norway, the mail server
        "proxy",
    } | asks_engine | ({"superset", "dagster-door"} if services.keys() == signed_on.keys() else set())
    assert signed_on["dagster-door"]["networks"].keys() == {"pages", "outward"}


def test_the_images_run_as_nobody_special_and_are_made_with_the_locks_own_uv() -> None:
    dockerfile = (PROJECT_DIR / "containers" / "Dockerfile").read_text("utf-8")
    makefile = (PROJECT_DIR / "Makefile").read_text("utf-8")
    (version,) = re.findall(r"^UV_VERSION := (\S+)", makefile, re.MULTILINE)
    assert f"ARG UV_VERSION={version}\n" in dockerfile
    finals = dockerfile.split("\nFROM ")[1:]
    users = {stage.split(" AS ")[1].split()[0]: re.findall(r"^USER (\d+):", stage, re.MULTILINE) for stage in finals}
    assert users["warehouse"] == ["10001"]
    assert users["proxy"] == users["door"] == ["33"]
    assert re.search(r"^FROM warehouse AS superset$", dockerfile, re.MULTILINE)


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    result = subprocess.run(
        [hadolint, PROJECT_DIR / "containers" / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout
