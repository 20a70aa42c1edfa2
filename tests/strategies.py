"""Random landing zones: a few days around a month or year end, small files full of dirt, corrections and refusals.

Every history holds for a start date of 2023-01-01 and any day from 2025-04-01 on as today. First elements are the plain
ones, so that a failing history shrinks to a clean and small one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.oracle import FileKey, land


@dataclass
class History:
    """Landings in order: each {path relative to the landing zone: content}, a later one replacing an earlier."""

    batches: list[dict[str, bytes]]
    interruptions: list[str | None] = field(default_factory=list)
    """Where the process is killed that takes up the batch of the same place, if anywhere: see `Home.settle`."""


def in_force(history: History) -> dict[FileKey, bytes]:
    """The versions in force at the end, by (source, file name), as the oracle accepts them."""
    return land(history.batches).in_force


# ----------------------------------------------------------------------------------------------------------------------
# The pools everything is drawn from
# ----------------------------------------------------------------------------------------------------------------------

FIRST_DAYS = tuple(date.fromisoformat(text) for text in ("2024-03-29", "2024-02-27", "2024-12-28", "2024-12-31"))

SOURCES = ("A", "B", "b", 'Quo"te, Inc')
BRANDS = ("br1", "Br2", "BR3", "ÉTÉ")


@dataclass(frozen=True)
class Family:
    """An operator as the mapping file knows it, and the raw names it comes under."""

    standard: str
    country: str
    variants: tuple[str, ...]
    raw_names: tuple[str, ...]


FAMILIES = (
    Family("BENJUS", "US", ("Rivers NJ", "Rivers"), ("Rivers NJ", "rivers", "BENJUS", "benjus")),
    Family("KingsLOLUS", "US", ("Kings",), ("Kings", "kings us", "KingsLOLUS")),
    Family("ÉTOILE LOLFR", "FR", ("Étoile",), ("étoile", "ÉTOILE FR", "étoile lolfr")),
    Family("INTER_LOL", "FR", ("LOL", "a"), ("LOL", "inter_lol", "A")),
    Family("a", "NULL", ("tiny",), ("TINY", "a")),
)
UNMAPPED = ("Zed", "apple", "=1+1", "zed")

EARNINGS = (
    "10",
    "0",
    "0.005",
    "0.015",
    "-3",
    "0.01",
    "100.50",
    "+.5",
    "5.",
    "",
    "NULL",
    "-0.005",
    "0.000000001",
    "1e3",
)
BAD_EARNINGS = ("abc", "inf", "1,000.50", "1234567890123", "0.1234567891", "€5")
COUNTS = ("1", "0", "3.0", "", "n/a", "250")
CLICKS = ("10", "1", "3.0", "", "250", "0")
BAD_COUNTS = ("-1", "2.5", "x")
COUNTRIES = ("US", "FR", "")
INCREASES = ("10", "0", "1", "100", "0.01", "0.000000001", "33.333333335", "-7", "-1000")
FORMULAS = (
    "raw_earnings",
    "total commision= raw_earnings + clicks*10",
    "clicks*0.015 + 100",
    "raw_earnings + 100",
    "raw_earnings/3",
    "raw_earnings*0.005 + 0.005",
    "Total  Commission =(RAW_EARNINGS + clicks)/3 - visits",
    "100 - raw_earnings*2",
    "0.01",
    "0.02",
    "1.01",
    "clicks/7 + signups*25 + visits*0.015/3",
    "raw_earnings - 50",
    "-raw_earnings",
)
BAD_FORMULAS = ("raw_earnings*clicks", "raw_earnings/0", "1e3", "NULL")


def linear_formulas() -> st.SearchStrategy[str]:
    """Deal formulas, known ones and sums of random terms such as `- 0.015*raw_earnings/3`."""
    coefficients = st.sampled_from(("1", "2", "10", "0.5", ".005", "0.015", "100.", "-1"))
    quantities = st.sampled_from(("raw_earnings", "clicks", "visits", "signups", "1", "(raw_earnings - visits)"))
    divisors = st.sampled_from(("1", "3", "7", "0.3", "(1 + 1)"))
    terms = st.builds("{} {}*{}/{}".format, st.sampled_from("+-"), coefficients, quantities, divisors)
    return st.one_of(st.sampled_from(FORMULAS), st.lists(terms, min_size=1, max_size=3).map(" ".join))


# ----------------------------------------------------------------------------------------------------------------------
# Files as bytes
# ----------------------------------------------------------------------------------------------------------------------

HEADERS: Mapping[str, tuple[str, ...]] = {
    "routy": ("date", "marketing_source", "operator", "country", "countryCode", "raw_earnings", "visits", "signups"),
    "voluum": ("date", "voluum_brand", "clicks"),
    "manual": ("date", "marketing_source", "operator", "raw_earnings", "visits", "signups"),
    "scrapers": ("date", "marketing_source", "operator", "country", "total_earnings", "visits"),
    "deals": ("marketing_source", "deal", "comments", "valid_from"),
    "voluum_mapper": ("voluum_brand", "marketing_source"),
    "central_mapping": ("variants", "std_operator", "country"),
}
DIMENSIONS = ("deals", "voluum_mapper", "central_mapping")

Cells = dict[str, str]
"""A row's cells by column, as they will be written."""


@dataclass(frozen=True)
class Style:
    """How a file is written; none of it changes what the file says."""

    line_end: str = "\n"
    bom: bool = False
    quoted: bool = False
    backwards: bool = False
    extra_column: bool = False
    blank_lines: bool = False
    last_line_end: bool = True
    capitals: bool = False


STYLES = (
    *(Style(),) * 5,
    Style(line_end="\r\n", bom=True),
    Style(quoted=True, backwards=True),
    Style(extra_column=True, blank_lines=True, capitals=True),
    Style(last_line_end=False, blank_lines=True, line_end="\r\n"),
)

RawLine = str
"""A line written as it is, such as one with too few fields."""


def quote(text: str, always: bool) -> str:
    """A field, in quotes where it needs them."""
    needs_quotes = always or any(character in text for character in ',"\n\r')
    return '"' + text.replace('"', '""') + '"' if needs_quotes else text


def write_file(header: Sequence[str], rows: Iterable[Cells | RawLine], style: Style) -> bytes:
    """The bytes of a file. An extra column holds quoted line ends, which shift the lines after them."""
    columns = list(reversed(header)) if style.backwards else list(header)
    names = [f" {name.upper()} " if style.capitals and name.islower() else name for name in columns]
    lines = ["", "  "] if style.blank_lines else []
    lines.append(",".join([*names, "Note"] if style.extra_column else names))
    for row in rows:
        if isinstance(row, str):
            lines.append(row)
            continue
        cells = [quote(row[column], style.quoted) for column in columns]
        lines.append(",".join([*cells, '"two\nlines"'] if style.extra_column else cells))
        lines.extend(["\t"] if style.blank_lines else [])
    text = style.line_end.join(lines) + (style.line_end if style.last_line_end else "")
    return text.encode("utf-8-sig" if style.bom else "utf-8")


NO_CLICKS = write_file(HEADERS["voluum"], [], Style())


def _lone_carriage_return(content: bytes) -> bytes:
    return content + b"\rx"


def _unterminated_quote(content: bytes) -> bytes:
    return content + b'\n"'


def _missing_column(content: bytes) -> bytes:
    return b"x" + content.lstrip()


def _utf_16(content: bytes) -> bytes:
    return content.decode().encode("utf-16")


def _nul_byte(content: bytes) -> bytes:
    return content + b"\0"


def _empty(_: bytes) -> bytes:
    return b""


SPOILERS: tuple[Callable[[bytes], bytes], ...] = (
    _unterminated_quote,
    _lone_carriage_return,
    _missing_column,
    _utf_16,
    _nul_byte,
    _empty,
)
"""What makes a refused file of an accepted one."""


# ----------------------------------------------------------------------------------------------------------------------
# Rows
# ----------------------------------------------------------------------------------------------------------------------

CLEAN = ("",) * 12
DIRT = (
    *CLEAN,
    "repeated",
    "repeated",
    "short",
    "long",
    "not a date",
    "another day",
    "no name",
    "long name",
    "bad number",
    "bad number",
)


def date_forms(day: date) -> tuple[str, ...]:
    """Ways to write a moment of the day."""
    return (
        day.isoformat(),
        "",
        f"{day.year}/{day.month}/{day.day}",
        f"{day} 00:00:5",
        f"{day:%Y/%m/%d}T23:59:59.999999",
        "NaN",
    )


def soil(draw: st.DrawFn, row: Cells, dirt: str, day: date) -> list[Cells | RawLine]:
    """The lines a row becomes under a kind of dirt."""
    if dirt == "repeated":
        return [row, {column: f" {text}" for column, text in row.items()}]
    if dirt == "short":
        return [",".join(list(row.values())[:-1]).replace('"', "").replace("\n", "")]
    if dirt == "long":
        return [",".join("x" for _ in range(len(row) + 2))]
    if dirt == "not a date":
        return [{**row, "date": draw(st.sampled_from((f"{day:%d.%m.%Y}", f"{day:%Y-%m/%d}", "2024-02-30")))}]
    if dirt == "another day":
        return [{**row, "date": str(day + timedelta(draw(st.sampled_from((1, -1)))))}]
    if dirt in {"no name", "long name"}:
        names = [column for column in ("operator", "marketing_source", "voluum_brand", "country") if column in row]
        return [{**row, draw(st.sampled_from(names)): "N/A" if dirt == "no name" else "é" * 201}]
    if dirt == "bad number":
        numbers = [column for column in row if column.endswith("earnings") or column in {"visits", "clicks"}]
        column = draw(st.sampled_from(numbers))
        return [{**row, column: draw(st.sampled_from(BAD_EARNINGS if "earnings" in column else BAD_COUNTS))}]
    return [row]


@dataclass
class World:
    """What the files of one history are about."""

    draw: st.DrawFn
    sources: list[str]
    families: list[Family]
    raw_names: list[str]
    days: list[date]
    totals: dict[date, dict[tuple[str, int, str], tuple[Decimal, int]]] = field(default_factory=dict)
    """Running totals on each day observed, by (source, index of the family or -1, country)."""
    may_refuse: bool = False
    """Whether dimension files may have a fault: not in their first versions, without which nothing is published."""

    def pick(self, options: Sequence[str]) -> str:
        return self.draw(st.sampled_from(options))

    def traffic_rows(self, source: str, day: date, most: int) -> list[Cells | RawLine]:
        """Rows of a routy or manual file."""
        rows: list[Cells | RawLine] = []
        for _ in range(self.draw(st.integers(0, most))):
            row = {
                "date": self.pick(date_forms(day)),
                "marketing_source": self.pick(self.sources),
                "operator": self.pick(self.raw_names),
                "country": self.pick(("NULL", "US", "Namibia")),
                "countryCode": self.pick(("US", "NA", "", "us")),
                "raw_earnings": self.pick(EARNINGS),
                "visits": self.pick(COUNTS),
                "signups": self.pick(COUNTS),
            }
            rows += soil(self.draw, {column: row[column] for column in HEADERS[source]}, self.pick(DIRT), day)
        return rows

    def click_rows(self, day: date, most: int) -> list[Cells | RawLine]:
        """Rows of a voluum file; brands in any case, mapped or not."""
        rows: list[Cells | RawLine] = []
        for _ in range(self.draw(st.integers(0, most))):
            brand = self.pick((*BRANDS, *(brand.lower() for brand in BRANDS)))
            row = {"date": self.pick(date_forms(day)), "voluum_brand": brand, "clicks": self.pick(CLICKS)}
            rows += soil(self.draw, row, self.pick(DIRT), day)
        return rows

    def total_rows(self, day: date) -> list[Cells | RawLine]:
        """Rows of a scrapers file: each key's running totals, whole, in two rows, absent, or in part unreadable."""
        rows: list[Cells | RawLine] = []
        for (source, family, country), (earnings, visits) in self.totals[day].items():
            names = self.families[family].raw_names if family >= 0 else UNMAPPED[:1]
            kind = self.pick(
                ("whole",) * 7 + ("two rows", "two rows", "half", "absent", "absent", "no total", "no visits", "soiled")
            )
            cells = [(earnings, visits)]
            if kind in {"two rows", "half"}:
                cells = [(earnings - 3, visits), (Decimal(3), 0)]
            for index, (part, count) in enumerate(cells if kind != "absent" else []):
                row = {
                    "date": self.pick(date_forms(day)) if index == 0 else str(day),
                    "marketing_source": source,
                    "operator": self.pick(names),
                    "country": country,
                    "total_earnings": "" if kind == "no total" else f"{part:f}",
                    "visits": "None" if kind == "no visits" else str(count),
                }
                dirt = {"soiled": self.pick(DIRT[len(CLEAN) :]) if kind == "soiled" else "", "half": "bad number"}
                spoilt = kind == "soiled" or (kind == "half" and index == 1)
                rows += soil(self.draw, row, dirt[kind] if spoilt else "", day)
        return rows

    def deal_rows(self) -> list[Cells | RawLine]:
        """Terms of some sources and of Default, with or without histories, and rows that say the same again."""
        rows: list[Cells | RawLine] = []
        for name in (*self.sources, self.pick(("Default", "dEFAULT"))):
            starts = self.draw(st.lists(st.sampled_from(("", *self._starts())), max_size=2, unique=True))
            for start in starts:
                formula = self.draw(linear_formulas())
                row = {"marketing_source": name, "deal": "FIXED 100", "comments": formula, "valid_from": start}
                rows.append(row)
                if self.pick(("",) * 6 + ("again",)):
                    rows.append({**row, "deal": "", "comments": f"({formula.rpartition('=')[2]})*2/2"})
        if self.may_refuse and self.pick(("", "", "bad")):
            row = {"marketing_source": "A", "deal": "", "comments": self.pick(BAD_FORMULAS), "valid_from": ""}
            rows.append(row)
        return rows

    def _starts(self) -> tuple[str, ...]:
        first, middle, last = self.days[0], self.days[len(self.days) // 2], self.days[-1]
        return (str(middle), f"{last:%Y/%m/%d}", f"{first} 12:30", str(last + timedelta(1)))

    def brand_rows(self) -> list[Cells | RawLine]:
        """Brands and their sources: several brands to one source, some brand to none, now and then to two."""
        mapped = self.draw(st.lists(st.sampled_from(BRANDS), min_size=1, max_size=4, unique=True))
        rows: list[Cells | RawLine] = [
            {"voluum_brand": brand, "marketing_source": self.pick(self.sources)} for brand in mapped
        ]
        if self.pick(("",) * 6 + ("again",)):
            again = rows[0]
            assert isinstance(again, dict)
            rows.append({**again, "voluum_brand": again["voluum_brand"].upper()})
        if self.may_refuse and self.pick(("", "", "conflict")):
            rows.append({"voluum_brand": mapped[0].lower(), "marketing_source": "somebody else"})
        return rows

    def operator_rows(self) -> list[Cells | RawLine]:
        """The families' variants; a family may be left out, said twice, or contradicted."""
        rows: list[Cells | RawLine] = []
        for family in self.families:
            kind = self.pick(("mapped",) * 8 + ("again", "absent", "absent", "moved", "conflict"))
            standard = "MOVED" if kind == "moved" else family.standard
            for variant in family.variants if kind != "absent" else ():
                row = {"variants": variant, "std_operator": standard, "country": family.country}
                rows.append(row)
                if kind == "again":
                    rows += [{**row, "variants": variant.lower()}, row]
            if kind == "conflict" and self.may_refuse:
                rows.append({"variants": family.variants[0], "std_operator": "Other", "country": family.country})
        return rows

    def write(self, path: str) -> bytes:
        """A new random version of the file."""
        source, name = path.split("/")
        header = HEADERS[source]
        if source in DIMENSIONS:
            rows = {
                "deals": self.deal_rows,
                "voluum_mapper": self.brand_rows,
                "central_mapping": self.operator_rows,
            }[source]()
            if source == "deals" and not any(row["valid_from"] for row in rows if isinstance(row, dict)):
                header = header[:-1]
        elif source == "scrapers":
            rows = self.total_rows(date.fromisoformat(name.removesuffix(".csv")))
        elif source == "voluum":
            rows = self.click_rows(date.fromisoformat(name.removesuffix(".csv")), most=4)
        else:
            rows = self.traffic_rows(source, date.fromisoformat(name.removesuffix(".csv")), most=4)
        return write_file(header, rows, self.draw(st.sampled_from(STYLES)))


# ----------------------------------------------------------------------------------------------------------------------
# Histories
# ----------------------------------------------------------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Names, days and running totals. Scrapers observe up to five days, with gaps of up to 8 missing days."""
    sources = draw(st.lists(st.sampled_from(SOURCES), min_size=2, max_size=4, unique=True))
    families = draw(st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=3, unique=True))
    raw_names = [name for family in families for name in family.raw_names]
    raw_names += draw(st.sampled_from(((), UNMAPPED[:2], UNMAPPED)))
    steps = draw(st.lists(st.sampled_from((1, 1, 1, 2, 3)), min_size=1, max_size=4))
    long_step = draw(st.sampled_from((0, 0, 7, 8, 9)))
    if long_step:
        steps[draw(st.integers(0, len(steps) - 1))] = long_step
    first = draw(st.sampled_from(FIRST_DAYS))
    observed = [first + timedelta(sum(steps[:count])) for count in range(len(steps) + 1)]
    days = [first + timedelta(offset) for offset in range(sum(steps) + 1)]
    world = World(draw, sources, families, raw_names, days)
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(sources), st.integers(-1, len(families) - 1), st.sampled_from(COUNTRIES)),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    totals = {key: (Decimal(100), 5) for key in keys}
    for day in observed:
        for key, (earnings, visits) in totals.items():
            increase = Decimal(world.pick(INCREASES))
            totals[key] = (earnings + increase, max(0, visits + draw(st.sampled_from((0, 1, 7, -4)))))
        world.totals[day] = dict(totals)
    return world


def _initial_files(draw: st.DrawFn, world: World) -> dict[str, bytes]:
    """A first version of every file; most days of voluum have no clicks, few have traffic."""
    day_strategy = st.sampled_from(world.days)
    busy = draw(st.lists(day_strategy, min_size=1, max_size=4, unique=True))
    manual = draw(st.lists(st.sampled_from(busy), max_size=2, unique=True))
    missing = draw(st.lists(day_strategy, max_size=1)) if draw(st.sampled_from((False, False, True))) else []
    clicked = {*busy, *draw(st.lists(day_strategy, max_size=2))}
    paths = [f"{source}/{source}.csv" for source in DIMENSIONS]
    paths += [f"routy/{day}.csv" for day in sorted(busy)]
    paths += [f"manual/{day}.csv" for day in sorted(manual)]
    paths += [f"scrapers/{day}.csv" for day in world.totals]
    paths += [f"voluum/{day}.csv" for day in sorted(clicked)]
    files = {path: world.write(path) for path in paths}
    for day in world.days:
        if day not in missing:
            files.setdefault(f"voluum/{day}.csv", NO_CLICKS)
    return files


def _correct(draw: st.DrawFn, world: World, path: str, current: bytes) -> tuple[str, bytes]:
    """A later landing at the path: another version, an emptied file, a refused one, or one under a wrong name."""
    kind = draw(st.sampled_from(("rewritten",) * 5 + ("emptied", "spoiled", "spoiled", "misnamed", "same")))
    if kind == "rewritten":
        return path, world.write(path)
    if kind == "emptied":
        return path, write_file(HEADERS[path.partition("/")[0]], [], Style())
    if kind == "spoiled":
        return path, draw(st.sampled_from(SPOILERS))(current)
    if kind == "misnamed":
        return path.replace("-0", "-").replace("/", "/x", 1), current
    return path, current


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Landings in order: most files first, some late, then corrections; the last version need not be accepted."""
    world = draw(worlds())
    files = _initial_files(draw, world)
    world.may_refuse = True
    batches: list[dict[str, bytes]] = [dict(files), *({} for _ in range(draw(st.sampled_from((0, 1, 2)))))]
    for path in draw(st.lists(st.sampled_from(sorted(files)), max_size=3, unique=True)):
        batches[draw(st.integers(0, len(batches) - 1))][path] = batches[0].pop(path)
    telling = [path for path, content in sorted(files.items()) if content != NO_CLICKS]
    for batch in batches[1:]:
        for path in draw(st.lists(st.sampled_from(telling), max_size=4, unique=True)):
            corrected, content = _correct(draw, world, path, files[path])
            batch[corrected] = content
    landings = [_placed(draw, batch) for batch in batches if batch]
    interruptions = [draw(st.sampled_from((None, None, "loading", "calculating"))) for _ in landings]
    return History(landings, interruptions)


def _placed(draw: st.DrawFn, batch: Mapping[str, bytes]) -> dict[str, bytes]:
    """Dimension files at the top of the landing zone, now and then in their folder (there twice, both are refused)."""
    if draw(st.sampled_from((False,) * 9 + (True,))):
        return dict(batch)
    tops = {f"{source}/{source}.csv": f"{source}.csv" for source in DIMENSIONS}
    return {tops.get(path, path): content for path, content in batch.items()}
