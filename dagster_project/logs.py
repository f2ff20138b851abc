"""How the command line's log is written: for people, or as JSON lines for a log collector.

Belongs here: the format of the `bolig` loggers. Does not belong here: what is logged, and Dagster's own logs
(`bolig dagster daemon` has it write those as JSON too).
"""

import logging
import sys


def configure(*, as_json: bool) -> None:
    """Write the `bolig` loggers to standard error, at INFO."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if as_json else logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("bolig")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    # Dagster records its own log; here it would only say again what a person is told already
    logging.getLogger("dagster").setLevel(logging.CRITICAL)


def _json() -> logging.Formatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
