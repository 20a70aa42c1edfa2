"""Damaged files of every source, a few each time and those that once went wrong; `make fuzz` tries many more."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from growthleads_assets.contracts.registry import SOURCES
from tests.homes import Home, Server
from tests.landing.fuzzing import GOOD_FILES, damaged_files, loads_as_parsed, parsed_as_the_rules_say


@pytest.mark.parametrize("name", SOURCES)
@given(data=st.data())
def test_a_damaged_file_is_loaded_quarantined_or_refused_with_a_reason(name: str, data: st.DataObject) -> None:
    parsed_as_the_rules_say(SOURCES[name], data.draw(damaged_files(SOURCES[name])))


@pytest.fixture(scope="module")
def shared_home(server: Server) -> Iterator[Home]:
    # So little that few files are read at once.
    with server.new_home(batch_size=300) as home:
        yield home


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much])
@given(data=st.data())
def test_what_is_accepted_goes_into_the_database_as_it_is(shared_home: Home, data: st.DataObject) -> None:
    source = SOURCES[data.draw(st.sampled_from(sorted(SOURCES)))]
    content = data.draw(damaged_files(source))
    parsed = parsed_as_the_rules_say(source, content)
    if parsed is not None:
        loads_as_parsed(shared_home, source, content, parsed)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GOOD_FILES.items() for text in texts[:1]])
def test_what_is_damaged_was_good_before(name: str, text: str) -> None:
    parsed = parsed_as_the_rules_say(SOURCES[name], text.encode())
    assert parsed is not None
    assert not parsed.rows.is_empty()


def test_faults_far_down_a_large_file_are_put_into_words() -> None:
    good = "".join(f",br{number},1\n" for number in range(5000))
    content = f"date,voluum_brand,clicks\n{good}" + 2 * ",,,,\n" + 2 * "x,,-1\n"

    parsed = parsed_as_the_rules_say(SOURCES["voluum"], content.encode())

    assert parsed is not None
    assert parsed.rows.height == 5000
    wrong_width = (
        "The line has 5 instead of 3 fields: give every column its field, and quote a value with a comma in it."
    )
    wrong_values = (
        "date `x` is no date: write it like 2024-03-26 or 2024-03-26 13:45:00. "
        "voluum_brand is empty: fill it in. clicks `-1` is below 0: correct it."
    )
    assert parsed.quarantined["detail"].to_list() == [wrong_width, wrong_width, wrong_values, wrong_values]
