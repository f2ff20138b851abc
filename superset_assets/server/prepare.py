"""Prepare Superset's own database: its tables, its permissions, and the user that imports the assets.

Runs in Superset's environment, in one process: every start of Superset costs ten seconds.
Belongs here: what must be there before Superset serves. Does not belong here: what comes over its REST API (rest.py).
"""

import os

from access import IMPORTER
from flask_migrate import upgrade
from superset.app import create_app


def main() -> None:
    """Migrate, register permissions, and let the importer in with the password that the environment gives."""
    app = create_app()
    with app.app_context():
        upgrade()
        from superset import security_manager
        from superset.extensions import appbuilder

        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        password = os.environ["BOLIG_SUPERSET_IMPORT_PASSWORD"]
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
    main()
