"""What is for a cluster, held against the schemas of Kubernetes' API: no cluster runs here."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from dagster_project.settings import PROJECT_DIR, Settings

FOLDER = PROJECT_DIR / "containers" / "kubernetes"
VERSION = kubernetes_validate.latest_version()
VALUES = yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8"))
OURS = list(yaml.safe_load_all((FOLDER / "bolig.yaml").read_text("utf-8")))
(CODE,) = VALUES["dagster-user-deployments"]["deployments"]
RUNS = VALUES["runLauncher"]["config"]["k8sRunLauncher"]


def of_a_run() -> dict[str, Any]:
    """The job of a run, as Dagster's launcher makes it of the values: those of the code, and the launcher's own."""
    run = RUNS["runK8sConfig"]
    container = {
        "name": "dagster",
        "image": f"{CODE['image']['repository']}:{CODE['image']['tag']}",
        "imagePullPolicy": RUNS["imagePullPolicy"],
        "envFrom": [{"configMapRef": each} for each in CODE["envConfigMaps"]],
        "volumeMounts": CODE["volumeMounts"],
        "securityContext": RUNS["securityContext"],
        "resources": RUNS["resources"],
    }
    pod = {
        "containers": [container],
        "restartPolicy": "Never",
        "volumes": CODE["volumes"],
        **camel(run["podSpecConfig"]),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "run"},
        "spec": {"template": {"spec": pod}, **camel(run["jobSpecConfig"])},
    }


def of_the_code() -> dict[str, Any]:
    job = of_a_run()["spec"]["template"]["spec"]
    container = job["containers"][0] | {
        "securityContext": CODE["securityContext"],
        "resources": CODE["resources"],
        "ports": [{"containerPort": CODE["port"]}],
    }
    pod = {"containers": [container], "volumes": CODE["volumes"], "securityContext": CODE["podSecurityContext"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "code"}, "spec": pod}


def camel(value: Any) -> Any:
    """Words_like_these, which Dagster's launcher takes, as the API has them: wordsLikeThese."""
    if not isinstance(value, dict):
        return value
    heads = {name: name.split("_") for name in value}
    return {first + "".join(map(str.title, rest)): camel(value[name]) for name, (first, *rest) in heads.items()}


@pytest.mark.parametrize("resource", [*OURS, of_a_run(), of_the_code()], ids=lambda each: each["kind"])
def test_every_resource_is_as_the_api_has_it(resource: dict[str, Any]) -> None:
    kubernetes_validate.validate(resource, VERSION, strict=True)


def test_what_the_api_has_not_is_found() -> None:
    broken = of_a_run()
    broken["spec"]["template"]["spec"]["containers"][0]["volumeMount"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSION, strict=True)


def test_volumes_settings_and_claims_are_there_under_the_names_by_which_they_are_used() -> None:
    assert {mount["name"] for mount in CODE["volumeMounts"]} == {volume["name"] for volume in CODE["volumes"]}
    named = {(each["kind"], each["metadata"]["name"]): each for each in OURS}
    for volume in CODE["volumes"]:
        if claim := volume.get("persistentVolumeClaim"):
            assert ("PersistentVolumeClaim", claim["claimName"]) in named
    (settings,) = CODE["envConfigMaps"]
    given = named["ConfigMap", settings["name"]]["data"]
    assert given.keys() <= {str(field.validation_alias) for field in Settings.model_fields.values()}
    (limit,) = VALUES["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]["tagConcurrencyLimits"]
    assert (limit["key"], str(limit["limit"])) == ("bolig/night", given["BOLIG_WORKERS"])


def test_every_container_is_as_strict_as_those_of_compose() -> None:
    for security in (CODE["securityContext"], RUNS["securityContext"]):
        assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
    assert camel(RUNS["runK8sConfig"]["podSpecConfig"])["securityContext"] == CODE["podSecurityContext"]
