"""Files that were made to stop the night, read one by one: each refuses its delivery, or is harmless."""

from datetime import date
from pathlib import Path

import pytest

from dagster_project.landing.delivery import Delivery, fingerprint, lines_with, read
from dagster_project.settings import Settings
from tests.deliveries import person, write_delivery
from tests.hostile import CASES

DAY = date(2011, 1, 1)
# counting to a gigabyte takes a second each time
LIMITS = Settings(BOLIG_MAX_FILE_MB=60, BOLIG_WORKBOOK_MB=400)  # type: ignore[call-arg]


@pytest.mark.slow
@pytest.mark.attack
@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_refuses_its_delivery_with_a_sentence_and_nothing_else(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    folder = write_delivery(tmp_path, "0301", DAY)
    case.write(folder)
    delivery = Delivery("0301", DAY, folder)
    reading = read(delivery, LIMITS)
    assert bool(reading.faults) == case.is_refused, reading.faults
    for fault in reading.faults:
        assert fault.message.isprintable() and len(fault.message) < 1000, fault
        assert "Ask the owner of the" in fault.message
    told = f"{reading.faults} {reading.ignored_files} {[extract.files for extract in reading.extracts.values()]}"
    assert person(1) not in told
    assert len(reading.ignored_files) <= 21
    # what is asked of a delivery besides does not fall over it either
    assert fingerprint(delivery, LIMITS) == reading.sha256
    assert lines_with(delivery, person(1), LIMITS)["allocation/application.csv"] == [2]
