"""Ask Superset for every route that it has as each of the demonstration's people; runs in Superset's own environment.

Prints as JSON what was answered where the role's permissions (roles.yaml) do not allow the route. What they do allow is
not asked for: it would be done.
"""

import json
import os
import sys
from typing import Any

from superset.app import create_app

# values for the parameters of routes: of what the demonstration has
VALUES = {"dashboard_id_or_slug": "styringskort", "id_or_slug": "styringskort", "locale": "nb", "lang": "nb"}


def needed(function: Any) -> tuple[str, str] | None:
    """The permission that Flask-AppBuilder asks for at a route, or None where it asks for none."""
    view = getattr(function, "__self__", None)
    name = getattr(function, "_permission_name", None)
    if view is None or name is None:
        return None
    name = (view.method_permission_name or {}).get(function.__name__, name)
    return f"can_{name}", view.class_permission_name or type(view).__name__


def refused(answer: Any) -> bool:
    """Whether a route was not reached: forbidden, unknown, or sent back to where everybody begins."""
    back = answer.status_code in (301, 302, 308) and answer.headers["Location"].split("?")[0].rstrip("/") in (
        "",
        "/login",
        "http://localhost",
        "http://localhost/login",
        "/superset/welcome",
    )
    return back or answer.status_code in (400, 401, 403, 404, 405)


def main() -> None:
    app = create_app()
    app.config["WTF_CSRF_ENABLED"] = False  # asked for in tests of its own
    reached: dict[str, dict[str, int]] = {}
    for name, password in json.loads(os.environ["BOLIG_PEOPLE"]).items():
        client = app.test_client()
        client.post("/login/", data={"username": name, "password": password})
        assert client.get("/api/v1/me/").status_code == 200, name
        token = client.get("/api/v1/security/csrf_token/").json["result"]
        with app.app_context():
            from superset import security_manager

            user = security_manager.find_user(name)
            held = {right for role in security_manager.get_user_roles(user) for right in rights(security_manager, role)}
        for rule in app.url_map.iter_rules():
            permission = needed(app.view_functions[rule.endpoint])
            if permission in held or "logout" in rule.rule:
                continue
            with app.test_request_context():
                values = {part: VALUES.get(part, "1") for part in rule.arguments}
                path = app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                answer = client.open(
                    path, method=method, headers={"X-CSRFToken": token}, json=None if method == "GET" else {}
                )
                if not refused(answer):
                    reached.setdefault(f"{method} {rule.rule}", {})[name] = answer.status_code
    sys.stdout.write(f"\n{json.dumps(reached)}\n")


def rights(security_manager: Any, role: Any) -> set[tuple[str, str]]:
    """The permissions of a role."""
    return {
        (right.permission.name, right.view_menu.name) for right in security_manager.get_db_role_permissions(role.id)
    }


if __name__ == "__main__":
    main()
