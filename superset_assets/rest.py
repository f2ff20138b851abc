"""A running Superset, spoken to over its REST API: the import of the assets, roles, users, and the cache.

Belongs here: what is asked of Superset and what its answers mean. Does not belong here: what is imported (derive/).

`POST /api/v1/assets/import/` overwrites what it finds but never deletes, and cuts a dashboard at the first chart that
it does not know: so checks.py goes before it, and what git no longer has is deleted after it. Only what is marked as
managed from outside is touched; what people make themselves stays.

It takes some seconds for a hundred assets, whether they are new or not: so what was imported before, and neither git
nor anybody at Superset has changed since, is left out of it.
"""

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
import yaml

from dagster_project import BoligError, warehouse
from dagster_project.settings import Settings
from superset_assets import checks, installation
from superset_assets.derive import dashboards, written

if TYPE_CHECKING:
    from collections.abc import Iterable

ROLES = Path(__file__).parent / "roles.yaml"

# it imports for seconds, and on a busy machine for minutes; a server that is gone is noticed at once
PATIENCE = 1800

# as many as server/superset_config.py lets a list have
ROWS = 5000

# whose connection each of tree.databases is
LOGINS: tuple[warehouse.Reader, ...] = ("dashboards", "sqllab")

# what can be pruned, dashboards first: REST resource and the kind of asset
KINDS = (("dashboard", "dashboards"), ("chart", "charts"), ("dataset", "datasets"), ("database", "databases"))


# by REST resource, what its list says of when one was changed
CHANGED_ON = {resource: "changed_on" if resource == "database" else "changed_on_utc" for resource, _ in KINDS}

# gunicorn ends a connection that was idle for two seconds; what is asked over it at that moment is lost
LIMITS = httpx.Limits(keepalive_expiry=1)


class SupersetUnavailable(BoligError):
    """Superset does not answer; the message says where it was sought."""


class SupersetRefused(BoligError):
    """Superset answered that something is wrong; the message has its words."""


@dataclass(frozen=True)
class Imported:
    """What an import left in Superset."""

    dashboards: int
    charts: int
    datasets: int
    pruned: tuple[str, ...]
    roles: int
    # how many of them it did not have as they are now
    brought: int

    def line(self) -> str:
        """The import in one sentence."""
        gone = f"; gone: {', '.join(self.pruned)}" if self.pruned else ""
        return (
            f"Superset has {self.dashboards} dashboards, {self.charts} charts, {self.datasets} datasets"
            f" and {self.roles} roles; new or changed: {self.brought}{gone}."
        )


class Superset:
    """A login at a running Superset. Raises SupersetUnavailable or SupersetRefused, as its methods do."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(base_url=self.url, timeout=httpx.Timeout(10, read=PATIENCE), limits=LIMITS)
        known = {"username": user, "password": password, "provider": "db", "refresh": False}
        try:
            token = self._ask("POST", "/api/v1/security/login", json=known)["access_token"]
        except SupersetRefused as refusal:
            raise SupersetRefused(
                f"{refusal}\nIf it is another installation's Superset, choose another port (BOLIG_SUPERSET_PORT)."
            ) from None
        self._client.headers["Authorization"] = f"Bearer {token}"
        self._client.headers["X-CSRFToken"] = self._ask("GET", "/api/v1/security/csrf_token/")["result"]
        self._client.headers["Referer"] = self.url

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """A resource; `query` becomes its q parameter."""
        return self._ask("GET", path, params={"q": json.dumps(query)} if query else None)

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """The answer to a JSON body."""
        return self._ask("POST", path, json=body)

    def every(self, path: str, columns: list[str] | None = None) -> list[dict[str, Any]]:
        """All rows of a list, in one answer: over several pages without a firm order one could be missed."""
        answer = self.get(path, page=0, page_size=ROWS, **({"columns": columns} if columns else {}))
        found: list[dict[str, Any]] = answer["result"]
        if answer["count"] > len(found):
            raise SupersetRefused(f"Superset at {self.url} gives {len(found)} of {answer['count']} rows of {path}.")
        return [{"id": key} | row for key, row in zip(answer["ids"], found, strict=True)]

    def delete(self, path: str) -> None:
        """Delete a resource."""
        self._ask("DELETE", path)

    def put(self, path: str, body: Any) -> dict[str, Any]:
        """Change a resource."""
        return self._ask("PUT", path, json=body)

    def upload(self, path: str, bundle: bytes, passwords: Mapping[str, str]) -> dict[str, Any]:
        """Import a zip of assets, which may stand on others that are there."""
        return self._ask(
            "POST",
            path,
            files={"bundle": ("assets.zip", bundle, "application/zip")},
            data={"passwords": json.dumps(passwords), "sparse": "true"},
        )

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, **options)
        except httpx.ReadTimeout as error:
            raise SupersetUnavailable(
                f"Superset at {self.url} has not answered {method} {path} for {PATIENCE:,} seconds."
            ) from error
        except httpx.HTTPError as error:
            raise SupersetUnavailable(
                f"No Superset answers at {self.url} ({type(error).__name__}). `make up` starts it; BOLIG_SUPERSET_URL"
                " names another."
            ) from error
        kind = answer.headers.get("content-type", "")
        # a failed CSRF check comes as 200 with a page
        if answer.is_error or "json" not in kind:
            said = answer.text[:2000] if "json" in kind else f"a page ({kind}) instead of JSON"
            raise SupersetRefused(f"Superset at {self.url} refuses {method} {path}: {answer.status_code} {said}")
        return answer.json()  # type: ignore[no-any-return]


def wait_until_up(url: str, require_progress: Callable[[], None]) -> None:
    """Wait until Superset answers, for as long as `require_progress` raises nothing."""
    while not is_up(url):
        require_progress()
        time.sleep(0.5)


def is_up(url: str) -> bool:
    """Whether a Superset answers there."""
    try:
        return httpx.get(f"{url}/health", timeout=5).text.strip() == "OK"
    except httpx.HTTPError:
        return False


def bring_up_to_date(settings: Settings, manifest: Mapping[str, Any]) -> Imported:
    """Import the assets, prune what git no longer has, set roles and users, and invalidate every cached figure.

    Raises SupersetRefused, SupersetUnavailable, and AssetError where the assets do not hang together.
    """
    assets = dashboards.read(manifest)
    if found := checks.faults(assets):
        raise written.AssetError("\n".join(["The dashboards do not hang together:", *found]))
    superset = Superset(
        installation.address(settings), installation.IMPORTER, installation.password(settings, installation.IMPORTER)
    )
    brought = _import(superset, settings, assets)
    pruned = _prune(superset, assets)
    _set_tags(superset, assets)
    roles = _set_roles(superset)
    _set_people(superset, settings)
    # of every dataset (server/superset_config.py)
    superset.post("/api/v1/cachekey/invalidate", {"datasource_uids": []})
    return Imported(
        dashboards=len(assets.dashboards),
        charts=len(assets.charts),
        datasets=len(assets.datasets),
        pruned=tuple(pruned),
        roles=roles,
        brought=brought,
    )


def bundle(files: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The assets as the zip that Superset imports; the same files make the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        head = {"version": "1.0.0", "type": "assets", "timestamp": "2000-01-01T00:00:00+00:00"}
        for name, asset in [("metadata.yaml", head), *files.items()]:
            text = yaml.dump(asset, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
            archive.writestr(zipfile.ZipInfo(f"assets/{name}"), text)
    return buffer.getvalue()


def _import(superset: Superset, settings: Settings, assets: dashboards.Tree) -> int:
    """Import what Superset does not have as it is now; gives how many assets that were."""
    urls, passwords = zip(*(_masked(warehouse.sqlalchemy_url(settings, role)) for role in LOGINS), strict=True)
    databases = written.databases(*urls)
    # rights on a dataset's schema hang on the database's own name for it
    catalog = {"catalog": warehouse.database_name(settings)}
    files = {name: asset | (catalog if name.startswith("datasets/") else {}) for name, asset in assets.files.items()}
    known = {name: password for name, password in zip(databases, passwords, strict=True) if password}
    remembered = installation.imported(settings)
    # what another version of Superset, or of this module, has imported may be another thing
    by = hashlib.sha256(installation.LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    digests = {
        name: hashlib.sha256(json.dumps([by, asset], sort_keys=True).encode()).hexdigest()
        for name, asset in files.items()
    }
    present = _changed_on(superset)
    # each kind knows the one before it by numbers, which are others where that was deleted and is made again
    whole = [
        kind for name, asset in (databases | files).items() if asset["uuid"] not in present for kind in _after(name)
    ]
    other = {
        name for name, asset in files.items() if remembered.get(name) != [digests[name], present.get(asset["uuid"])]
    }
    # the list of dashboards begins with what was changed last: all of them, so that they stand in their order
    if any(name.startswith("dashboards/") for name in other):
        whole.append("dashboards")
    lacking = {name: asset for name, asset in files.items() if name in other or name.partition("/")[0] in whole}
    # databases always: a password may be another one, and the import gives rights on the schemas that there are
    superset.upload("/api/v1/assets/import/", bundle(databases | lacking), known)
    if lacking:
        present = _changed_on(superset)
        installation.remember_imported(
            settings, {name: [digests[name], present[asset["uuid"]]] for name, asset in files.items()}
        )
    return len(lacking)


def _after(name: str) -> list[str]:
    """The kinds of assets that stand on the one of this file."""
    kinds = [kind for _, kind in KINDS]
    return kinds[: kinds.index(name.partition("/")[0])]


def _changed_on(superset: Superset) -> dict[str, str]:
    """When each asset in Superset was changed last, by its id."""
    return {
        row["uuid"]: row[column]
        for resource, column in CHANGED_ON.items()
        for row in superset.every(f"/api/v1/{resource}/", ["id", "uuid", column])
    }


def _masked(url: str) -> tuple[str, str | None]:
    """A SQLAlchemy URL as Superset shows it, and its password; the embedded server's logins have none."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, None
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:XXXXXXXXXX@{host}")), unquote(parts.password)


def _prune(superset: Superset, assets: dashboards.Tree) -> list[str]:
    wanted = {
        "dashboards": assets.dashboards.keys(),
        "charts": assets.charts.keys(),
        "datasets": assets.datasets.keys(),
        "databases": {written.DATABASE, written.SQL_DATABASE},
    }
    gone = []
    for resource, kind in KINDS:
        ours = {written.asset_id(kind, slug) for slug in wanted[kind]}
        for row in superset.every(f"/api/v1/{resource}/", ["id", "uuid"]):
            if row["uuid"] in ours:
                continue
            found = superset.get(f"/api/v1/{resource}/{row['id']}")["result"]
            if found.get("is_managed_externally"):
                superset.delete(f"/api/v1/{resource}/{row['id']}")
                gone.append(f"{resource} {found.get('slice_name') or found.get('dashboard_title') or row['id']}")
    return gone


def _set_tags(superset: Superset, assets: dashboards.Tree) -> None:
    """Tag dashboards, charts and datasets by perspective, each tag exactly as the assets say.

    The import of assets takes no tags.
    """
    found = {
        (resource, row["uuid"]): row["id"]
        for resource in ("dashboard", "chart", "dataset")
        for row in superset.every(f"/api/v1/{resource}/", ["id", "uuid"])
    }
    for name, tagged in assets.tags().items():
        objects = [
            (resource, found[resource, written.asset_id(f"{resource}s", slug)])
            for resource, slugs in tagged.items()
            for slug in slugs
        ]
        about = f"Styringstall i perspektivet {name.lower()}"
        superset.post("/api/v1/tag/", {"name": name, "description": about, "objects_to_tag": objects})


def _set_roles(superset: Superset) -> int:
    """Give every role of roles.yaml exactly its permissions."""
    wanted = yaml.safe_load(ROLES.read_text("utf-8"))
    permissions = {
        (row["permission"]["name"], row["view_menu"]["name"]): row["id"]
        for row in superset.every("/api/v1/security/permissions-resources/")
    }
    present = {row["name"]: row["id"] for row in superset.every("/api/v1/security/roles/")}
    for name, grants in wanted.items():
        ids = list(_permission_ids(name, grants, wanted, permissions))
        if name not in present:
            present[name] = superset.post("/api/v1/security/roles/", {"name": name})["id"]
        superset.post(f"/api/v1/security/roles/{present[name]}/permissions", {"permission_view_menu_ids": ids})
    return len(wanted)


def _permission_ids(
    role: str,
    grants: Mapping[str, Any],
    wanted: Mapping[str, Mapping[str, Any]],
    permissions: Mapping[tuple[str, str], int],
) -> "Iterable[int]":
    if "includes" in grants:
        yield from _permission_ids(role, wanted[grants["includes"]], wanted, permissions)
    for permission, views in grants.get("may", {}).items():
        for view in views:
            if (permission, view) not in permissions:
                raise SupersetRefused(f"roles.yaml: {role}: Superset knows no permission {permission} on {view}.")
            yield permissions[permission, view]
    if database := grants.get("datasets_of"):
        yield from (
            number
            for (permission, view), number in permissions.items()
            if permission == "datasource_access" and view.startswith(f"[{database}].")
        )
    for database, schemas in grants.get("schemas_of", {}).items():
        found = [
            number
            for (permission, view), number in permissions.items()
            if permission == "schema_access"
            and view.startswith(f"[{database}].")
            and any(view.endswith(f".[{schema}]") for schema in schemas)
        ]
        if len(found) != len(schemas):
            raise SupersetRefused(f"roles.yaml: {role}: {database} has not all of the schemas {', '.join(schemas)}.")
        yield from found


def _set_people(superset: Superset, settings: Settings) -> None:
    """Make the first users; whom a Forvalter has changed since, stays as changed."""
    roles = {row["name"]: row["id"] for row in superset.every("/api/v1/security/roles/")}
    present = {row["username"] for row in superset.every("/api/v1/security/users/")}
    for name, of in installation.people(settings).items():
        if name not in present:
            superset.post(
                "/api/v1/security/users/",
                {
                    "username": name,
                    "first_name": name.capitalize(),
                    "last_name": "Boligstrategi",
                    "email": f"{name}@localhost.invalid",
                    "active": True,
                    "password": installation.password(settings, name),
                    "roles": [roles[role] for role in of],
                },
            )
