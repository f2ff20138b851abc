"""A night of hostile deliveries, each a municipality's of its own, beside two good ones."""

import os
import threading
from datetime import date
from pathlib import Path

import psutil
import pytest

from tests.conftest import BOLIG, Install
from tests.deliveries import person, write_delivery
from tests.hostile import CASES

NEW_YEAR = date(2011, 1, 1)
GOOD = ("0220", "0301")
MOST_MB = 1500


def watch(process: psutil.Popen, peak: dict[str, int]) -> None:
    """Keep the most memory that the process and all that it started had at once."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        memory = 0
        for each in [process, *process.children(recursive=True)]:
            try:
                memory += each.memory_full_info().uss
            except psutil.Error:
                continue
        peak["mb"] = max(peak["mb"], memory // 1_000_000)


@pytest.mark.attack
@pytest.mark.thorough
def test_every_hostile_file_is_refused_beside_good_deliveries_and_memory_stays_within_bounds(
    install: Install, tmp_path: Path
) -> None:
    installation = install()
    for number in GOOD:
        write_delivery(tmp_path, number, NEW_YEAR, {"waitlist_entry": [{}]})
    numbers = dict(zip((str(number) for number in range(4601, 5000)), CASES, strict=False))
    assert len(numbers) == len(CASES) > 60
    for number, case in numbers.items():
        CASES[case].write(write_delivery(tmp_path, number, NEW_YEAR))
    # one run for all: in batches their memory would be less at once
    environment = os.environ | {"BOLIG_HOME": str(installation.settings.home), "BOLIG_BATCH": "1000"}
    log = tmp_path / "log"
    with log.open("w") as file:
        process = psutil.Popen([BOLIG, "nightly", "--landing", tmp_path], env=environment, stdout=file, stderr=file)
        peak = {"mb": 0}
        watching = threading.Thread(target=watch, args=(process, peak))
        watching.start()
        assert process.wait() == 1, "not all of it is published"
        watching.join()
    told = log.read_text()
    assert "Traceback" not in told
    assert person(1) not in told
    published = {number for (number,) in installation.ask("select municipality_no from scorecard.publication")}
    assert set(GOOD) <= published
    for number, case in numbers.items():
        refused = f"The delivery of {number} of 2011-01-01 is refused" in told
        assert refused != (number in published), case
        assert refused or not CASES[case].is_refused, case
    assert peak["mb"] < MOST_MB
