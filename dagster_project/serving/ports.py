"""The ports of this machine's servers: that they are free is looked at before anything is made or started.

Belongs here: which server has which, and by which setting. Does not belong here: the servers.
"""

import errno
import socket
from collections.abc import Iterable
from typing import Literal

from dagster_project import BoligError
from dagster_project.settings import Settings

Server = Literal["superset", "dagster", "code"]


class PortTaken(BoligError):
    """A server cannot listen where it is to; the message names the setting."""


def require_free(settings: Settings, servers: Iterable[Server]) -> None:
    """Look whether these servers can listen where they are to. Raises PortTaken for the first that cannot."""
    taken: dict[int, str] = {}
    for server in servers:
        name, setting, port = {
            "superset": ("Superset", "BOLIG_SUPERSET_PORT", settings.superset_port),
            "dagster": ("Dagster", "BOLIG_DAGSTER_PORT", settings.dagster_port),
            "code": ("Dagster's code", "BOLIG_DAGSTER_CODE", settings.dagster_code[1] if settings.dagster_code else 0),
        }[server]
        if port in taken:
            raise PortTaken(f"{taken[port]} and {setting} are both {port}: set one of them to another port.")
        taken[port] = setting
        if reason := _reason(settings.listen, port):
            raise PortTaken(
                f"{name} cannot listen at {settings.listen}:{port}: {reason}."
                f" Set {setting} to a free port, or stop what has it."
            )


def any_free() -> int:
    """A port that nobody on this machine listens at."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _reason(host: str, port: int) -> str | None:
    """Why nobody can listen there, or None. A port of 0 is any."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as trial:
        # as the servers do: what a server left a moment ago keeps nobody from it
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "the port is in use by another program"
            if error.errno == errno.EADDRNOTAVAIL:
                return "the address is none of this machine's (BOLIG_LISTEN)"
            return str(error.strerror)
    return None
