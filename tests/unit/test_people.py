"""Numbers of people, against python-stdnum as a second opinion, and the pseudonyms that replace them."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.no import fodselsnummer

from dagster_project.landing import people
from dagster_project.settings import Settings
from dagster_project.vocabulary import municipalities
from tests.deliveries import duf, person

KEY = (b"k" * 32,)


def kind(number: str, *, relaxed: bool = False) -> str | None:
    return people.kinds(pl.Series([number]), relaxed=relaxed)[0]


@given(st.dates(date(1940, 1, 1), date(1999, 12, 31)), st.integers(0, 499), st.integers(0, 99))
def test_birth_numbers_agree_with_stdnum(born: date, individual: int, check: int) -> None:
    number = f"{born:%d%m%y}{individual:03d}{check:02d}"
    assert (kind(number) == "birth") == fodselsnummer.is_valid(number)


@given(st.dates(date(1940, 1, 1), date(1999, 12, 31)), st.integers(0, 499))
def test_every_number_that_stdnum_makes_is_taken(born: date, individual: int) -> None:
    first9 = f"{born:%d%m%y}{individual:03d}"
    k1 = fodselsnummer.calc_check_digit1(first9)
    k2 = fodselsnummer.calc_check_digit2(first9 + k1)
    if len(k1 + k2) == 2:
        assert kind(first9 + k1 + k2) == "birth"


@settings(max_examples=20)
@given(st.lists(st.text(max_size=15), min_size=1))
def test_any_text_gets_an_answer(texts: list[str]) -> None:
    assert set(people.kinds(pl.Series(texts))) <= {None, "birth", "d", "synthetic", "duf"}


def test_the_kinds_are_told_apart() -> None:
    assert kind(person(1)) == "synthetic"
    assert kind(person(1, day_added=40)) == "synthetic"
    assert kind(person(1, month_added=0)) == "birth"
    assert kind(person(1, month_added=0, day_added=40)) == "d"
    assert kind(duf(1)) == "duf"


def test_a_number_with_a_month_that_no_kind_has_is_none() -> None:
    assert kind(person(1, month_added=40)) is None, "a hospital's emergency number is no person's"


# pragma: allowlist nextline secret
@pytest.mark.parametrize("number", ["", "1", "0" * 11, "0" * 10, "1234567890a", "١٢٣٤٥٦٧٨٩٠١", "9" * 11, "9" * 30])
def test_what_is_no_number_is_none(number: str) -> None:
    assert kind(number) is None


def test_a_wrong_check_digit_is_found() -> None:
    for number in (person(5), person(5, month_added=0), duf(5)):
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        assert kind(wrong) is None


def test_a_29_february_needs_a_leap_year() -> None:
    def made(first6: str) -> str | None:
        for individual in range(500):
            first9 = f"{first6}{individual:03d}"
            k1 = fodselsnummer.calc_check_digit1(first9)
            k2 = fodselsnummer.calc_check_digit2(first9 + k1)
            if len(k1 + k2) == 2:
                return first9 + k1 + k2
        return None

    assert kind(made("290296") or "") == "birth"
    assert kind(made("290200") or "") == "birth", "2000 was one, and the century is not told"
    assert kind(made("290295") or "") is None


def test_relaxed_first_check_digits_are_taken_from_2032_on_only() -> None:
    strict = person(7)
    relaxed = []
    for k1 in range(10):
        if str(k1) != strict[9]:
            k2 = fodselsnummer.calc_check_digit2(strict[:9] + str(k1))
            if len(k2) == 1 and kind(strict[:9] + str(k1) + k2, relaxed=True):
                relaxed.append(strict[:9] + str(k1) + k2)
    assert 1 <= len(relaxed) <= 3, "the remainders 1, 2 and 3, where they give digits"
    assert [kind(number) for number in relaxed] == [None] * len(relaxed)
    assert kind(strict, relaxed=True) == "synthetic"


KINDS = {
    "synthetic": person(3),
    "synthetic D": person(3, day_added=40),
    "birth": person(3, month_added=0),
    "d": person(3, month_added=0, day_added=40),
    "duf": duf(3),
}
WRITTEN = ["{0}{1}", "{0} {1}", "{0}-{1}", "{0}/{1}", "{0}.{1}", "{0} - {1}", "{0}\u00a0{1}", "{0}\u2013{1}"]
WRITTEN += ["{0}\u200b{1}", "{0}\n{1}", "{0}\0{1}", "{0}_{1}"]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("kind", KINDS)
def test_a_personal_number_is_recognised_in_any_text(kind: str, written: str) -> None:
    number = KINDS[kind]
    shown = written.format(number[:6], number[6:])
    for text in (
        shown,
        f"A{shown}",
        f"bor hos {shown}.",
        f"{shown}B",
        f"3, {shown} 0220",
        f"12 {shown}/1",
        "/".join(number),
    ):
        assert people.looks_personal(text), text


@pytest.mark.parametrize(
    "text",
    ["", "Storgata 5", "2011-01-01", "KRAV-000000001", "12345678901", "66 90 00 00 66 90 00 01", "2010/12345-1"]
    # what is a number of its own, of more digits, holds none; nor do digits with other things between them
    + [f"1{person(3)}", f"{person(3)}1", f"{person(3)[:6]}, {person(3)[6:]}", f"{person(3)[:6]}A{person(3)[6:]}"]
    + ["0" * 11, "0123456789", f"3{duf(3)[1:]}"],
)
def test_what_is_no_personal_number_is_not_taken_for_one(text: str) -> None:
    assert not people.looks_personal(text)


def numbers_in(text: str) -> set[str]:
    """The personal numbers in a text, found by trying every piece of it."""
    found = set()
    for begin in range(len(text)):
        for end in range(begin + 11, len(text) + 1):
            digits = "".join(c for c in text[begin:end] if c.isdigit())
            gaps = re.findall(r"[^0-9]+", text[begin:end])
            whole = not text[begin - 1 : begin].isdigit() and not text[end : end + 1].isdigit()
            if (
                whole
                and text[begin].isdigit()
                and text[end - 1].isdigit()
                and all(len(gap) < 4 and not set(gap) - set(" -./") for gap in gaps)
                and kind(digits)
                and (len(digits) == 11 or digits[:2] in ("19", "20"))
            ):
                found.add(digits)
    return found


GAP = st.sampled_from(["", "", "", " ", "-", "/", ". ", " - ", "    ", "a", ", "])


@pytest.mark.attack
@given(st.lists(st.tuples(st.sampled_from([*KINDS.values(), "2010", "1", "05", "0220"]), GAP), max_size=3), st.data())
def test_numbers_are_found_wherever_the_pieces_of_a_text_make_one(parts: list[tuple[str, str]], data: Any) -> None:
    text = ""
    for part, gap in parts:
        at = data.draw(st.integers(0, len(part)))
        text += part[:at] + data.draw(GAP) + part[at:] + gap
    assert people.hold_numbers(pl.Series([text]))[0] == bool(numbers_in(text)), text


def test_of_many_texts_each_is_told_by_itself() -> None:
    texts = pl.Series(
        [person(1), None, "x", f"{person(2)[:6]} {person(2)[6:]}", "", person(1), f"{duf(1)} {person(3)}"]
    )
    assert people.hold_numbers(texts).to_list() == [True, False, False, True, False, True, True]
    assert set(people.kinds_within(texts)["kind"]) == {"synthetic", "duf"}
    assert people.hold_numbers(texts.clear()).to_list() == []


@given(st.text(alphabet="0123456789", min_size=11, max_size=12))
def test_a_pseudonym_is_stable_and_tells_nothing(number: str) -> None:
    (first,) = people.pseudonyms([number], KEY, "0220")
    assert people.pseudonyms([number], KEY, "0220") == [first]
    assert len(first) == 64
    assert number not in first
    assert people.pseudonyms([number], (b"other" * 8,), "0220") != [first]


@given(st.lists(st.binary(min_size=32, max_size=40), min_size=2, max_size=5), st.data())
def test_keys_that_come_later_rename_what_is_stored_to_what_the_door_makes(chain: list[bytes], data) -> None:
    keys = tuple(chain)
    n = data.draw(st.integers(1, len(keys) - 1))
    (stored,) = people.pseudonyms([person(1)], keys[:n], "0220")
    assert people.pseudonyms([person(1)], keys, "0220") == [people.renamed(stored, keys[n:])]
    assert people.renamed(stored, keys[n:]) != stored
    assert people.key_fingerprint(keys) != people.key_fingerprint(keys[:n])


def test_every_key_must_be_long_enough(tmp_path: Path) -> None:
    def keys(written: str) -> people.Keys:
        return people.personal_keys(Settings(BOLIG_HOME=tmp_path, BOLIG_PSEUDONYM_KEY=written))

    assert keys("a" * 32) == (b"a" * 32,)
    assert keys(f"{'a' * 32} {'b' * 32}\n") == (b"a" * 32, b"b" * 32)
    for wrong in ("a" * 31, f"{'a' * 32} b", "  "):
        with pytest.raises(people.PersonalKeyError, match="at least 32"):
            keys(wrong)


def test_a_pseudonym_outlives_the_municipalitys_renumbering() -> None:
    one = {
        number: people.pseudonyms([person(1)], KEY, number)[0] for number in ("0220", "3025", "3203", "0627", "0301")
    }
    assert one["0220"] == one["3025"] == one["3203"]
    assert len({one["0220"], one["0627"], one["0301"]}) == 3


def test_a_renumbered_municipality_is_one() -> None:
    assert municipalities.numbers_of("3025") == ["0220", "3025", "3203"]
    assert municipalities.numbers_of("0301") == ["0301"]
    assert municipalities.lineage("0627") == "0627", "Røyken ended in Asker, but Asker goes on as 0220"


def test_a_merger_ends_all_but_the_municipality_that_goes_on() -> None:
    assert municipalities.merged_into("0627") == ["3025", "3203"]
    assert (
        municipalities.merged_into("0220")
        == municipalities.merged_into("3025")
        == municipalities.merged_into("0301")
        == []
    )
    assert municipalities.gives_way("3203") == ["0220", "0627", "0628", "3025"]
    assert municipalities.gives_way("0627") == municipalities.gives_way("0301") == []
