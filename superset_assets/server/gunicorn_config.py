"""How gunicorn serves Superset; runs in Superset's own environment.

Belongs here: what is so in every installation. Does not belong here: address and number of workers (installation.py).
"""

import gc
import os
from typing import Any

# as in the warehouse's own programs (dagster_project/__init__.py)
gc.set_threshold(200_000, 30, 30)

# Superset is loaded once, and its workers share what was loaded: each would take seven seconds of a processor for it
preload_app = True
worker_class = "gthread"
threads = 8
timeout = 120
graceful_timeout = 10
limit_request_line = 0
loglevel = "warning"


def on_starting(arbiter: Any) -> None:
    """Before anybody is answered, prepare what this Superset stands on, where it was started to do so."""
    if "BOLIG_SUPERSET_PREPARE" in os.environ:
        from prepare import prepare

        prepare(arbiter.app.wsgi())


def when_ready(_: Any) -> None:
    """What was loaded stays: no worker looks through it, or copies its pages by doing so."""
    gc.freeze()


def post_fork(_: Any, worker: Any) -> None:
    """Leave the connections that were opened while Superset was loaded to the process that opened them."""
    from superset.extensions import db

    with worker.app.wsgi().app_context():
        db.engine.dispose(close=False)
