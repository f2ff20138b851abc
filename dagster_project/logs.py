"""How the command line's log is written: for people, or as JSON lines for a log collector.

Belongs here: the format of the `bolig` loggers. Does not belong here: what is logged, and Dagster's own logs
(`bolig dagster daemon` has it write those as JSON too).
"""

import json
import logging
import sys
from datetime import UTC, datetime


def configure(*, as_json: bool, of: str = "") -> None:
    """Write the `bolig` loggers to standard error, at INFO; `of` stands before every message."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if as_json else logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))

    def say_of(record: logging.LogRecord) -> bool:
        record.msg = f"{of}{record.msg}"
        return True

    handler.addFilter(say_of)
    logger = logging.getLogger("bolig")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    # Dagster records its own log; here it would only say again what a person is told already
    logging.getLogger("dagster").setLevel(logging.CRITICAL)


class _Json(logging.Formatter):
    """A line of JSON for each record: its time in UTC, level, logger, message, and where there is one the exception."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)
