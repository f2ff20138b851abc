"""Prepare Superset's own database: its tables, its permissions, and the user that imports the assets.

Runs in Superset's environment, in the process that serves afterwards (gunicorn_config.py) or, where another serves
already, in one of its own: to load Superset takes seven seconds of a processor.
Belongs here: what must be there before Superset serves. Does not belong here: what comes over its REST API (rest.py).
"""

import os
from typing import Any

from access import IMPORTER
from flask_migrate import upgrade


def prepare(app: Any) -> None:
    """Migrate, register permissions, and let the importer in with the password that the environment gives."""
    app.config["ALEMBIC_SKIP_LOG_CONFIG"] = True  # it would silence the loggers that there are
    with app.app_context():
        upgrade()
        from superset import security_manager
        from superset.extensions import appbuilder

        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        password = os.environ["BOLIG_SUPERSET_PREPARE"]
        user = security_manager.find_user(IMPORTER)
        if user:
            security_manager.reset_password(user.id, password)
        else:
            security_manager.add_user(
                IMPORTER,
                "Nattlig",
                "oppdatering",
                f"{IMPORTER}@localhost",
                security_manager.find_role("Admin"),
                password=password,
            )


if __name__ == "__main__":
    from superset.app import create_app

    prepare(create_app())
