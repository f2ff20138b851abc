"""One module for each kind of file, and what they share.

Belongs here: how a file is opened and read into text. Does not belong here: which files a delivery has (delivery.py),
and what may stand in a field (rules.py).
"""
