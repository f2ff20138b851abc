"""The program bolig-dbt: dbt, which ends with the run that starts it, and keeps its connections.

Belongs here: that it does. Does not belong here: anything else, for it is read before dbt at every start.

What a killed night left behind would build into the next one's tables: it asks for a new connection where one is gone,
so that to end those that it has does not stop it.
"""

import ctypes
import os
import signal
import sys
from typing import Any

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Run dbt with the arguments given. Elsewhere than on Linux it ends by itself only."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before this was asked for
            sys.exit(1)

    keep_connections()
    from dbt.cli.main import cli

    cli()


def keep_connections() -> None:
    """Have dbt go on with a connection that it has done with; by itself it opens one for every model and every test.

    Each would cost the server a process, and both sides a handshake: a tenth of a small night.
    """
    import psycopg2
    from psycopg2.extensions import connection

    idle: list[connection] = []
    connect = psycopg2.connect

    class Kept(connection):  # type: ignore[misc]
        """A connection that is there for the next who asks, unless it is broken."""

        def close(self) -> None:
            """Undo what was not committed, and wait."""
            if self.closed:
                return
            try:
                self.rollback()
            except psycopg2.Error:  # the server has ended it
                super().close()
            else:
                idle.append(self)

    def kept(**how: Any) -> connection:
        # all of one profile: each is asked for in the same way
        return idle.pop() if idle else connect(connection_factory=Kept, **how)

    psycopg2.connect = kept
