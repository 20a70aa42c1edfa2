"""What blocks: no mart changes by a window that breaks a rule, whichever it is, and the failure names the rule.

The rules are broken where nothing in the platform could break them, in the database: triggers falsify rows as they are
written, and views say something else than their models.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from growthleads_assets.warehouse.publication import MARTS, PublicationBlocked
from growthleads_assets.warehouse.transformation import TransformationFailed
from tests.cases import brands, deals, manual, no_clicks, operators, routy, scrapers, voluum
from tests.homes import Home

FIRST, BETWEEN, CORRECTED, WAITING = "2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07"

# A's key of the corrected day is spread over the day before; B is at its baseline, and C was observed each day.
BEFORE = {
    **deals("Default,x,raw_earnings + clicks"),
    **brands("br1,A"),
    **operators("foo nj,Foo,US"),
    **routy(FIRST, ",A,foo nj,US,,10,1,0", ",A,Bar,US,,5,1,0"),
    **scrapers(FIRST, ",A,foo nj,US,100,10", ",C,Bar,US,10,1"),
    **scrapers(BETWEEN, ",C,Bar,US,20,2"),
    **no_clicks(FIRST, BETWEEN),
    **routy(WAITING, ",A,Bar,US,,5,1,0"),
}


def _correction(number: int) -> dict[str, str]:
    """Files of one day in their nth version; each has another amount."""
    return {
        **routy(CORRECTED, f",A,foo nj,US,,{number},1,0", ",A,Bar,US,,5,1,0"),
        **manual(CORRECTED, f",A,Foo,{number},1,0"),
        **voluum(CORRECTED, f",br1,{number}"),
        **scrapers(CORRECTED, f",A,foo nj,US,{120 + number},20", ",B,Foo,US,50,5", f",C,Bar,US,{30 + number},3"),
    }


@dataclass(frozen=True)
class Sabotage:
    """Rows falsified in tables, by table as the body of a trigger, and views, by view as a query of the `honest` one.

    ``fails`` is what the failure must name.
    """

    fails: Sequence[str]
    rows: Mapping[str, str] = field(default_factory=dict)
    views: Mapping[str, str] = field(default_factory=dict)
    before: str = ""

    @contextmanager
    def committed(self, home: Home) -> Iterator[None]:
        with ExitStack() as stack:
            if self.before:
                home.query_all(self.before)
            for table, body in self.rows.items():
                stack.enter_context(_falsified(home, table, body))
            for view, query in self.views.items():
                stack.enter_context(_replaced(home, view, query))
            yield


@contextmanager
def _falsified(home: Home, table: str, body: str) -> Iterator[None]:
    name = f'"falsify {table}"'
    home.query_all(
        f"create function {name}() returns trigger language plpgsql as 'begin {body} return new; end';"
        f"create trigger falsify before insert on {table} for each row execute function {name}()"
    )
    try:
        yield
    finally:
        home.query_all(f"drop function {name} cascade")


@contextmanager
def _replaced(home: Home, view: str, query: str) -> Iterator[None]:
    """Another view of the same name and columns, and the same comment, by which dbt takes it for its own."""
    [row] = home.query("select pg_get_viewdef(%s::regclass) as definition", view)
    honest = row["definition"].rstrip(";")
    home.query_all(f"create or replace view {view} as with honest as ({honest}) {query}")
    try:
        yield
    finally:
        home.query_all(f"create or replace view {view} as {honest}")


CALCULATION = {
    "bronze rows": Sabotage(
        fails=[
            "bronze_routy_rows_read_are_loaded_or_quarantined",
            "bronze_manual_values_are_in_their_range",
            "bronze_voluum_dates_are_of_the_files_day",
            "bronze_scrapers_required_values_are_given",
        ],
        rows={
            "bronze.routy": "if new._line = 3 then return null; end if;",
            "bronze.manual": "new.visits := -1;",
            "bronze.voluum": "new.date := new.date + interval ''1 day'';",
            "bronze.scrapers": "new.operator_key := null;",
        },
        before="alter table bronze.scrapers alter operator_key drop not null",
    ),
    "dimensions that multiply rows": Sabotage(
        fails=[
            "deals_terms_of_a_source_do_not_overlap",
            "voluum_brands_key_is_given_and_unique",
            "operator_variants_key_is_given_and_unique",
        ],
        views={
            "silver.deals": "table honest union all select marketing_source, is_default, deal, formula, "
            "date '2024-01-01', in_force_until, per_raw_earnings, per_click, per_visit, per_signup, fixed, "
            "denominator, terms, label_contradicts from honest",
            "silver.voluum_brands": "table honest union all select voluum_brand_key, voluum_brand, 'B' from honest",
            "silver.operator_variants": "table honest union all select name_key, 'Other', country, true from honest",
        },
    ),
    "events and increases": Sabotage(
        fails=[
            "traffic_events_source_is_known",
            "traffic_events_counts_are_not_negative",
            "scraper_increases_increases_are_not_negative",
            "scraper_increases_a_baseline_counts_nothing",
            "scraper_increases_only_short_gaps_are_estimated",
            "scraper_increases_nothing_of_a_total_is_lost",
        ],
        rows={
            "silver.traffic_events": "if new.source = ''manual'' then new.source := ''by hand''; "
            "else new.signups := -1; end if;",
            "silver.scraper_increases": "if new.is_baseline then new.earnings := 5; "
            "elsif new.is_estimated then new.earnings := -1; "
            "elsif new.marketing_source = ''C'' then new.is_estimated := true; end if;",
        },
    ),
    "commissions": Sabotage(
        fails=[
            "web_commission_daily_commission_is_not_negative",
            "web_commission_daily_clicks_are_not_negative",
            "scraper_commission_daily_commission_is_not_negative",
            "scraper_commission_daily_a_baseline_pays_nothing",
            "scraper_commission_daily_increases_and_clicks_are_not_negative",
        ],
        rows={
            "gold.web_commission_daily": "new.total_commission := -0.01; new.clicks := -1;",
            "gold.scraper_commission_daily": "if new.is_baseline then new.total_commission := 7; "
            "else new.total_commission := -0.01; new.visits := -1; end if;",
        },
    ),
    "shares": Sabotage(
        fails=[
            "web_commission_by_operator_adds_up_to_the_commission",
            "scraper_commission_by_operator_adds_up_to_the_commission",
            "scraper_commission_by_operator_commission_is_not_negative",
        ],
        rows={
            "gold.web_commission_by_operator": "if new.operator = ''Bar'' then return null; end if;",
            "gold.scraper_commission_by_operator": "new.commission := new.commission - 100;",
        },
    ),
}
"""What dbt's tests find before anything is published, by layer: what fails keeps those after it from being built."""


def test_a_window_that_fails_a_test_changes_no_mart(home: Home, subtests: pytest.Subtests) -> None:
    home.land_and_settle({**BEFORE, **_correction(0)})
    before = _published(home)

    for number, (layer, sabotage) in enumerate(CALCULATION.items(), start=1):
        with subtests.test(layer):
            home.land(_correction(number))
            with sabotage.committed(home), pytest.raises(TransformationFailed) as failure:
                home.settle(with_tests=True)

            assert [name for name in sabotage.fails if f"test {name}: Got" not in str(failure.value)] == []
            assert _published(home) == before

    # Nothing stays behind: the next correction is published as if none of that had been.
    home.land_and_settle(_correction(6), with_tests=True)
    # A: 6 by routy, 5 by routy, 6 by hand, 6 clicks; of scrapers 126 - 100 over two days and 6 clicks on this one.
    assert home.commissions("solution_1_marketing_daily")["A", CORRECTED] == Decimal("23.00")
    assert home.commissions("solution_2_marketing_daily")["A", CORRECTED] == Decimal("19.00")
    assert home.commissions("solution_2_marketing_daily")["C", CORRECTED] == Decimal("16.00")


def test_what_stands_between_two_observations_counts_whatever_observation_it_names(home: Home) -> None:
    home.land_and_settle(
        {
            **deals("Default,x,raw_earnings"),
            **brands("br1,A"),
            **operators("foo nj,Foo,US"),
            **scrapers("2024-03-01", ",A,foo nj,US,100,10"),
            **scrapers("2024-03-20", ",A,foo nj,US,110,10"),
        }
    )
    check = "scraper_increases_nothing_of_a_total_is_lost"
    home.platform.transformation.test_all_of_history([check])
    # As an estimate would stay whose observation has been taken back: 60 are counted where the total grew by 10.
    home.query_all(
        """
        insert into silver.scraper_increases (
            date, marketing_source, operator, country, earnings, visits, is_baseline, is_estimated, earnings_went_back,
            visits_went_back, observed_on, previously_observed_on
        )
        values ('2024-03-10', 'A', 'Foo', 'US', 50, 0, false, true, false, false, '2024-03-12', '2024-03-09')
        """
    )

    with pytest.raises(TransformationFailed, match=f"test {check}: Got 1 result"):
        home.platform.transformation.test_all_of_history([check])


def _published(home: Home) -> dict[str, list[dict[str, Any]]]:
    """All that readers see: the marts, which days they show, and what was restated."""
    tables = (*MARTS, "published_days", "commission_restatements")
    return {table: home.query(f"select * from gold.{table} as t order by t::text") for table in tables}


def _amounts(view: str, commission: str) -> str:
    """A query of a mart's view with another commission."""
    key = "operator, month" if view.endswith("monthly") else "marketing_source, date"
    return f"select {key}, ({commission})::numeric(24, 2) as total_commission from honest"


PUBLICATION = {
    "a month without its cents": Sabotage(
        fails=["operators of a month add up to its sources in solution_1_operators_monthly"],
        views={"candidate.solution_1_operators_monthly": _amounts("monthly", "total_commission - 0.01")},
    ),
    "months exchanged": Sabotage(
        fails=["an operator has its days in a month in solution_1_operators_monthly: Bar"],
        views={
            "candidate.solution_1_operators_monthly": "select case operator when 'Foo' then 'Bar' else 'Foo' end "
            "as operator, month, total_commission from honest"
        },
    ),
    "a day without a share": Sabotage(
        fails=["operators share what a source has on a day in solution_2_operators_daily: C"],
        views={"candidate.solution_2_operators_daily": "select * from honest where marketing_source <> 'C'"},
    ),
    "a share without its day": Sabotage(
        fails=["operators share what a source has on a day in solution_2_operators_daily: B"],
        views={"candidate.solution_2_marketing_daily": "select * from honest where marketing_source <> 'B'"},
    ),
    "a negative commission": Sabotage(
        fails=["no commission is negative in solution_3_marketing_daily: A"],
        views={"candidate.solution_3_marketing_daily": _amounts("daily", "-total_commission")},
    ),
    "a baseline that pays": Sabotage(
        fails=["a baseline pays nothing in solution_2_marketing_daily: C"],
        views={
            "candidate.solution_2_marketing_daily": "select marketing_source, date, raw_earnings, visits, clicks, "
            "is_estimated, true as is_baseline, total_commission from honest"
        },
    ),
    "part 3 a day short": Sabotage(
        fails=["part 3 is the sum of parts 1 and 2 in solution_3_marketing_daily: B"],
        views={"candidate.solution_3_marketing_daily": "select * from honest where total_commission > 0"},
    ),
    "part 3 with equal amounts once": Sabotage(
        fails=["part 3 is the sum of parts 1 and 2 in solution_3_operators_monthly: Foo"],
        views={"candidate.solution_3_operators_monthly": _amounts("monthly", "total_commission / 2")},
    ),
    "a day that waits": Sabotage(
        fails=[f"a source has commission on published days only in solution_1_marketing_daily: A, {WAITING}"],
        views={
            "candidate.solution_1_marketing_daily": "table honest union all select marketing_source, "
            f"date '{WAITING}', raw_earnings, visits, signups, clicks, total_commission from honest "
            f"where date = '{CORRECTED}'"
        },
    ),
    "a day twice": Sabotage(
        fails=["solution_1_marketing_daily: duplicate key", f"({CORRECTED}, A) already exists"],
        views={"candidate.solution_1_marketing_daily": "table honest union all table honest"},
    ),
    "a key that is not given": Sabotage(
        fails=['solution_2_operators_daily: null value in column "operator"'],
        views={
            "candidate.solution_2_operators_daily": "select marketing_source, date, null::text as operator, commission "
            "from honest"
        },
    ),
}
"""What the publisher finds inside its transaction."""


def test_numbers_that_break_a_rule_of_the_marts_are_not_published(home: Home, subtests: pytest.Subtests) -> None:
    home.land_and_settle({**BEFORE, **_correction(0)})
    before = _published(home)
    home.land(_correction(1))
    home.settle(stop_after="calculating")

    with home.platform.connected() as connection:
        for what, sabotage in PUBLICATION.items():
            with subtests.test(what):
                with sabotage.committed(home), pytest.raises(PublicationBlocked) as failure:
                    _publish(home, connection)

                assert [rule for rule in sabotage.fails if rule not in str(failure.value)] == []
                assert _published(home) == before
        _publish(home, connection)

    # A: 1 and 5 by routy, 1 by hand, and 1 click.
    assert home.commissions("solution_1_marketing_daily")["A", CORRECTED] == Decimal("8.00")


def _publish(home: Home, connection: psycopg.Connection) -> None:
    home.publish(connection, date.fromisoformat(CORRECTED), date.fromisoformat(WAITING))
