"""How a large night is dealt to batches."""

from hypothesis import given
from hypothesis import strategies as st

from dagster_project.night.batches import deal

WEIGHTS = st.dictionaries(st.integers(301, 5799).map("{:04}".format), st.integers(1, 10**9), min_size=1)


@given(WEIGHTS, st.integers(1, 40), st.integers(1, 8))
def test_every_municipality_is_in_one_batch_and_no_batch_is_empty(weights, size, workers) -> None:
    batches = deal(weights, size, workers)
    assert sorted(number for batch in batches for number in batch) == sorted(weights)
    assert all(batches)


@given(WEIGHTS, st.integers(1, 40), st.integers(1, 8))
def test_batches_weigh_about_the_same(weights, size, workers) -> None:
    batches = deal(weights, size, workers)
    of_batch = [sum(weights[number] for number in batch) for batch in batches]
    assert max(of_batch) <= sum(of_batch) / len(batches) + max(weights.values())


def test_there_is_work_for_every_worker_until_the_end() -> None:
    country = {f"{number:04}": 1 for number in range(357)}
    assert [len(deal(country, 20, workers)) for workers in (1, 2, 4, 5)] == [18, 18, 20, 20]
    assert [len(batch) for batch in deal(dict(list(country.items())[:100]), 20, 2)] == [17, 17, 17, 17, 16, 16]


def test_of_two_municipalities_the_large_one_is_alone() -> None:
    assert deal({"0301": 70, "1103": 10, "1804": 20, "4601": 30}, 2, 1) == [["0301"], ["1103", "1804", "4601"]]
