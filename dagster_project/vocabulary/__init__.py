"""What words mean: contracts, metrics, municipalities, periods, labels, and how Norwegian is written.

Belongs here: what every other room speaks of. Does not belong here: a connection, a file of a delivery.
"""
