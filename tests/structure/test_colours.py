"""Whoever sees colours otherwise tells apart what stands beside another in a chart, and reads what is written on them.

How they see them is reckoned by the matrices of Machado, Oliveira and Fernandes (2009) for those who lack a receptor.
"""

import re
from itertools import combinations
from typing import Any

import pytest
import yaml

from superset_assets.derive import written
from superset_assets.derive.dashboards import read

SEEN_BY = {
    "everybody": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopes": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopes": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopes": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.95047, 1.0, 1.08883)
# of the distance in CIE Lab; 2.3 is what an eye just sees of two areas side by side, and a legend is not beside its bar
FURTHEST_ALIKE = 12
READABLE = 4.5  # WCAG 2.2, 1.4.3

Colour = tuple[float, ...]


def _times(matrix: tuple[Colour, ...], colour: Colour) -> Colour:
    return tuple(sum(factor * part for factor, part in zip(row, colour, strict=True)) for row in matrix)


def light(colour: str) -> Colour:
    """Red, green and blue as light, from 0 to 1."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def _lab(colour: Colour) -> Colour:
    clipped = tuple(min(1.0, max(0.0, part)) for part in colour)
    x, y, z = (
        part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
        for part in (value / of for value, of in zip(_times(TO_XYZ, clipped), WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str) -> tuple[float, str]:
    """How far apart two colours are to those who see the least of it, and who they are."""
    return min(
        (
            sum((a - b) ** 2 for a, b in zip(*(_lab(_times(m, light(c))) for c in (one, other)), strict=True)) ** 0.5,
            who,
        )
        for who, m in SEEN_BY.items()
    )


def contrast(one: str, other: str) -> float:
    """As WCAG reckons it: from 1 to 21."""
    dark, bright = sorted(_times(TO_XYZ, light(colour))[1] for colour in (one, other))
    return (bright + 0.05) / (dark + 0.05)


def test_the_distance_is_of_who_sees_the_least_of_it() -> None:
    assert distance("#000000", "#FFFFFF")[0] == pytest.approx(100, abs=0.5)
    assert distance("#808080", "#808080")[0] == 0
    red, green = "#C80000", "#6E6E00"
    assert distance(red, green)[1] in ("protanopes", "deuteranopes")
    assert distance(red, green)[0] < 20
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_what_stands_beside_another_in_a_chart_is_told_apart_by_all(manifest: dict[str, Any]) -> None:
    assets = read(manifest)
    beside = {
        frozenset((one, other))
        for slug in assets.charts
        for one, other in combinations([label for _, labels in assets.series(slug) for label in labels], 2)
        if one != other and {one, other} <= assets.colours.keys()
    }
    alike = {
        tuple(sorted(pair)): distance(*colours)
        for pair in beside
        if len(colours := {assets.colours[label] for label in pair}) == 2 and distance(*colours)[0] < FURTHEST_ALIKE
    }
    assert len(beside) > 150
    assert alike == {}


def test_what_has_no_colour_of_its_own_is_told_apart_by_all() -> None:
    text = (written.ASSETS.parent / "server" / "superset_config.py").read_text("utf-8")
    (listed,) = re.findall(r'"colors": \[([^]]+)\]', text)
    colours = re.findall("#[0-9A-F]{6}", listed)
    assert len(colours) > 5
    assert {pair: distance(*pair) for pair in combinations(colours, 2) if distance(*pair)[0] < FURTHEST_ALIKE} == {}


def test_a_status_is_read_on_its_colour() -> None:
    colours = yaml.safe_load((written.ASSETS / "colours.yaml").read_text("utf-8"))
    for status in ("Nådd", "Følg med", "Ikke nådd"):
        # Superset writes black or white on it, whichever is the better
        assert max(contrast(colours[status], text) for text in ("#000000", "#FFFFFF")) >= READABLE, status
