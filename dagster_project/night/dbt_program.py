"""The program bolig-dbt: dbt, which ends with the run that starts it.

Belongs here: that it does. Does not belong here: anything else, for it is read before dbt at every start.

What a killed night left behind would build into the next one's tables: it asks for a connection for each model, so that
to end those that it has does not stop it.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Run dbt with the arguments given. Elsewhere than on Linux it ends by itself only."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before this was asked for
            sys.exit(1)

    from dbt.cli.main import cli

    cli()
