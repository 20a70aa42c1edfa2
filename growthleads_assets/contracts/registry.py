"""The source registry: one entry per source says all that the platform needs to know of it.

Belongs here: whether a source is required, for which part, and whether its files leave the landing zone.
Does not: anything that reads a file or a table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

import pandera.polars as pa
import polars as pl

from growthleads_assets.contracts import derivations, schemas

PARTS = (1, 2)
"""The parts a source can feed; part 3 is the sum of both."""


class Derivation(NamedTuple):
    """Columns computed from a file's own rows, and the rules over several rows that they must keep.

    ``compute`` takes the typed rows (the schema's columns, ``<column>_key`` for folded ones, ``line``) and
    returns them with the columns of ``schema`` added, and the faults found.
    """

    schema: type[pa.DataFrameModel] | None
    compute: Callable[[pl.DataFrame], tuple[pl.DataFrame, list[derivations.Fault]]]


@dataclass(frozen=True)
class Source:
    """One source of files.

    ``parts`` are the parts of the result it feeds; ``required_for`` those of them that wait for it.
    ``leaves_landing_zone`` says whether an accepted file is removed from the landing zone. ``key`` are the columns by
    which rows of one version of a dimension are compared with those of another.
    """

    name: str
    kind: Literal["event", "dimension"]
    schema: type[pa.DataFrameModel]
    parts: frozenset[int]
    required_for: frozenset[int]
    leaves_landing_zone: bool
    derivation: Derivation | None = None
    key: tuple[str, ...] = ()

    @property
    def is_event(self) -> bool:
        return self.kind == "event"

    @property
    def description(self) -> str:
        return " ".join((self.schema.__doc__ or self.name).split())

    @property
    def earnings_column(self) -> str | None:
        """The column that says what a row is worth, in money; None for a source that delivers none."""
        columns = self.schema.to_schema().columns.items()
        return next((name for name, column in columns if isinstance(column.dtype.type, pl.Decimal)), None)

    @property
    def delivers_running_totals(self) -> bool:
        """Whether its earnings are what there has been so far, so that they must not be taken for what a day added."""
        column = self.schema.to_schema().columns.get(self.earnings_column or "")
        return bool(column and (column.metadata or {}).get("is_running_total"))

    @property
    def optional_columns(self) -> frozenset[str]:
        """Columns that a file may leave out: they are read as null."""
        return frozenset(n for n, c in self.schema.to_schema().columns.items() if not c.required)

    def file_name(self, day: date | None) -> str:
        """The name its file must have: the day's for events, the source's own for dimensions."""
        return f"{day:%Y-%m-%d}.csv" if day else f"{self.name}.csv"


Registry = Mapping[str, Source]

ALL_PARTS = frozenset(PARTS)


def _registry(*sources: Source) -> Registry:
    return {source.name: source for source in sources}


SOURCES: Registry = _registry(
    Source(
        name="routy",
        kind="event",
        schema=schemas.Routy,
        parts=frozenset({1}),
        required_for=frozenset({1}),
        leaves_landing_zone=True,
    ),
    Source(
        name="voluum",
        kind="event",
        schema=schemas.Voluum,
        parts=ALL_PARTS,
        required_for=ALL_PARTS,
        leaves_landing_zone=True,
    ),
    Source(
        name="manual",
        kind="event",
        schema=schemas.Manual,
        parts=frozenset({1}),
        required_for=frozenset(),
        leaves_landing_zone=True,
    ),
    Source(
        name="scrapers",
        kind="event",
        schema=schemas.Scrapers,
        parts=frozenset({2}),
        required_for=frozenset({2}),
        leaves_landing_zone=True,
    ),
    Source(
        name="deals",
        kind="dimension",
        schema=schemas.Deals,
        parts=ALL_PARTS,
        required_for=ALL_PARTS,
        leaves_landing_zone=False,
        derivation=Derivation(schemas.DealTerms, derivations.deal_terms),
        key=("marketing_source", "valid_from"),
    ),
    Source(
        name="voluum_mapper",
        kind="dimension",
        schema=schemas.VoluumMapper,
        parts=ALL_PARTS,
        required_for=ALL_PARTS,
        leaves_landing_zone=False,
        derivation=Derivation(None, derivations.one_source_per_brand),
        key=("voluum_brand_key",),
    ),
    Source(
        name="central_mapping",
        kind="dimension",
        schema=schemas.CentralMapping,
        parts=ALL_PARTS,
        required_for=ALL_PARTS,
        leaves_landing_zone=False,
        derivation=Derivation(schemas.StandardOperator, derivations.standard_operators),
        key=("variants_key",),
    ),
)
"""Every source of the platform, by name."""
