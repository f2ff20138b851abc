"""The housing warehouse: extracts in, a published scorecard out."""

import gc

# A program loads half a million objects and keeps them. To look among them for what nobody refers to at every 700 new
# ones, as Python does if not told otherwise, takes a fifth of its start.
gc.set_threshold(200_000, 30, 30)


class BoligError(Exception):
    """Something that a person must know of and can mend; the message says it plainly and needs no traceback."""
