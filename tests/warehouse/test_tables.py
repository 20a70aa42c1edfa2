"""The platform's own tables: what they refuse to be told."""

from datetime import timedelta

import pytest

from growthleads_assets.settings import SettingsError
from growthleads_assets.warehouse.tables import record_settings
from tests.homes import Home


def test_a_time_zone_that_the_database_does_not_know_is_one_sentence(home: Home) -> None:
    before = home.query("select * from bronze.settings")

    with home.platform.connected() as connection, pytest.raises(SettingsError) as raised:
        record_settings(
            connection, late_after=timedelta(hours=1), provisional_for=timedelta(days=1), timezone="localtime"
        )

    assert str(raised.value).startswith(
        "GROWTHLEADS_TIMEZONE is 'localtime', but must be a time zone that the database"
    )
    assert home.query("select * from bronze.settings") == before
