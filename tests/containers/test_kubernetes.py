"""What is for a cluster, held against the schemas of Kubernetes' API and Dagster's own launcher: no cluster runs here.

Where BOLIG_TEST_HELM names a helm (3.17 or later) and BOLIG_TEST_DAGSTER_CHART the folder of Dagster's chart, all that
the chart makes of the values is held against them too.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from dagster_project.serving import dagster_home
from dagster_project.settings import PROJECT_DIR, SECRETS, Settings

FOLDER = PROJECT_DIR / "containers" / "kubernetes"
VERSION = kubernetes_validate.latest_version()
VALUES = yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8"))
OURS = list(yaml.safe_load_all((FOLDER / "bolig.yaml").read_text("utf-8")))
(CODE,) = VALUES["dagster-user-deployments"]["deployments"]
IMAGE = f"{CODE['image']['repository']}:{CODE['image']['tag']}"
RUNS = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
DAGSTER = yaml.safe_load(Path(dagster_home.__file__).with_name("dagster.yaml").read_text("utf-8"))
LIMITS = VALUES["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]["tagConcurrencyLimits"]


def told() -> dict[str, Any]:
    """What the chart tells Dagster's launcher by these values; the last test holds it against the chart."""
    return {
        "load_incluster_config": True,
        "job_namespace": "default",
        "service_account_name": "bolig-dagster",
        "dagster_home": "/opt/dagster/dagster_home",
        "instance_config_map": "bolig-dagster-instance",
        "postgres_password_secret": VALUES["global"]["postgresqlSecretName"],
        "image_pull_policy": RUNS["imagePullPolicy"],
        "env_config_maps": [each["name"] for each in RUNS["envConfigMaps"]],
        "volumes": RUNS["volumes"],
        "volume_mounts": RUNS["volumeMounts"],
        "resources": RUNS["resources"],
        "security_context": RUNS["securityContext"],
        "run_k8s_config": {
            "pod_spec_config": RUNS["runK8sConfig"]["podSpecConfig"],
            "job_spec_config": RUNS["runK8sConfig"]["jobSpecConfig"],
        },
    }


def of_a_run(told: dict[str, Any]) -> dict[str, Any]:
    """The job of a run, made by Dagster's launcher of what it is told."""
    from dagster import DagsterRun
    from dagster._core.launcher.base import RunLauncher
    from dagster._serdes import ConfigurableClassData
    from dagster_k8s import K8sRunLauncher
    from dagster_k8s.job import construct_dagster_k8s_job
    from kubernetes.client import ApiClient

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kubernetes.config.load_incluster_config", lambda: None)
        data = ConfigurableClassData("dagster_k8s", "K8sRunLauncher", yaml.safe_dump(told))
        launcher = data.rehydrate(as_type=RunLauncher)
    assert isinstance(launcher, K8sRunLauncher)
    context = launcher.get_container_context_for_run(DagsterRun("nightly"))
    job = construct_dagster_k8s_job(
        job_config=context.get_k8s_job_config(IMAGE, launcher),
        args=["dagster", "api", "execute_run"],
        job_name="run",
        component="run_worker",
        user_defined_k8s_config=context.run_k8s_config,
    )
    return ApiClient().sanitize_for_serialization(job)  # type: ignore[no-any-return]


def of_the_code() -> dict[str, Any]:
    container = {
        "name": "code",
        "image": IMAGE,
        "envFrom": [{"configMapRef": each} for each in CODE["envConfigMaps"]],
        "ports": [{"containerPort": CODE["port"]}],
        **{name: CODE[name] for name in ("volumeMounts", "securityContext", "resources")},
    }
    pod = {"containers": [container], "volumes": CODE["volumes"], "securityContext": CODE["podSecurityContext"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "code"}, "spec": pod}


def validate(resource: dict[str, Any]) -> None:
    kubernetes_validate.validate(resource, VERSION, strict=True)


@pytest.mark.parametrize("resource", [*OURS, of_the_code()], ids=lambda each: each["metadata"]["name"])
def test_every_resource_is_as_the_api_has_it(resource: dict[str, Any]) -> None:
    validate(resource)


def test_what_the_api_has_not_is_found() -> None:
    broken = of_the_code()
    broken["spec"]["containers"][0]["volumeMount"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(broken)


def test_a_run_has_its_own_memory_all_that_the_code_has_and_no_token() -> None:
    job = of_a_run(told())
    validate(job)
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == IMAGE and container["resources"] == RUNS["resources"]
    # what a deployment's runs take of it goes before what the launcher says, its memory too
    assert not CODE["includeConfigInLaunchedRuns"]["enabled"]
    assert [RUNS[name] for name in ("envConfigMaps", "volumes", "volumeMounts")] == [
        CODE[name] for name in ("envConfigMaps", "volumes", "volumeMounts")
    ]
    assert {"configMapRef": CODE["envConfigMaps"][0]} in container["envFrom"]
    assert all(mount in container["volumeMounts"] for mount in CODE["volumeMounts"])
    assert pod["securityContext"] == CODE["podSecurityContext"]
    assert not pod["automountServiceAccountToken"]
    assert job["spec"]["backoffLimit"] == 0
    (password,) = (each for each in container["env"] if each["name"] == "DAGSTER_PG_PASSWORD")
    assert password["valueFrom"]["secretKeyRef"]["name"] == VALUES["global"]["postgresqlSecretName"]


def test_volumes_settings_and_claims_are_there_under_the_names_by_which_they_are_used() -> None:
    assert {mount["name"] for mount in CODE["volumeMounts"]} == {volume["name"] for volume in CODE["volumes"]}
    named = {(each["kind"], each["metadata"]["name"]): each for each in OURS}
    claims = {
        claim["claimName"] for volume in CODE["volumes"] if (claim := volume.get("persistentVolumeClaim")) is not None
    }
    assert {("PersistentVolumeClaim", name) for name in claims} == {each for each in named if each[0].endswith("Claim")}
    (settings,) = CODE["envConfigMaps"]
    given = named["ConfigMap", settings["name"]]["data"]
    assert given.keys() <= {str(field.validation_alias) for field in Settings.model_fields.values()}
    (limit,) = LIMITS
    assert str(limit["limit"]) == given["BOLIG_WORKERS"]


def test_the_code_has_the_secrets_that_it_has_by_compose_and_leaves_room_for_the_token_of_kubernetes() -> None:
    service = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text("utf-8"))["services"]["dagster-code"]
    mounts = [mount for mount in CODE["volumeMounts"] if mount["name"] == "secrets"]
    assert [mount["subPath"] for mount in mounts] == service["secrets"]
    # /var/run, where the token is put, is the same folder: were it mounted whole the token would find no place in it
    assert [Path(mount["mountPath"]) for mount in mounts] == [SECRETS / name for name in service["secrets"]]
    folders = {volume.split(":")[-1] for volume in service["volumes"]}
    assert folders - {"/var/lib/bolig/dagster"} <= {mount["mountPath"] for mount in CODE["volumeMounts"]}


def test_dagsters_home_is_none_that_ours_lies_in() -> None:
    # its configuration is mounted there, and a file that something is mounted on cannot be replaced by another
    (home,) = (each for each in CODE["volumeMounts"] if each["mountPath"] == told()["dagster_home"])
    assert [each["mountPath"] for each in CODE["volumeMounts"] if each["name"] == home["name"]] == [home["mountPath"]]


def test_every_container_is_as_strict_as_those_of_compose() -> None:
    pages, daemon = VALUES["dagsterWebserver"], VALUES["dagsterDaemon"]
    for part in (CODE, RUNS, pages, daemon):
        security = part["securityContext"]
        assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert part["resources"]["limits"]["memory"]
    for part in (CODE, pages, daemon):
        assert part["podSecurityContext"]["runAsNonRoot"] and part["image"] == CODE["image"]
    assert pages["service"]["port"] == pages["readinessProbe"]["httpGet"]["port"] >= 1024


def test_dagster_is_told_what_it_is_told_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOLIG_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://bolig_owner@localhost/bolig")
    needed = dagster_home.dagster_environment(Settings())
    waits = {name: value for name, value in needed.items() if name.endswith("_GRPC_TIMEOUT_SECONDS")}
    assert waits and waits == {each["name"]: each["value"] for each in VALUES["dagsterDaemon"]["env"]}
    retention = {
        part: {"purge_after_days": given["purgeAfterDays"]}
        for part, given in VALUES["retention"].items()
        if part != "enabled"
    }
    assert VALUES["retention"]["enabled"] and retention == DAGSTER["retention"]
    monitoring = VALUES["dagsterDaemon"]["runMonitoring"]
    assert monitoring["enabled"] and monitoring["maxRuntimeSeconds"] == DAGSTER["run_monitoring"]["max_runtime_seconds"]
    # one in a container of its own begins no sooner
    assert monitoring["startTimeoutSeconds"] == DAGSTER["run_monitoring"]["start_timeout_seconds"]
    assert VALUES["telemetry"] == DAGSTER["telemetry"]
    assert VALUES["additionalInstanceConfig"] == {name: DAGSTER[name] for name in ("nux", "freshness")}
    (limit,), (ours,) = LIMITS, DAGSTER["concurrency"]["runs"]["tag_concurrency_limits"]
    assert limit["key"] == ours["key"]


HELM, CHART = os.environ.get("BOLIG_TEST_HELM"), os.environ.get("BOLIG_TEST_DAGSTER_CHART")


@pytest.mark.skipif(not (HELM and CHART), reason="BOLIG_TEST_HELM and BOLIG_TEST_DAGSTER_CHART name no helm and chart")
def test_what_the_chart_makes_of_the_values_is_as_the_api_and_dagster_have_it(tmp_path: Path) -> None:
    from dagster._core.instance.config import dagster_instance_config

    assert HELM and CHART
    chart = shutil.copytree(CHART, tmp_path / "chart")
    for schema in chart.rglob("values.schema.json"):
        # the parts that are Kubernetes' own would be asked for over the network: they are held against the API below
        schema.write_text(
            re.sub(r'"\$ref": "https:[^"]*"', '"title": "Kubernetes"', schema.read_text("utf-8")), "utf-8"
        )
    command = [HELM, "template", "bolig", str(chart), "--values", str(FOLDER / "values.yaml")]
    rendered = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not rendered.returncode, rendered.stderr

    made = [_without_nothing(each) for each in yaml.safe_load_all(rendered.stdout) if each]
    for resource in made:
        validate(resource)
    named = {(each["kind"], each["metadata"]["name"]): each for each in made}
    text = named["ConfigMap", told()["instance_config_map"]]["data"]["dagster.yaml"]
    (tmp_path / "dagster.yaml").write_text(text, "utf-8")
    configured, _ = dagster_instance_config(str(tmp_path))
    assert configured["run_launcher"]["config"] == told()
    assert configured["run_monitoring"]["max_runtime_seconds"] == DAGSTER["run_monitoring"]["max_runtime_seconds"]
    assert configured["run_coordinator"]["config"]["tag_concurrency_limits"] == LIMITS
    for part in ("telemetry", "nux", "freshness"):
        assert configured[part] == DAGSTER[part]
    assert configured["retention"].items() >= DAGSTER["retention"].items()
    # the chart names Dagster's own storage in three parts, and takes no other: slower, and the same records
    assert {"run_storage", "event_log_storage", "schedule_storage"} <= configured.keys() and "storage" not in configured
    assert configured["run_storage"]["config"]["postgres_db"]["username"] == VALUES["postgresql"]["postgresqlUsername"]

    pods = {name: each["spec"]["template"] for (kind, name), each in named.items() if kind == "Deployment"}
    assert len(pods) == 3
    (code,) = (pod for pod in pods.values() if pod["metadata"]["labels"].get("deployment") == CODE["name"])
    (container,) = code["spec"]["containers"]
    said = " ".join(["dagster api grpc -h 0.0.0.0 -p", str(CODE["port"]), *CODE["dagsterApiGrpcArgs"]])
    assert " ".join(container["args"]) == said
    assert not any("CONTAINER_CONTEXT" in each["name"] for each in container["env"])
    asked = {each["metadata"]["labels"]["component"] for each in pods.values()} - {"user-deployments"}
    for policy in (each["spec"] for each in OURS if each["kind"] == "NetworkPolicy"):
        ((name, value),) = policy["podSelector"]["matchLabels"].items()
        assert any(pod["metadata"]["labels"].get(name) == value for pod in pods.values())
        for rule in policy.get("ingress", []):
            assert set(rule["from"][0]["podSelector"]["matchExpressions"][0]["values"]) == asked
    for pod in pods.values():
        assert pod["spec"]["securityContext"] == CODE["podSecurityContext"]
        for each in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
            assert each["securityContext"] == CODE["securityContext"]
        (each,) = pod["spec"]["containers"]
        assert each["image"] == IMAGE
        (password,) = (given for given in each["env"] if given["name"] == "DAGSTER_PG_PASSWORD")
        assert password["valueFrom"]["secretKeyRef"] == {
            "name": VALUES["global"]["postgresqlSecretName"],
            "key": "postgresql-password",
        }
    assert not [name for kind, name in named if kind == "Secret"]


def _without_nothing(value: Any) -> Any:
    """The same without what is null, which the API reads as not given."""
    if isinstance(value, list):
        return [_without_nothing(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_nothing(each) for name, each in value.items() if each is not None}
    return value
