"""Pages beside the dashboards: who is let in, and what they see.

Runs in Superset's own environment. Belongs here: that whoever sees a dashboard sees the pages that it leads to, and
asking the warehouse as that person: the database says whose a page is, as it does of figures. Does not belong here: the
pages (data_docs.py, reports.py).
"""

from collections.abc import Callable
from contextlib import closing
from typing import Any

from access import ROLES
from flask import abort, g, redirect, request


def only_who_sees(slug: str) -> Callable[[], Any]:
    """What lets in whoever may see this dashboard, and nobody else; to be asked before each request."""

    def let_in() -> Any:
        from superset import security_manager
        from superset.daos.dashboard import DashboardDAO
        from superset.exceptions import SupersetSecurityException

        if g.user.is_anonymous:
            return redirect(f"/login/?next={request.path}")
        if not security_manager.can_access("can_dashboard", "Superset"):
            abort(403)
        try:
            security_manager.raise_for_access(dashboard=DashboardDAO.get_by_id_or_slug(slug))
        except SupersetSecurityException:
            abort(403)
        return None

    return let_in


def ask(query: str, *terms: str) -> list[tuple[Any, ...]]:
    """What the person sees, by the login that reads what is told of the nights: SQL Lab's."""
    from superset import db
    from superset.models.core import Database

    (name, *_) = ROLES["Analytiker"]["schemas_of"]
    return ask_of(db.session.query(Database).filter_by(database_name=name).one(), query, *terms)


def ask_of(database: Any, query: Any, *terms: str) -> list[tuple[Any, ...]]:
    """What the person sees by one of Superset's databases."""
    with database.get_raw_connection() as connection, closing(connection.cursor()) as cursor:
        cursor.execute(query, terms or None)
        return list(cursor.fetchall())
