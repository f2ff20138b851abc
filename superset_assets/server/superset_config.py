"""Superset's configuration; runs in Superset's own environment and takes what is of this installation from variables.

Belongs here: security, language and look. Does not belong here: secrets, and anything that the assets say.
"""

import json
import os
import re
from codecs import BOM_UTF8
from datetime import timedelta
from functools import cache, reduce
from pathlib import Path
from typing import Any

import beside
import borders
import data_docs
import psycopg2.errors
import psycopg2.extensions
import psycopg2.sql
import reports
import sign_on
import yaml
from access import IDLE, SecurityManager, protect
from flask_appbuilder.const import AUTH_OAUTH
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
PERMANENT_SESSION_LIFETIME = IDLE
# of the importer's logins over REST: nobody asks for a second token with the first
JWT_ACCESS_TOKEN_EXPIRES = JWT_REFRESH_TOKEN_EXPIRES = timedelta(minutes=15)
ENABLE_CORS = False  # no other site's page may ask; Superset would allow those of two map servers

# behind a proxy its word on who calls is taken; where it speaks TLS, cookies travel encrypted only
ENABLE_PROXY_FIX = os.environ.get("BOLIG_BEHIND_PROXY") == "1"
PROXY_FIX_CONFIG = {"x_for": 1, "x_proto": 1, "x_host": 1, "x_port": 0, "x_prefix": 0}
BEHIND_TLS = os.environ.get("BOLIG_BEHIND_TLS_PROXY") == "1"
SESSION_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_NAME = "__Host-bolig" if BEHIND_TLS else "bolig"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# the names by which these pages are reached, in small letters and without a port
HOSTS = frozenset(os.environ["BOLIG_SUPERSET_HOSTS"].split(","))
HOST = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")

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

CUSTOM_SECURITY_MANAGER: type = SecurityManager
if sign_on.TOLD:
    AUTH_TYPE = AUTH_OAUTH
    OAUTH_PROVIDERS = sign_on.providers(sign_on.TOLD)
    CUSTOM_SECURITY_MANAGER = type("SignOnManager", (sign_on.SignOn, SecurityManager), {})

# pages beside Superset's own
BLUEPRINTS = [data_docs.PAGES, reports.PAGES]

# ---------------------------------------------------------------------------------------------- what it may do

FEATURE_FLAGS = {
    # what is more than a screen away is drawn too: a page is printed as it is opened. Its data are asked for anyway
    "DASHBOARD_VIRTUALIZATION": False,
    "DRILL_BY": True,
    "DRILL_TO_DETAIL": True,
    "ESCAPE_MARKDOWN_HTML": True,
    "RLS_IN_SQLLAB": True,
    "TAGGING_SYSTEM": True,
}
SQLLAB_TIMEOUT = 60
SQL_VALIDATORS_BY_ENGINE: dict[str, str] = {}  # one would be asked at each letter, and is not installed
SUPERSET_WEBSERVER_TIMEOUT = 60
SQL_MAX_ROW = 100_000
ROW_LIMIT = 10_000
DEFAULT_SQLLAB_LIMIT = 1000

# what a Norwegian Excel opens by a double click; a file that is streamed would have commas again
CSV_EXPORT = {"encoding": "utf-8-sig", "sep": ";", "decimal": ","}
CSV_STREAMING_ROW_THRESHOLD = SQL_MAX_ROW + 1
# PostgreSQL's numeric as a float: pandas writes a Decimal with a point, whatever it is told
psycopg2.extensions.register_type(
    psycopg2.extensions.new_type(psycopg2.extensions.DECIMAL.values, "float", psycopg2.extensions.FLOAT)
)


def DB_CONNECTION_MUTATOR(uri: Any, params: dict[str, Any], username: str | None, *_: Any) -> tuple[Any, Any]:
    """A connection is one person's: it has their pass, and the server's list of activity names them."""
    name = "".join(letter for letter in username or "-" if letter.isalnum() or letter in "_.-@")
    params.setdefault("connect_args", {}).update(application_name=f"superset:{name}"[:63], options=borders.options())
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
    a file, opened the rows behind a figure, wrote a query or changed anything is recorded as before.
    """

    def log_with_context(self, action: str, *arguments: Any, **more: Any) -> None:
        """Record the event, unless it is a chart that is drawn."""
        from flask import has_request_context, request

        asked = (
            (request.get_json(silent=True) or {})
            if has_request_context() and request.path == "/api/v1/chart/data" and request.is_json
            else {"result_format": ""}
        )
        # the rows behind a figure are asked for in the same way
        drawn = asked.get("result_format", "json") == "json" and asked.get("result_type") not in DETAILS
        if not drawn:
            super().log_with_context(action, *arguments, **more)


DETAILS = ("drill_detail", "samples")
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
        "echartsOptionsOverrides": {
            # drawn at once: a second of growing bars tells nothing, and is waited for
            "animation": False,
            # the chart library has no Norwegian
            "legend": {"selector": [{"type": "all", "title": "Alle"}, {"type": "inverse", "title": "Snu"}]},
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
        "colors": ["#44546A", "#8CC5BF", "#C08457", "#7C83C9", "#4FA37A", "#D2C3A5", "#B4C3E1", "#7A5C3E", "#C35A96"],
    }
]

# ---------------------------------------------------------------------------------------------- what 6.1.0 lacks

# the filter that every other depends on, and its column (assets/filters.yaml)
MUNICIPALITY = "municipality"


def FLASK_APP_MUTATOR(app: Any) -> None:
    """Protect the logins, and give the pages what they lack for people who are neither English nor Admin."""
    from flask import jsonify, request

    _answer_to_own_names_only(app)
    protect(app)
    borders.tell_of_own_people_only()
    _amend_scripts(app)
    _list_users_for_a_forvalter()
    _open_sql_lab_with_a_tab(app)
    _end_a_query_that_is_stopped()
    _read_an_address_once()
    _read_yaml_by_its_compiled_reader()
    _choose_the_first_municipality(app)

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
    def keep_no_colours() -> Any:
        """A dashboard stores the colours that it has given to names, also for who may not: say yes, and store none."""
        from superset import security_manager

        if request.endpoint == "DashboardRestApi.put_colors" and security_manager.can_access("can_read", "Dashboard"):
            return None if security_manager.can_access("can_write", "Dashboard") else {"result": {}}
        return None

    @app.after_request
    def forget_figures(response: Any) -> Any:
        """Superset would look for the figures among what it keeps of its own records, and forget none."""
        from superset.extensions import cache_manager

        if request.path == "/api/v1/cachekey/invalidate" and response.status_code == 201:
            cache_manager.data_cache.clear()
        return response

    @app.after_request
    def mark_files_for_excel(response: Any) -> Any:
        """Of a single chart's file the encoding is not heeded: without the mark Excel reads «bÃ¸lig»."""
        if response.mimetype == "text/csv" and not response.is_streamed:
            content = response.get_data()
            response.set_data(content if content.startswith(BOM_UTF8) else BOM_UTF8 + content)
        return response

    @app.after_request
    def say_language(response: Any) -> Any:
        if response.mimetype == "text/html" and not response.direct_passthrough:
            page = response.get_data()
            if b"<html>" in page[:2000]:
                response.set_data(page.replace(b"<html>", b'<html lang="nb">', 1))
        return response


def _answer_to_own_names_only(app: Any) -> None:
    """Refuse what was sent to a name that is not ours, as Dagster's pages do (dagster_project/serving/dagster_web.py).

    A foreign name that leads here is a rebound one: to a browser the page that has it and ours would be one site.
    """
    from flask import request

    @app.before_request
    def refuse_a_strange_host() -> Any:
        # behind a proxy, which may have asked for us by a name between the two, as it was asked for
        named = HOST.fullmatch(request.host.lower())
        if named and named["name"] in HOSTS:
            return None
        told = "Ingen av sidene våre har denne adressen. BOLIG_HOSTS sier hvilke navn de nås ved.\n"
        return told, 421, {"Content-Type": "text/plain; charset=utf-8"}


def _end_a_query_that_is_stopped() -> None:
    """Let SQL Lab's «Stopp» end the query in the database.

    Superset would end it as SQL Lab's own login, which may end nobody's, as whoever writes SQL there could end others'.
    So it is asked of the records' login, whose SQL nobody writes (dagster_project/warehouse/rights.py).
    """
    from sqlalchemy import text
    from superset import db
    from superset.db_engine_specs.postgres import PostgresEngineSpec

    def cancel_query(_: Any, __: Any, ___: Any, cancel_query_id: str) -> bool:
        asked = text("select superset.cancel_query(:process)")
        return bool(db.session.execute(asked, {"process": int(cancel_query_id)}).scalar())

    PostgresEngineSpec.cancel_query = classmethod(cancel_query)


def _choose_the_first_municipality(app: Any) -> None:
    """Tell a dashboard's page which municipality it begins with: the first that the person sees.

    The filter would choose the same when its list comes, and every chart and every other filter would wait for that.
    Whoever sees one municipality only gets the other filters' lists as that one's, asked for once.
    """
    from flask import request

    @app.after_request
    def choose(response: Any) -> Any:
        # what asks by a token is a program, which wants the dashboard as it is kept
        if request.endpoint != "DashboardRestApi.get" or "Authorization" in request.headers or not response.is_json:
            return response
        told = response.get_json()
        metadata = json.loads(told.get("result", {}).get("json_metadata") or "{}")
        filters = {each["id"]: each for each in metadata.get("native_filter_configuration", [])}
        filter_ = filters.get(f"NATIVE_FILTER-{MUNICIPALITY}")
        seen = _first_values(filter_["targets"][0]) if filter_ else []
        if not (filter_ and seen):
            return response
        filter_["defaultDataMask"] = {
            "extraFormData": {"filters": [{"col": MUNICIPALITY, "op": "IN", "val": seen[:1]}]},
            "filterState": {"label": seen[0], "value": seen[:1]},
            "ownState": {},
        }
        # it would be chosen anew when the list comes, and all be asked twice
        filter_["requiredFirst"] = filter_["controlValues"]["defaultToFirstItem"] = False
        if len(seen) == 1:
            # nothing to choose from: the other lists need not be asked for again each time that this one stirs
            simple = {"clause": "WHERE", "expressionType": "SIMPLE", "subject": MUNICIPALITY, "operator": "IN"}
            for other in filters.values():
                if filter_["id"] in other["cascadeParentIds"]:
                    other["cascadeParentIds"].remove(filter_["id"])
                    other["adhoc_filters"] = [simple | {"comparator": seen}]
        told["result"]["json_metadata"] = json.dumps(metadata)
        response.set_data(json.dumps(told))
        return response


def _first_values(target: dict[str, Any]) -> list[str]:
    """The first two values of what a filter chooses from, of what the person sees."""
    from superset import db
    from superset.connectors.sqla.models import SqlaTable

    dataset = db.session.get(SqlaTable, target["datasetId"])
    named = (target["column"]["name"], dataset.schema, dataset.table_name)
    query = psycopg2.sql.SQL("select distinct {} from {}.{} order by 1 limit 2")
    try:
        found = beside.ask_of(dataset.database, query.format(*map(psycopg2.sql.Identifier, named)))
    except psycopg2.errors.UndefinedTable:
        return []  # before the first night; the page says so where its charts would stand
    return [value for (value,) in found]


def _read_an_address_once() -> None:
    """A database's address is taken to pieces many times for a chart, a fourteenth of its time: they are kept."""
    from superset.databases import utils

    utils.make_url = cache(utils.make_url)


def _read_yaml_by_its_compiled_reader() -> None:
    """What is imported is YAML: to read it in pure Python is a fifth of the time that an import takes."""
    yaml.SafeLoader = yaml.CSafeLoader


def _amend_scripts(app: Any) -> None:
    """What Superset's scripts say for themselves, past every translation («3.81k rows», «50 / page»), and do wrong.

    scripts.json has both of this version's scripts, each with ours instead: words; and faults, of a dashboard that is
    come to by a click in the list and showed «Ledige boliger» chosen above, and «Mer» drawn below:
    - until its own layout is there it was drawn as the dashboard before it, and kept that one's tab; it waits now
    - of its tabs the bar began with those that were opened before, and what is below it with the first; both do now
    A script that has none of these is served as ever.
    """
    from flask import make_response, request

    amended: dict[str, dict[str, str]] = json.loads((HERE / "scripts.json").read_text("utf-8"))
    replaced = [pair for group in amended.values() for pair in group.items()]
    folder = Path(app.static_folder) / "assets"

    @cache
    def amend(path: Path) -> str | None:
        text = path.read_text("utf-8")
        found = reduce(lambda script, pair: script.replace(*pair), replaced, text)
        return found if found != text else None

    @app.before_request
    def serve_script() -> Any:
        if request.endpoint != "static" or not request.path.endswith(".js"):
            return None
        path = folder / Path(request.path).name
        # what is remembered is of files that are there, not of whatever name somebody asks for
        script = amend(path) if path.is_file() else None
        if script is None:
            return None
        response = make_response(script)
        response.mimetype = "text/javascript"
        # its address is that of Superset's own, which browsers would keep for a year
        response.cache_control.max_age = 3600
        response.add_etag()
        return response.make_conditional(request)


def _list_users_for_a_forvalter() -> None:
    """The page of users is drawn for a role named Admin alone, whatever another may do: say that one to the page.

    It is a word to the browser, which lets nobody do more.
    """
    from flask import request
    from superset.views import base

    told = base.bootstrap_user_data

    def with_admin(user: Any, include_perms: bool = False) -> dict[str, Any]:
        payload: dict[str, Any] = told(user, include_perms)
        if request.path == "/users/":
            payload["roles"] = {"Admin": []} | payload["roles"]
        return payload

    base.bootstrap_user_data = with_admin


def _open_sql_lab_with_a_tab(app: Any) -> None:
    """Whoever opens SQL Lab for the first time has a tab there, on the first database and schema of the role."""
    from access import ROLES
    from flask import request

    @app.before_request
    def make_first_tab() -> None:
        from superset import db, security_manager
        from superset.models.core import Database
        from superset.models.sql_lab import TabState
        from superset.utils.core import get_user_id

        if request.path != "/sqllab/" or not security_manager.can_access("can_read", "SQLLab"):
            return
        if db.session.query(TabState.id).filter_by(user_id=get_user_id()).first():
            return
        name, (schema, *_) = next(iter(ROLES["Analytiker"]["schemas_of"].items()))
        database = db.session.query(Database).filter_by(database_name=name).one()
        db.session.add(
            TabState(
                user_id=get_user_id(),
                label="Spørring 1",
                active=True,
                database_id=database.id,
                catalog=database.get_default_catalog(),
                schema=schema,
                sql="",
                query_limit=DEFAULT_SQLLAB_LIMIT,
            )
        )
        db.session.commit()
