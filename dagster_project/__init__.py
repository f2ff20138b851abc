"""The housing warehouse: extracts in, a published scorecard out."""


class BoligError(Exception):
    """Something that a person must know of and can mend; the message says it plainly and needs no traceback."""
