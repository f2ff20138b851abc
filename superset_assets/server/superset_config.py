"""Superset's configuration; runs in Superset's own environment and takes what is of this installation from variables.

Belongs here: security, language and look. Does not belong here: secrets, and anything that the assets say.
"""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from superset.security import SupersetSecurityManager
from superset.utils.log import DBEventLogger

HERE = Path(__file__).parent
HOME = Path(os.environ["BOLIG_SUPERSET_HOME"])

SECRET_KEY = os.environ["BOLIG_SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = os.environ["BOLIG_SUPERSET_DATABASE_URI"]
DATA_DIR = str(HOME)

# ---------------------------------------------------------------------------------------------- who comes in

AUTH_USER_REGISTRATION = False
FAB_ADD_SECURITY_API = True  # roles and users come over the REST API
FAB_PASSWORD_COMPLEXITY_ENABLED = True
FAB_API_SWAGGER_UI = False
FAB_API_MAX_PAGE_SIZE = 5000  # the import reads its lists in one answer
WTF_CSRF_ENABLED = True
PREVENT_UNSAFE_DB_CONNECTIONS = True
ALLOWED_EXTENSIONS: set[str] = set()  # no file is taken in
PERMANENT_SESSION_LIFETIME = timedelta(hours=8)

# behind a proxy its word on who calls is taken; where it speaks TLS, cookies travel encrypted only
ENABLE_PROXY_FIX = os.environ.get("BOLIG_BEHIND_PROXY") == "1"
PROXY_FIX_CONFIG = {"x_for": 1, "x_proto": 1, "x_host": 1, "x_port": 0, "x_prefix": 0}
BEHIND_TLS = os.environ.get("BOLIG_BEHIND_TLS_PROXY") == "1"
SESSION_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_NAME = "__Host-bolig" if BEHIND_TLS else "bolig"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        # no host but our own: Superset would otherwise load a tracking pixel
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # the proxy does
    "frame_options": "SAMEORIGIN",
    "referrer_policy": "strict-origin-when-cross-origin",
    "session_cookie_secure": BEHIND_TLS,
    "strict_transport_security": BEHIND_TLS,
}

# AUTH_RATE_LIMIT does not reach the login in 6.1.0, so failures are counted here: in each worker, so a caller has at
# most so many times the number of workers
FAILED_LOGINS_BY_NAME = "5 per minute"
FAILED_LOGINS_BY_CALLER = "30 per minute"
LOGIN_PATHS = ("/login/", "/api/v1/security/login")


class SecurityManager(SupersetSecurityManager):  # type: ignore[misc]
    """Superset's own, which reads what a person's roles may do once in a request.

    It would ask the database for one right after the other, sixteen times for a chart.
    """

    def exist_permission_on_roles(self, view_name: str, permission_name: str, role_ids: list[int]) -> bool:
        """Whether one of the roles has the permission on the view."""
        from flask import g, has_request_context

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


CUSTOM_SECURITY_MANAGER = SecurityManager

# ---------------------------------------------------------------------------------------------- what it may do

FEATURE_FLAGS = {
    "DRILL_BY": True,
    "DRILL_TO_DETAIL": True,
    "ESCAPE_MARKDOWN_HTML": True,
    "RLS_IN_SQLLAB": True,
}
SQLLAB_TIMEOUT = 60
SUPERSET_WEBSERVER_TIMEOUT = 60
SQL_MAX_ROW = 100_000
ROW_LIMIT = 10_000


def DB_CONNECTION_MUTATOR(uri: Any, params: dict[str, Any], username: str | None, *_: Any) -> tuple[Any, Any]:
    """The server's list of activity names who asks."""
    name = "".join(letter for letter in username or "-" if letter.isalnum() or letter in "_.-@")
    params.setdefault("connect_args", {})["application_name"] = f"superset:{name}"[:63]
    return uri, params


def SQL_QUERY_MUTATOR(sql: str, **_: Any) -> str:
    """Let nothing but queries through to the database, from a chart or from SQL Lab.

    Whatever a login is granted, it may change its own password and settings, give its rights away and lift its limits.
    It takes a statement of its own for each, and what a query can do is held by the server.
    """
    from sqlglot import exp, parse
    from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
    from superset.exceptions import SupersetErrorException

    if not all(isinstance(statement, exp.Query) for statement in parse(sql, dialect="postgres") if statement):
        message = "Her kan det bare spørres (SELECT, eller WITH ... SELECT)."
        raise SupersetErrorException(SupersetError(message, SupersetErrorType.DML_NOT_ALLOWED_ERROR, ErrorLevel.ERROR))
    return sql


# ---------------------------------------------------------------------------------------------- what is kept


class EventLogger(DBEventLogger):  # type: ignore[misc]
    """Superset's record of who did what, without the charts of a page.

    Each would leave three rows, each committed by itself: a fifth of what an answer costs. Who opened a dashboard, took
    a file, wrote a query or changed anything is recorded as before.
    """

    def log_with_context(self, action: str, *arguments: Any, **more: Any) -> None:
        """Record the event, unless it is a chart that is drawn."""
        from flask import has_request_context, request

        drawn = (
            has_request_context()
            and request.path == "/api/v1/chart/data"
            and request.is_json
            and (request.get_json(silent=True) or {}).get("result_format", "json") == "json"
        )
        if not drawn:
            super().log_with_context(action, *arguments, **more)


EVENT_LOGGER = EventLogger()

# ---------------------------------------------------------------------------------------------- caching


def _cache(name: str, seconds: int) -> dict[str, Any]:
    return {
        "CACHE_TYPE": "FileSystemCache",
        "CACHE_DIR": str(HOME / "cache" / name),
        "CACHE_DEFAULT_TIMEOUT": seconds,
        "CACHE_THRESHOLD": 5000,
    }


# Figures change once a night, and every publication invalidates them
DATA_CACHE_CONFIG = _cache("figures", 86_400)
CACHE_CONFIG = _cache("metadata", 3_600)
STORE_CACHE_KEYS_IN_METADATA_DB = True

# ---------------------------------------------------------------------------------------------- Norwegian

APP_NAME = "Boligstrategi"
LANGUAGES = {"nb": {"flag": "no", "name": "Norsk bokmål"}, "en": {"flag": "gb", "name": "English"}}
BABEL_DEFAULT_LOCALE = "nb"

# Superset ships no Norwegian: nb.json is the one list of messages, for the pages and for what the server says
MESSAGES: dict[str, str | list[str]] = json.loads((HERE / "nb.json").read_text("utf-8"))
LANGUAGE_PACK = {
    "domain": "superset",
    "locale_data": {
        "superset": {"": {"domain": "superset", "lang": "nb", "plural_forms": "nplurals=2; plural=(n != 1);"}}
        | {text: said if isinstance(said, list) else [said] for text, said in MESSAGES.items()}
    },
}


def _compiled_messages() -> str:
    """A folder of compiled messages, as the server's own gettext reads them."""
    from babel.messages import Catalog
    from babel.messages.mofile import write_mo

    catalog = Catalog(locale="nb")
    for text, said in MESSAGES.items():
        if isinstance(said, str):
            catalog.add(text, said)
    folder = HOME / "translations"
    path = folder / "nb" / "LC_MESSAGES" / "messages.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    # written beside and moved: workers start at once, and each reads what is whole
    draft = path.with_name(f"messages.{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, catalog)
    draft.replace(path)
    return str(folder)


BABEL_TRANSLATION_DIRECTORIES = _compiled_messages()

D3_FORMAT = {
    "decimal": ",",
    "thousands": "\u202f",
    "grouping": [3],
    "currency": ["", "\u00a0kr"],
    "percent": "\u00a0%",
    "minus": "\u2212",
}
D3_TIME_FORMAT = {
    "dateTime": "%A %e. %B %Y kl. %H.%M.%S",
    "date": "%d.%m.%Y",
    "time": "%H.%M.%S",
    "periods": ["AM", "PM"],
    "days": ["søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"],
    "shortDays": ["søn", "man", "tir", "ons", "tor", "fre", "lør"],
    "months": [
        "januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november",
        "desember",
    ],
    "shortMonths": ["jan", "feb", "mar", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "des"],
}  # fmt: skip
CURRENCIES = ["NOK"]

# ---------------------------------------------------------------------------------------------- look

_WORDMARK = (
    "data:image/svg+xml;utf8,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 178 28'%3E"
    "%3Cpath d='M3 14 14 4l11 10v11h-7v-7h-8v7H3z' fill='%23003F5C'/%3E"
    "%3Ctext x='34' y='21' font-family='Inter,Helvetica,Arial,sans-serif' font-size='19' font-weight='600'"
    " fill='%23003F5C'%3EBoligstrategi%3C/text%3E%3C/svg%3E"
)
THEME_DEFAULT = {
    "algorithm": "default",
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": _WORDMARK,
        "brandLogoHref": "/superset/welcome/",
        "brandLogoHeight": "26px",
        "brandLogoMargin": "18px 0",
        "colorPrimary": "#00567A",
        "colorLink": "#00567A",
        "colorInfo": "#00567A",
        "colorSuccess": "#1E7B4D",
        "colorWarning": "#B26B00",
        "colorError": "#B3261E",
        "colorBgLayout": "#F4F6F8",
        # what is written small and grey must still be read
        "colorTextPlaceholder": "#5C6670",
        "colorPrimaryBg": "#E3EFF4",
        "colorPrimaryBgHover": "#D3E6EE",
        "fontFamily": "Inter, Helvetica, Arial, sans-serif",
        "borderRadius": 6,
        # the chart library has no Norwegian
        "echartsOptionsOverrides": {
            "legend": {"selector": [{"type": "all", "title": "Alle"}, {"type": "inverse", "title": "Snu"}]}
        },
    },
}
THEME_DARK = None
# for what has no colour of its own (areas, regions); none of them is a party's, a phase's or a status's
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "bolig",
        "label": "Bolig",
        "description": "",
        "isDefault": True,
        "colors": ["#44546A", "#8CC5BF", "#C08457", "#7C83C9", "#4FA37A", "#B9A28A", "#9CC3D5", "#7A5C3E", "#B0527A"],
    }
]

# ---------------------------------------------------------------------------------------------- what 6.1.0 lacks

# the filter that every other depends on, and its column (assets/filters.yaml)
MUNICIPALITY = "municipality"


def FLASK_APP_MUTATOR(app: Any) -> None:
    """Limit login attempts, serve the Norwegian language pack, and say which language a page is in."""
    from flask import jsonify, redirect, request
    from flask_wtf.csrf import validate_csrf
    from limits import parse, storage, strategies
    from wtforms import ValidationError

    failures = strategies.MovingWindowRateLimiter(storage.MemoryStorage())
    by_name, by_caller = parse(FAILED_LOGINS_BY_NAME), parse(FAILED_LOGINS_BY_CALLER)

    def tries() -> list[tuple[Any, ...]]:
        """Who tries: a name from an address, and the address with whatever name."""
        told = request.get_json(silent=True) or request.form
        caller = request.remote_addr or "-"
        return [(by_name, caller, str(told.get("username"))[:64]), (by_caller, caller)]

    def is_login() -> bool:
        return request.method == "POST" and request.path in LOGIN_PATHS

    @app.before_request
    def limit_login() -> Any:
        if is_login() and not all(failures.test(*attempt) for attempt in tries()):
            return {"message": "For mange mislykkede innlogginger. Vent et minutt og prøv igjen."}, 429
        return None

    @app.after_request
    def count_failed_login(response: Any) -> Any:
        # the page's own login is sent back to where it came from
        back = response.status_code == 302 and "/login" in response.headers.get("Location", "")
        if is_login() and (response.status_code in (400, 401) or back):
            for attempt in tries():
                failures.hit(*attempt)
        return response

    @app.before_request
    def ask_for_token() -> Any:
        """The API of users and roles asks a page's own session for no CSRF token: here it is made to."""
        changes = request.method in ("POST", "PUT", "DELETE") and request.path.startswith("/api/v1/security/")
        if changes and not is_login() and "Authorization" not in request.headers:
            try:
                validate_csrf(request.headers.get("X-CSRFToken"))
            except ValidationError as error:
                return {"message": f"CSRF: {error}"}, 400
        return None

    @app.before_request
    def offer_nothing_of_several() -> None:
        """A filter's list is of the municipality that is chosen; while none is, it is empty.

        A filter that depends on another asks at once, and again when that one has a value.
        """
        # what is read here once is what Superset answers
        asked = request.get_json() if request.path == "/api/v1/chart/data" and request.is_json else None
        of_filter = asked and (asked.get("form_data") or {}).get("native_filter_id")
        if of_filter and of_filter != f"NATIVE_FILTER-{MUNICIPALITY}":
            for query in asked["queries"]:
                if not any(simple["col"] == MUNICIPALITY for simple in query.get("filters", [])):
                    query["filters"] = [{"col": MUNICIPALITY, "op": "IN", "val": [""]}]

    @app.before_request
    def serve_language_pack() -> Any:
        if request.path == "/superset/language_pack/nb/":
            return jsonify(LANGUAGE_PACK)
        return None

    @app.before_request
    def begin_with_the_scorecard() -> Any:
        """Whoever may see dashboards lands on the Styringskort, not on a list of what was opened last."""
        from superset import security_manager

        if request.path == "/superset/welcome/" and security_manager.can_access("can_dashboard", "Superset"):
            return redirect("/superset/dashboard/styringskort/")
        return None

    @app.after_request
    def say_language(response: Any) -> Any:
        if response.mimetype == "text/html" and not response.direct_passthrough:
            page = response.get_data()
            if b"<html>" in page[:2000]:
                response.set_data(page.replace(b"<html>", b'<html lang="nb">', 1))
        return response
