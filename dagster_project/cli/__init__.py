"""The command line `bolig`: the same functions as Dagster's, headless.

Belongs here: words, options and how results are shown, a module for each family of commands. Does not belong here:
logic of its own. Imports of other rooms stand inside the commands: `bolig db url` shall not wait for Dagster.
"""

# what a module of this room defines is a command as soon as it is read
from dagster_project.cli import access, nights, operations, outlook, periods, servers
from dagster_project.cli.shared import main

__all__ = ["access", "main", "nights", "operations", "outlook", "periods", "servers"]
