"""Whose a query is, and what that person sees: what Superset says to the database of the people whom it lets in.

Runs in Superset's own environment. Belongs here: a person's pass, the municipalities that are granted, and whom a
person may know of. Does not belong here: the border itself (dagster_project/warehouse/border.py), and logins.

The logins of dashboards and of SQL Lab are several persons'. Each of their connections begins with a pass, which the
database makes for Superset's own login and nobody else, and which nobody can make who types SQL. So nothing of this
stands between a reader and the rows: a query without a pass, or with one that somebody made up, sees no municipality.
"""

import re
from collections.abc import Iterable
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session, with_loader_criteria

# the pages that tell of people
OF_PEOPLE = re.compile(r"/api/v1/(security|log)/|/related/|/distinct/")


def person() -> str | None:
    """The name of whoever is asking; None where nobody is."""
    user = g.get("user")
    return None if user is None or user.is_anonymous else str(user.username)


def _ask(query: str, **terms: Any) -> Any:
    """The database's answer, by the login of Superset's own records, whose SQL nobody types."""
    from superset import db

    return db.session.connection().execute(text(query), terms).scalar()


def options() -> str:
    """What a connection begins with that asks for whoever is asking: the person's pass, or none."""
    who = person()
    if who is None:
        return ""
    made = _ask("select access.pass(:who)", who=who)
    # libpq takes what stands between blanks for one option
    return "-c bolig.pass=" + re.sub(r"([\\ ])", r"\\\1", made)


def seen() -> list[str]:
    """The municipalities that whoever is asking sees, in one order."""
    who = person()
    if who is None:
        return []
    if "seen" not in g:
        g.seen = sorted(_ask("select access.visible_to(lower(:who))", who=who))
    return list(g.seen)


def signed_on(name: str, municipalities: frozenset[str]) -> None:
    """Let a person see exactly these municipalities: a provider of identities says so. `*` is every municipality."""
    _ask(
        "select access.let_in(:who, :numbers, 'innlogging')",
        who=name,
        numbers=sorted(municipalities),
    )


def let_in(changes: Session, name: str) -> None:
    """A new account sees what its name was granted, and where that is nothing what whoever makes it sees."""
    changes.connection().execute(
        text("select access.let_in(:who, null, :teller)"), {"who": name, "teller": person() or "-"}
    )


def forget(changes: Session, name: str) -> None:
    """An account that is deleted was granted nothing: another of its name would have it."""
    changes.connection().execute(text("select access.let_in(:who, '{}', '-')"), {"who": name})


def covers(changes: Session, name: str) -> bool:
    """Whether whoever is asking sees all that this person sees."""
    asked = text("select access.covers(lower(:hers), lower(:his))")
    return bool(changes.connection().execute(asked, {"hers": person() or "", "his": name}).scalar())


def tell_of_own_people_only() -> None:
    """Whoever sees some municipalities learns of no person who sees others: by no list, count, record or choice."""

    @event.listens_for(Session, "do_orm_execute")
    def limit(asked: Any) -> None:
        # a column load is of somebody who is known already; who is asking may be the one
        is_new = asked.is_select and not asked.is_column_load
        if not is_new or not has_request_context() or not OF_PEOPLE.search(request.path):
            return
        # while the person of a session is being read there is nobody who asks
        who = person() if "_login_user" in g else None
        if who is None:
            return
        for criteria in _of_own_people(who):
            asked.statement = asked.statement.options(criteria)


def _of_own_people(who: str) -> Iterable[Any]:
    from superset import security_manager
    from superset.models.core import Log

    user = security_manager.user_model
    hers = who.lower()
    # a function of the class: the record's page joins people under another name
    is_own = with_loader_criteria(
        user, lambda people: func.access.covers(hers, func.lower(people.username)), include_aliases=True
    )
    people = user.__table__.alias("own_people")
    own = select(people.c.id).where(func.access.covers(hers, func.lower(people.c.username)))
    return is_own, with_loader_criteria(Log, Log.user_id.in_(own), include_aliases=True)
