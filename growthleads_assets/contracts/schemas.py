"""One pandera schema per source: the columns of its file and, where a rule computes any, the columns derived.

Belongs here: column names, types, nullability, ranges and descriptions. Does not: how a file is read.

The type of a column decides how its text is read (docs/domain.md, "Cleaning"):

| type | read as | in PostgreSQL |
|---|---|---|
| ``Timestamp`` | a date within the file's day, null meaning the start of that day | timestamp |
| ``Day`` | a date, its time ignored | date |
| ``Money`` | a plain decimal of up to 12 digits before and 9 after the point | numeric(21,9) |
| ``Count`` | a whole number from 0 of up to 12 digits | bigint |
| ``str`` | trimmed text; a ``name_field`` has up to 200 characters | text |
| ``Exact`` | (derived columns only) a whole number of any size, carried as text | numeric |

A column with ``FOLDED`` metadata is compared in lower case: its table has ``<column>_key`` beside it. One with
``RUNNING_TOTAL`` says what there has been so far, not what a day added.
"""

from typing import Annotated, Any

import pandera.polars as pa
import polars as pl

MONEY_PRECISION = 21
MONEY_SCALE = 9
COUNT_DIGITS = 12

LONGEST_NAME = 200
"""Characters of a name, which is what tables are keyed by.

An entry of a PostgreSQL index holds 2704 bytes. The widest key has three names and a day (scraper_increases); a
character takes up to 4 bytes, in lower case too: with the entry's own 8, 3 * (4 + 4 * 200) + 4 + 8 = 2424 bytes.
"""

Timestamp = Annotated[pl.Datetime, "us", None]
Day = pl.Date
Money = Annotated[pl.Decimal, MONEY_PRECISION, MONEY_SCALE]
Count = pl.Int64
Exact = str

FOLDED = {"folded": True}
EXACT = {"sql_type": "numeric"}
RUNNING_TOTAL = {"is_running_total": True}


def folded_columns(schema: type[pa.DataFrameModel]) -> list[str]:
    """The columns of a schema that are compared in lower case, in order."""
    return [name for name, column in schema.to_schema().columns.items() if (column.metadata or {}).get("folded")]


def lower_case(column: str, key: str | None = None) -> pl.Expr:
    """A column in Unicode lower case, named ``<column>_key``: what names are compared by, in every room."""
    return pl.col(column).str.to_lowercase().alias(key or f"{column}_key")


def name_field(*, nullable: bool, description: str, folded: bool = False) -> Any:
    """A text that names something: it may become part of a key, so its length is limited."""
    return pa.Field(
        nullable=nullable,
        str_length={"max_value": LONGEST_NAME},
        metadata=FOLDED if folded else None,
        description=description,
    )


def _date() -> Any:
    return pa.Field(nullable=False, description="When it happened; a blank means the start of the file's day.")


def _marketing_source() -> Any:
    return name_field(nullable=False, description="The marketing source that brought the traffic, compared exactly.")


def _operator() -> Any:
    return name_field(nullable=False, folded=True, description="The operator's name as delivered.")


def _count(what: str) -> Any:
    return pa.Field(nullable=True, ge=0, lt=10**COUNT_DIGITS, description=f"Number of {what}.")


class Routy(pa.DataFrameModel):
    """Web traffic earnings from routy. One row per reported amount."""

    date: Timestamp = _date()
    marketing_source: str = _marketing_source()
    operator: str = _operator()
    country: str = name_field(nullable=True, description="Country of the operator, as reported.")
    country_code: str = name_field(nullable=True, description="Country code; preferred to country where given.")
    raw_earnings: Money = pa.Field(nullable=True, description="Earnings; negative for a chargeback.")
    visits: Count = _count("visits")
    signups: Count = _count("signups")


class Voluum(pa.DataFrameModel):
    """Clicks per voluum brand. One row per reported count."""

    date: Timestamp = _date()
    voluum_brand: str = name_field(nullable=False, folded=True, description="The brand in voluum.")
    clicks: Count = _count("clicks")


class Manual(pa.DataFrameModel):
    """Hand-entered web traffic earnings. One row per entered amount."""

    date: Timestamp = _date()
    marketing_source: str = _marketing_source()
    operator: str = _operator()
    raw_earnings: Money = pa.Field(nullable=True, description="Earnings; negative for a chargeback.")
    visits: Count = _count("visits")
    signups: Count = _count("signups")


class Scrapers(pa.DataFrameModel):
    """Running totals scraped from operators' sites. One row per reported total."""

    date: Timestamp = _date()
    marketing_source: str = _marketing_source()
    operator: str = _operator()
    country: str = name_field(nullable=True, description="Country the total is for.")
    total_earnings: Money = pa.Field(
        nullable=True, metadata=RUNNING_TOTAL, description="Earnings so far, a running total."
    )
    visits: Count = _count("visits so far, a running total")


class Deals(pa.DataFrameModel):
    """Commission terms. One row per marketing source and start of validity."""

    marketing_source: str = name_field(nullable=False, description="Whose terms these are, or Default.")
    deal: str = pa.Field(nullable=True, description="Label of the deal; descriptive, the formula decides.")
    comments: str = pa.Field(nullable=False, description="The commission formula.")
    valid_from: Day | None = pa.Field(nullable=True, description="First day the terms hold; null means since always.")


class DealTerms(pa.DataFrameModel):
    """The formula of a deal, taken apart: a weighted sum over one denominator, kept exactly."""

    is_default: bool = pa.Field(description="Whether these are the terms of every source without its own.")
    per_raw_earnings: Exact = pa.Field(metadata=EXACT, description="Numerator of the factor of raw_earnings.")
    per_click: Exact = pa.Field(metadata=EXACT, description="Numerator of the amount per click.")
    per_visit: Exact = pa.Field(metadata=EXACT, description="Numerator of the amount per visit.")
    per_signup: Exact = pa.Field(metadata=EXACT, description="Numerator of the amount per signup.")
    fixed: Exact = pa.Field(metadata=EXACT, description="Numerator of the fixed amount a day.")
    denominator: Exact = pa.Field(metadata=EXACT, description="What all numerators are divided by; above zero.")
    label_contradicts: bool = pa.Field(description="Whether the deal label names other terms than the formula.")


class VoluumMapper(pa.DataFrameModel):
    """Which marketing source a voluum brand's clicks belong to. One row per brand."""

    voluum_brand: str = name_field(nullable=False, folded=True, description="The brand in voluum.")
    marketing_source: str = name_field(nullable=False, description="The marketing source its clicks count for.")


class CentralMapping(pa.DataFrameModel):
    """Which standard operator a delivered name means. One row per variant."""

    variants: str = name_field(nullable=False, folded=True, description="A name as delivered by a source.")
    std_operator: str = name_field(nullable=False, folded=True, description="The standard name as delivered.")
    country: str = name_field(nullable=True, description="The operator's country code.")


class StandardOperator(pa.DataFrameModel):
    """The standard name that a row of the mapping stands for."""

    standard_operator: str = pa.Field(
        metadata=FOLDED, description="The standard name with its country separator resolved."
    )
