"""The data that is measured on: generated, the same every time, and clean unless it is said otherwise.

Belongs here: files in the format that lands. Does not: where homes are.

Values are drawn by a linear congruence over row number and seed. A day has ``rows`` rows in each of its four files, and
each marketing source has terms, clicks and the same number of operators.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

EVENT_SOURCES = ("routy", "voluum", "manual", "scrapers")
COUNTRIES = ("US", "FR", "SE", "CA")
BRANDS_PER_SOURCE = 2
ROWS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Shape:
    """How much a day holds: marketing sources, operators of each, and rows of each file."""

    sources: int
    operators: int
    rows: int

    def scaled(self, scale: float) -> "Shape":
        """The same with fewer sources, and so fewer rows."""
        sources = max(2, round(self.sources * scale))
        return Shape(sources, self.operators, max(1, round(self.rows * sources / self.sources)))


SMALL = Shape(sources=4, operators=3, rows=12)
FULL = Shape(sources=200, operators=10, rows=2_000)
"""What the targets are about: 200 marketing sources with 10 operators each, a row a day for each pair."""


def temporary_folder() -> Path:
    """A folder that the server's account can enter too, where the platform runs as root."""
    folder = Path(tempfile.mkdtemp(prefix="growthleads-bench-"))
    folder.chmod(0o755)
    return folder


def first_of(last: date, days: int) -> date:
    """The first of so many days up to the last one."""
    return last - timedelta(days=days - 1)


def write_dimensions(zone: Path, shape: Shape, *, version: int = 1) -> None:
    """Deals, mapped brands and mapped operators of every source."""
    write_deals(zone, shape, version=version)
    brands = [f"brand-{number},SOURCE-{number % shape.sources}" for number in range(shape.sources * BRANDS_PER_SOURCE)]
    _write_lines(zone / "voluum_mapper.csv", "voluum_brand,marketing_source", brands)
    operators = [
        f"Operator {number},OPERATOR{number},{COUNTRIES[number % len(COUNTRIES)]}" for number in range(shape.operators)
    ]
    _write_lines(zone / "central_mapping.csv", "variants,std_operator,country", operators)


def write_deals(zone: Path, shape: Shape, *, version: int) -> None:
    """The terms of every source; another version pays otherwise for every source."""
    deals = [
        f"SOURCE-{number},PPC,total commision= raw_earnings + clicks*{version}.25" for number in range(shape.sources)
    ]
    _write_lines(zone / "deals.csv", "marketing_source,deal,comments", [*deals, "Default,RAW,raw_earnings"])


def write_days(zone: Path, first: date, last: date, shape: Shape, *, seed: int = 0) -> None:
    """All four files of each day."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for source in EVENT_SOURCES:
            write_day(zone, source, day, shape, seed=seed)


def write_day(zone: Path, source: str, day: date, shape: Shape, *, seed: int = 0) -> Path:
    """One file of a day; another seed gives other amounts for the same keys."""
    path = zone / source / f"{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    _MAKERS[source](day, shape, seed + day.toordinal()).write_csv(path)
    return path


def write_routy(path: Path, day: date, rows: int, *, first_row: int = 0, bad_share: float = 0) -> int:
    """A big routy file of distinct rows, of which a share breaks a rule in one of five ways; its size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        for start in range(0, rows, ROWS_AT_ONCE):
            numbers = _numbers(min(ROWS_AT_ONCE, rows - start), start + first_row)
            text = _routy(numbers, day, FULL, seed=7)
            if bad_share:
                text = _spoilt(text, numbers, every=round(1 / bad_share))
            text.write_csv(target, include_header=start == 0)
    return path.stat().st_size


def _spoilt(rows: pl.DataFrame, numbers: pl.DataFrame, *, every: int) -> pl.DataFrame:
    """One row in ``every`` with a fault of its own kind: date, amount, count, name, day."""
    fault = pl.when(pl.col("n") % every == 0).then(pl.col("n") // every % 5)
    spoil = {
        "date": {0: "yesterday", 4: "1999-01-01 00:00:00"},
        "raw_earnings": {1: "1,000.50"},
        "visits": {2: "-1"},
        "marketing_source": {3: ""},
    }
    spoilt = rows.with_columns(pl.all().cast(pl.String)).hstack([numbers.select(fault.alias("fault"))["fault"]])
    for column, faults in spoil.items():
        for number, text in faults.items():
            value = pl.when(pl.col("fault") == number).then(pl.lit(text)).otherwise(pl.col(column))
            spoilt = spoilt.with_columns(value.alias(column))
    return spoilt.drop("fault")


def _numbers(rows: int, first: int = 0) -> pl.DataFrame:
    return pl.DataFrame({"n": pl.int_range(first, first + rows, eager=True)})


def _drawn(below: int, seed: int, salt: int) -> pl.Expr:
    """A number from 0 to ``below`` for each row."""
    return (pl.col("n") * 2_654_435_761 + seed * 40_503 + salt * 69_069) // 65_536 % below


def _source(shape: Shape) -> pl.Expr:
    return pl.concat_str(pl.lit("SOURCE-"), pl.col("n") % shape.sources).alias("marketing_source")


def _operator(shape: Shape) -> pl.Expr:
    return pl.concat_str(pl.lit("Operator "), pl.col("n") // shape.sources % shape.operators).alias("operator")


def _country() -> pl.Expr:
    return (pl.col("n") % len(COUNTRIES)).replace_strict(dict(enumerate(COUNTRIES)), return_dtype=pl.String)


def _amount(below: int, seed: int, salt: int) -> pl.Expr:
    """An amount with cents."""
    return _with_cents(_drawn(below, seed, salt), _drawn(100, seed, salt + 1))


def _with_cents(whole: pl.Expr, cents: pl.Expr) -> pl.Expr:
    return pl.concat_str(whole, pl.lit("."), cents.cast(pl.String).str.zfill(2))


def _routy(numbers: pl.DataFrame, day: date, shape: Shape, seed: int) -> pl.DataFrame:
    return numbers.select(
        pl.lit(f"{day} 00:00:00").alias("date"),
        _source(shape),
        _operator(shape),
        _country().alias("country"),
        _country().alias("countryCode"),
        _amount(500, seed, 1).alias("raw_earnings"),
        # The row's own number keeps rows apart: a repeated row would be one of the duplicates.
        (pl.col("n") // (shape.sources * shape.operators) * 100 + _drawn(100, seed, 3)).alias("visits"),
        _drawn(10, seed, 4).alias("signups"),
    )


def _voluum(day: date, shape: Shape, seed: int) -> pl.DataFrame:
    return _numbers(shape.rows).select(
        pl.lit(f"{day} 00:00:00").alias("date"),
        pl.concat_str(pl.lit("brand-"), pl.col("n") % (shape.sources * BRANDS_PER_SOURCE)).alias("voluum_brand"),
        (pl.col("n") * 20 + _drawn(20, seed, 5)).alias("clicks"),
    )


def _manual(day: date, shape: Shape, seed: int) -> pl.DataFrame:
    columns = ("date", "marketing_source", "operator", "raw_earnings", "visits", "signups")
    return _routy(_numbers(shape.rows), day, shape, seed + 1).select(columns)


def _scrapers(day: date, shape: Shape, seed: int) -> pl.DataFrame:
    """Totals that grow every day; one key in a hundred was not observed."""
    since = (day - date(2015, 1, 1)).days
    growth = pl.col("n") % 7 + 1
    return (
        _numbers(shape.sources * shape.operators)
        .head(shape.rows)
        .filter((pl.col("n") * 13 + since * 7) % 101 != 0)
        .select(
            pl.lit(f"{day} 00:00:00").alias("date"),
            _source(shape),
            _operator(shape),
            _country().alias("country"),
            _with_cents(growth * since, _drawn(100, seed, 6)).alias("total_earnings"),
            (growth * since + _drawn(2, seed, 7)).alias("visits"),
        )
    )


_MAKERS = {
    "routy": lambda day, shape, seed: _routy(_numbers(shape.rows), day, shape, seed),
    "voluum": _voluum,
    "manual": _manual,
    "scrapers": _scrapers,
}


def _write_lines(path: Path, header: str, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines, ""]))
