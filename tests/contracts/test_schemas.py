"""What the limits of the schemas rest on."""

import polars as pl

from growthleads_assets.contracts.schemas import LONGEST_NAME, lower_case


def test_the_longest_name_in_lower_case_takes_no_more_than_four_bytes_a_character() -> None:
    characters = pl.DataFrame({"name": [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]})

    assert characters.select(lower_case("name").str.len_bytes().max()).item() == 4


def test_three_of_the_longest_names_fit_into_an_index_of_postgresql() -> None:
    header, day, length_of_a_text, most = 8, 4, 4, 2704

    assert header + day + 3 * (length_of_a_text + 4 * LONGEST_NAME) <= most
