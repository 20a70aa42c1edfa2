"""What an export says, whatever order of texts the database prefers."""

import io

import pytest

from growthleads_assets.warehouse.export import write_csv
from tests.homes import Home


# The bundled server knows no order of texts but that of their bytes, by one name or another.
@pytest.mark.parametrize("collation", ['collate "ucs_basic"', ""])
def test_rows_are_in_the_order_of_their_keys_bytes(home: Home, collation: str) -> None:
    columns = f"name text {collation}, day date, amount numeric, primary key (name, day)"
    home.query_all(f"create table gold.names ({columns})")
    home.query_all(
        "insert into gold.names values ('b', '2024-03-02', 1.50), ('é', '2024-03-01', 2), ('B', '2024-03-01', 3), "
        "('b', '2024-03-01', 4), ('a', '2024-03-01', 5)"
    )
    written = io.BytesIO()

    with home.platform.connected() as connection:
        write_csv(connection, "names", written)

    assert written.getvalue().decode().splitlines() == [
        "name,day,amount",
        "B,2024-03-01,3",
        "a,2024-03-01,5",
        "b,2024-03-01,4",
        "b,2024-03-02,1.50",
        "é,2024-03-01,2",
    ]
