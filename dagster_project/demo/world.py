"""The demonstration municipality as it was: everything that happened, whether or not anyone knew of it yet.

Belongs here: the order in which the offices' stories are told.
Does not belong here: what a register knew on a day (extract), numbers to hit (figures).
"""

from datetime import date
from functools import lru_cache
from random import Random

from dagster_project.demo import allocating, followup, households, housing, husbanken, money, nav
from dagster_project.demo.model import Registers, Row
from dagster_project.demo.people import People

DEFAULT_SEED = 2011  # the year of the report


@lru_cache(maxsize=2)
def world(seed: int = DEFAULT_SEED) -> dict[str, list[tuple[date, Row]]]:
    """Every row of every table, with the day from which it is known, until the end of 2011."""

    def random(topic: str) -> Random:
        return Random(f"{seed}/{topic}")  # a topic's own stream: a change in one leaves the others as they were

    registers = Registers()
    people = People(random("people"))
    dwellings = housing.make(random("housing"), registers)
    moved_within = households.make(random("households"), people, dwellings)
    allocating.Office(random("allocating"), registers, people, dwellings).work(moved_within)
    stays = [stay for dwelling in dwellings for stay in dwelling.stays]
    husbanken.make(random("husbanken"), registers, people, stays)
    money.make(random("money"), registers, dwellings)
    # last: whom they give a number moves nobody else's
    nav.make(random("nav"), registers, people, stays)
    followup.make(random("followup"), registers, stays)
    # what was asked for later is put to rows that are there
    housing.inspect(random("condition"), dwellings, registers)
    money.regulate(random("regulation"), registers)
    husbanken.assess(random("assessments"), registers)
    return registers.rows
