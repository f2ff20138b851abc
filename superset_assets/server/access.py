"""Who is let in to Superset, as what, and for how long.

Runs in Superset's own environment. Belongs here: logins, sessions, roles, and the pages that a login may open.
Does not belong here: what each role may do (roles.yaml).
"""

import base64
import hashlib
import json
import time
import unicodedata
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import borders
import yaml
from cryptography.fernet import Fernet
from flask import Flask, abort, current_app, g, has_request_context, redirect, request, session
from flask_login import user_logged_in, user_logged_out
from limits import parse, storage, strategies
from sqlalchemy import event, func, inspect, update
from sqlalchemy.orm import Session
from superset.security import SupersetSecurityManager

# the account that brings the dashboards up to date: the one Admin
IMPORTER = "bolig_import"
# what people may be, and what each may do
ROLES: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parents[1] / "roles.yaml").read_text("utf-8"))

# a session that nobody uses ends, and so does one that somebody uses all day
IDLE = timedelta(hours=4)
DAY = timedelta(hours=12)
# how often a session in use is noted
NOTED = timedelta(minutes=5)

# AUTH_RATE_LIMIT does not reach the login in 6.1.0, so failures are counted here: in each worker, so a caller has at
# most so many times the number of workers
FAILED_LOGINS_BY_NAME = "5 per minute"
FAILED_LOGINS_BY_CALLER = "30 per minute"
LOGIN_PATHS = ("/login/", "/api/v1/security/login")

# what Superset answers to whoever may see a chart or the users, or to anybody, and nobody here has a use for
NO_PAGES = (
    "/chart/list/",
    "/roles/",
    "/list_groups/",
    "/registrations/",
    "/register/",
    "/version",
    "/api/v1/database/oauth2/",
)

# what changes of an account by its being used
_LOGIN_COUNTS = {"last_login", "login_count", "fail_login_count", "changed_on", "changed_by", "changed_by_fk"}


class SecurityManager(SupersetSecurityManager):  # type: ignore[misc]
    """Superset's own, but that people have the roles of roles.yaml, and a session ends.

    And it reads what a person's roles may do once in a request: it would ask the database for one right after the
    other, sixteen times for a chart.
    """

    def exist_permission_on_roles(self, view_name: str, permission_name: str, role_ids: list[int]) -> bool:
        """Whether one of the roles has the permission on the view."""
        if not has_request_context():
            return bool(super().exist_permission_on_roles(view_name, permission_name, role_ids))
        held = g.setdefault("rights_of_roles", {})
        roles = frozenset(role_ids)
        if roles not in held:
            rights = (
                self.session.query(self.permission_model.name, self.viewmenu_model.name)
                .select_from(self.permissionview_model)
                .join(self.permission_model)
                .join(self.viewmenu_model)
                .filter(self.permissionview_model.role.any(self.role_model.id.in_(roles)))
            )
            held[roles] = {tuple(right) for right in rights}
        return (permission_name, view_name) in held[roles]

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Whether somebody may who is not logged in: nobody, and the database is not asked twice for a chart."""
        return False

    def get_user_roles(self, user: Any = None) -> list[Any]:
        """What somebody is: however another role came to stand beside their name, it counts for nothing."""
        roles = super().get_user_roles(user)
        user = user or g.user
        if user.is_anonymous or user.username == IMPORTER:
            return list(roles)
        return [role for role in roles if role.name in ROLES]

    def get_rls_cache_key(self, datasource: Any) -> list[str]:
        """What a kept answer is kept for, besides its query: whoever sees these municipalities, and nobody else."""
        return [*super().get_rls_cache_key(datasource), *borders.seen()]

    def load_user(self, pk: int) -> Any:
        """The person of a session or a token, unless the session has ended."""
        user = super().load_user(pk)
        if user and session.get("_user_id") == str(pk) and not is_alive(user):
            return None
        return user


# ---------------------------------------------------------------------------------------------- sessions


def _whose(user: Any) -> str:
    """Whose a session is: a new password ends those that began with the old one."""
    return hashlib.sha256(f"{user.id} {user.password}".encode()).hexdigest()


def is_alive(user: Any) -> bool:
    """Whether this request's session is this person's, and open."""
    from superset.daos.key_value import KeyValueDAO

    kept = KeyValueDAO.get_value(*_kept(session.get("token")))
    # of a version before the provider it is a string: that session is over
    return isinstance(kept, dict) and kept["whose"] == _whose(user)


def id_token_of_session() -> str | None:
    """By what a provider of identities knows whose session this is; None where it began with a password."""
    from superset.daos.key_value import KeyValueDAO

    kept = KeyValueDAO.get_value(*_kept(session.get("token")))
    return _seal().decrypt(kept["id_token"].encode()).decode() if kept and kept["id_token"] else None


def _seal() -> Fernet:
    # an ID token may hold a national identity number, and what a session is kept by goes into backups
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(current_app.config["SECRET_KEY"].encode()).digest()))


def _open(_: Flask, user: Any) -> None:
    from superset.daos.key_value import KeyValueDAO

    session["token"], session["used"] = str(uuid.uuid4()), time.time()
    resource, key, codec = _kept(session["token"])
    KeyValueDAO.delete_expired_entries(resource)
    token = g.pop("id_token", None)
    kept = {"whose": _whose(user), "id_token": token and _seal().encrypt(token.encode()).decode()}
    entry = KeyValueDAO.create_entry(resource, kept, codec, key, datetime.now() + DAY)  # noqa: DTZ005, Superset's own clock
    entry.created_by_fk = None  # an account could not be deleted while it has a session
    _record("login", user.id)


def _record(act: str, number: int, **told: Any) -> None:
    """What Superset's record of who did what lacks: who came in, for whose account somebody failed to, and who opened
    rows that are kept from an earlier opening."""
    from superset import db
    from superset.models.core import Log

    db.session.add(Log(action=act, user_id=number, json=json.dumps(told), duration_ms=0, referrer=request.remote_addr))
    db.session.commit()


def _close(_: Flask, **__: Any) -> None:
    # a cookie is a copy that anybody may have kept: what ends is what the server knows of it
    from superset import db
    from superset.daos.key_value import KeyValueDAO

    resource, key, _codec = _kept(session.pop("token", None))
    KeyValueDAO.delete_entry(resource, key)
    db.session.commit()


def _kept(token: Any) -> tuple[Any, uuid.UUID, Any]:
    """Where an open session is known: in Superset's own database, as every worker and the next start must know it."""
    from superset.key_value.types import JsonKeyValueCodec, KeyValueResource

    return KeyValueResource.METASTORE_CACHE, uuid.UUID(token) if token else uuid.UUID(int=0), JsonKeyValueCodec()


# ---------------------------------------------------------------------------------------------- roles


def keep_to_the_roles(changes: Session, *_: Any) -> None:
    """Refuse over the web what would make somebody more than roles.yaml has, or touch the importer's account.

    Here every way passes: the APIs of users, roles and groups, and Flask-AppBuilder's own forms.
    """
    if not has_request_context():
        return
    from superset import security_manager

    for item in (*changes.new, *changes.dirty, *changes.deleted):
        if isinstance(item, security_manager.user_model):
            _keep_user(changes, item)
        elif isinstance(item, security_manager.group_model):
            abort(400, "Grupper er ikke i bruk her: roller gis til hver bruker.")
        # who asks is looked at here alone: in SQL Lab it is of no session any more when a query is recorded
        elif isinstance(item, security_manager.role_model) and getattr(g.get("user"), "username", None) != IMPORTER:
            kept = item not in changes.new and item not in changes.deleted and not _changed(item) - {"user"}
            if not kept or ("user" in _changed(item) and item.name not in ROLES):
                abort(400, "Rollene står i roles.yaml og endres ikke her.")


def _changed(item: Any) -> set[str]:
    return {each.key for each in inspect(item).attrs if each.history.has_changes()}


def _keep_user(changes: Session, user: Any) -> None:
    changed, before = _changed(user), inspect(user).attrs.username.history.deleted
    if IMPORTER in (user.username.lower(), *before):
        if user in changes.deleted or changed - _LOGIN_COUNTS:
            abort(400, f"{IMPORTER} er den nattlige oppdateringens egen bruker og endres ikke her.")
        return
    # what a provider of identities says of whoever signs on is nobody's act (sign_on.py)
    signs_on = g.get("signs_on") == user.username
    if (user in changes.deleted or changed - _LOGIN_COUNTS) and not (
        signs_on or borders.covers(changes, user.username)
    ):
        abort(403, "Denne brukeren ser kommuner som du ikke ser, og endres av noen som ser dem.")
    if user in changes.deleted:
        borders.forget(changes, user.username)
        _let_go(changes, user)
        return
    if before:
        abort(400, "En bruker beholder navnet sitt: lag en ny, og slett den gamle.")
    if user in changes.new and (user.username.startswith("@") or "|" in user.username):
        abort(400, "Et brukernavn begynner ikke med @ og har ingen | i seg.")
    if user in changes.new and not signs_on:
        borders.let_in(changes, user.username)
    if changed & {"roles", "groups"} and (user.groups or {role.name for role in user.roles} - ROLES.keys()):
        abort(400, f"En bruker kan ha rollene {', '.join(ROLES)}, og ingen andre.")
    if "username" in changed:
        # who logs in is found without regard to case: of two that differ by that alone neither would be
        with changes.no_autoflush:
            names = changes.query(type(user).id).filter(func.lower(type(user).username) == user.username.lower())
            if any(key != user.id for (key,) in names):
                abort(400, f"Det finnes allerede en bruker som heter {user.username}.")


def _let_go(changes: Session, user: Any) -> None:
    """Whose an account was, what it left is nobody's: the state of its filters would keep it from being deleted."""
    for table in type(user).metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table.name == type(user).__tablename__ and key.parent.nullable:
                changes.connection().execute(update(table).where(key.parent == user.id).values({key.parent.name: None}))


# ---------------------------------------------------------------------------------------------- requests


def protect(app: Flask) -> None:
    """Open and close sessions, limit login attempts, ask for tokens, and begin each person at their own page."""
    event.listen(Session, "before_flush", keep_to_the_roles)
    user_logged_in.connect(_open, app)
    user_logged_out.connect(_close, app)
    _limit_logins(app)

    @app.before_request
    def note_use() -> None:
        # Flask takes no cookie that is older than IDLE
        if "token" in session and time.time() - session.get("used", 0) > NOTED.total_seconds():
            session["used"] = time.time()

    @app.after_request
    def note_opened_rows(response: Any) -> Any:
        if request.path == "/datasource/samples" and response.status_code == 200:
            _record("opened_rows", g.user.id, datasource_id=request.args.get("datasource_id"))
        return response

    @app.before_request
    def ask_for_token() -> Any:
        """The API of users and roles asks a page's own session for no CSRF token: here it is made to."""
        from flask_wtf.csrf import validate_csrf
        from wtforms import ValidationError

        changes = request.method in ("POST", "PUT", "DELETE") and request.path.startswith("/api/v1/security/")
        if changes and not _is_login() and "Authorization" not in request.headers:
            try:
                validate_csrf(request.headers.get("X-CSRFToken"))
            except ValidationError as error:
                return {"message": f"CSRF: {error}"}, 400
        return None

    @app.before_request
    def begin_at_ones_own_page() -> Any:
        """Whoever may see dashboards lands on the Styringskort, an analyst in SQL Lab: not on a list of what is new."""
        from superset import security_manager

        if request.path == "/superset/welcome/" and not g.user.is_anonymous:
            if security_manager.can_access("can_dashboard", "Superset"):
                return redirect("/superset/dashboard/styringskort/")
            if security_manager.can_access("can_read", "SQLLab"):
                return redirect("/sqllab/")
        return abort(404) if request.path in NO_PAGES else None


def _is_login() -> bool:
    return request.method == "POST" and request.path in LOGIN_PATHS


def _limit_logins(app: Flask) -> None:
    failures = strategies.MovingWindowRateLimiter(storage.MemoryStorage())
    by_name, by_caller = parse(FAILED_LOGINS_BY_NAME), parse(FAILED_LOGINS_BY_CALLER)

    def account() -> str:
        """Whom a login is for: an account, by whichever spelling of its name or e-mail address finds it."""
        from superset import security_manager

        told = request.get_json(silent=True) if request.is_json else request.form
        name = str((told.get("username") if hasattr(told, "get") else None) or "").replace("\0", "")
        user = security_manager.find_user(username=name) or security_manager.find_user(email=name)
        return f"{user.id}" if user else unicodedata.normalize("NFKC", name).casefold().strip()[:128]

    def tries() -> Iterator[tuple[Any, ...]]:
        caller = request.remote_addr or "-"
        yield by_name, caller, account()
        yield by_caller, caller

    @app.before_request
    def limit_login() -> Any:
        if _is_login() and not all(failures.test(*attempt) for attempt in tries()):
            return {"message": "For mange mislykkede innlogginger. Vent et minutt og prøv igjen."}, 429
        return None

    @app.after_request
    def count_failed_login(response: Any) -> Any:
        # the page's own login is sent back to where it came from
        back = response.status_code == 302 and "/login" in response.headers.get("Location", "")
        if _is_login() and (response.status_code in (400, 401) or back):
            for attempt in tries():
                failures.hit(*attempt)
            # of a name that is nobody's nothing is kept: people type passwords there
            if (whose := account()).isdigit():
                _record("login_failed", int(whose))
        return response
