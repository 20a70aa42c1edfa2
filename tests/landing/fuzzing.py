"""Broken, strange and hostile files of every source, and what must hold of each: `make fuzz` runs it for minutes.

A file is loaded, quarantined or refused with a reason, as an independent reading of the rules has it (tests/oracle.py);
whatever its bytes, nothing else is raised and no row is lost. Files begin as good ones, to get past the header, and are
then damaged as disks, editors, spreadsheets and programs do it.
"""

import argparse
import re
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import HealthCheck, given, settings, target
from hypothesis import strategies as st
from polars.exceptions import PanicException

from growthleads_assets.contracts.registry import SOURCES, Source
from growthleads_assets.landing.parsing import FileRefused, ParsedFile, parse_file
from growthleads_assets.settings import LIMITS, Limits
from tests import oracle
from tests.homes import Home, shared_server

DAY = date(2024, 3, 26)

# What each refusal says is to be done.
ADVICE = re.compile(r"\b(save|export|mend|close|double|must|needs|correct)\b")

GOOD_FILES: dict[str, tuple[str, ...]] = {
    "routy": (
        (
            "date,marketing_source,operator,country,countryCode,raw_earnings,visits,signups\n"
            "2024-03-26,A,Foo NJ,US,US,1.005,3,0\n,B,Bar,,,-40,0,0\n2024/3/26 1:2,A,Foo,,FR,.5,2.0,\n"
        ),
        (
            '"raw_earnings","operator","date","country","country_code","marketing_source","visits","signups"\n'
            '"5","say ""hi""","","x,y","m\nn","A","",""\n"5","Foo","2024-03-26T23:59:59.5","","","A","","1"\n'
        ),
    ),
    "voluum": (
        "date,voluum_brand,clicks\n,br1,10\n2024-03-26 00:00:05,BR2,0\n\n,br1,10\n",
        '\ufeffdate,voluum_brand,clicks,extra\r\n2024-03-26,"br ""1""",1,x\r\n  \r\n2024-03-26,br2,2,"a\r\nb"\r\n',
    ),
    "manual": (
        "date,marketing_source,operator,raw_earnings,visits,signups\n,A,Foo,1,,\n2024-03-26,A,Foo,NULL,1,1\n,A,Foo,1\n",
        "Signups;Date\n",
    ),
    "scrapers": (
        (
            "date,marketing_source,operator,country,total_earnings,visits\n"
            ",A,Foo,US,100.123456789,5\n,A,Foo,US,100.12,\n,B,Bar,,999999999999,999999999999\n"
        ),
    ),
    "deals": (
        "marketing_source,deal,comments\nA,FIXED 100,total commision= raw_earnings + 100\nDefault,x,raw_earnings/3\n",
        (
            "marketing_source,deal,comments,valid_from\n"
            'A,CPC,"(clicks*2 + visits)/3 - signups",2024-01-01\nA,,Clicks*2,\nB,,-raw_earnings,2024/3/1\n'
        ),
    ),
    "voluum_mapper": ("voluum_brand,marketing_source\nbr1,A\nBR2,B\nbr2,B\n",),
    "central_mapping": (
        "variants,std_operator,country\nFoo NJ,FooLOLUS,US\nfoo,FooLOLUS,US\nbar,Bar,\n",
        '"variants","std_operator","country"\n"É","ÉtéLOLFR","FR"\n"x","INTER_LOL","FR"\n',
    ),
}

BLANKS = (*oracle.WHITE_SPACE, "\x1c", "\x1f", "\u180e", "\u200b", "\u2060", "\ufeff", "\u00ad")
STRANGE_TEXT = (
    *("\u0663", "\uff11", "\u00b2", "\u216b", "\u0130", "\u1e9e", "\u01c5", "\u212a", "e\u0301", "\U0001f600"),
    *("\ufffd", "\uffff", "\ufdd0", "\ue000", "\U0010ffff", "\u202e", "\x01", "\x1b[31m", "\x7f", "\\", "\\N", "\\."),
    *("NULL", "nan", "N/A", "None", "none\u00a0", "\uff2e\uff35\uff2c\uff2c", "NA", "nul\u0142", "Default", "default"),
    *("=1+1", "{}", "%s", "'", "''", "`", "LOLUS", "LOL", "US"),
    *("1e5", "0x10", "1_000", "1,5", "-0", "+.5", "5.", ".", "+", "3.0", "inf", "000000000000001", "0.1234567890"),
    *("9" * 12, "9" * 13, "-" + "9" * 12, "0." + "1" * 10, "0." + "1" * 9 + "0" * 400),
    *(
        "2024-03-26",
        "2024-3-26 24:00",
        "2024-02-30",
        "0000-03-26",
        "2024-03-27",
        "2024-03-26T1:2:3.1234567",
        "24-03-26",
    ),
    *("2024/03-26", "2024-03-26 1:2:3.", "2024-03-26 23:59:60", "99999-03-26", "2024-03-26Z", "\u0662024-03-26"),
    *("raw_earnings", "clicks/0", "clicks*clicks", "((((clicks))))", "2**3", "-" * 120 + "1", "1/3+1/7*visits", "5 5"),
)
SYNTAX = (b'"', b'""', b'"""', b",", b",,", b"\n", b"\r", b"\r\n", b"\n\r", b"\n\n", b" ", b"\t", b'","', b'"\n"', b";")
BROKEN_BYTES = (
    *(b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff", b"\x80", b"\xc3", b"\xe2\x82", b"\xc2\xa0"),
    # Overlong forms, a surrogate, its pair as CESU-8 writes it, and what is beyond Unicode.
    *(b"\xc0\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80"),
)
TOKENS = st.one_of(
    st.sampled_from(SYNTAX),
    st.sampled_from([text.encode() for text in (*BLANKS, *STRANGE_TEXT)]),
    st.sampled_from(BROKEN_BYTES),
    st.text(max_size=4).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=4),
)

Damage = Callable[[bytes], bytes]
LARGE_BYTES = 200_000
SECONDS_A_TURN = 10
"""How long a source is fuzzed before it is the next one's turn."""
POSITIONS = st.integers(0, 2000)


def _flip(position: int, mask: int) -> Damage:
    def damage(content: bytes) -> bytes:
        at = position % max(len(content), 1)
        return content[:at] + bytes(byte ^ mask for byte in content[at : at + 1]) + content[at + 1 :]

    return damage


def _replace(position: int, length: int, new: bytes) -> Damage:
    def damage(content: bytes) -> bytes:
        at = position % (len(content) + 1)
        return content[:at] + new + content[at + length :]

    return damage


def _repeat(position: int, length: int, times: int) -> Damage:
    def damage(content: bytes) -> bytes:
        at = position % (len(content) + 1)
        return content[:at] + content[at : at + length] * times + content[at + length :]

    return damage


def _change_field(line: int, field: int, new: bytes) -> Damage:
    """Put something in place of a field, where no quotes are in the way."""

    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        fields = lines[line % len(lines)].split(b",")
        fields[field % len(fields)] = new
        lines[line % len(lines)] = b",".join(fields)
        return b"\n".join(lines)

    return damage


def _repeat_line(line: int, times: int) -> Damage:
    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        at = line % len(lines)
        return b"\n".join([*lines[:at], *[lines[at]] * times, *lines[at:]])

    return damage


def _end_lines(end: bytes, every: int) -> Damage:
    """Another end for every so many lines."""

    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        ends = [end if number % every == 0 else b"\n" for number in range(len(lines) - 1)]
        return b"".join(line + end for line, end in zip(lines, [*ends, b""], strict=True))

    return damage


def _widen(columns: int, only_line: int | None) -> Damage:
    """More columns, on one line or on all; each has a name of its own in the header."""

    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        for at in range(len(lines)):
            if only_line in (None, at) and lines[at]:
                lines[at] += b"".join(b",x%d" % number for number in range(columns))
        return b"\n".join(lines)

    return damage


def _recode(encoding: str) -> Damage:
    return lambda content: content.decode("utf-8", "replace").encode(encoding, "replace")


DAMAGES = st.one_of(
    st.builds(_flip, POSITIONS, st.integers(1, 255)),
    st.builds(_replace, POSITIONS, st.integers(0, 12), TOKENS),
    st.builds(_replace, POSITIONS, st.integers(0, 400), st.just(b"")),
    st.builds(_replace, POSITIONS, st.just(0), st.sampled_from([t.encode() for f in GOOD_FILES.values() for t in f])),
    st.builds(_repeat, POSITIONS, st.integers(1, 60), st.integers(2, 40)),
    st.builds(_repeat, POSITIONS, st.just(1), st.integers(199, 70_000)),
    st.builds(_change_field, st.integers(0, 5), st.integers(0, 8), TOKENS),
    st.builds(_change_field, st.integers(1, 5), st.integers(0, 8), TOKENS),
    st.builds(_change_field, st.integers(1, 5), st.integers(0, 8), TOKENS.map(lambda token: b'"' + token + b'"')),
    st.builds(_repeat_line, st.integers(0, 5), st.integers(1, 30)),
    # polars reads a file of so many lines in several parts.
    st.builds(_repeat_line, st.integers(0, 5), st.integers(500, 2_000)),
    st.builds(_end_lines, st.sampled_from((b"\r\n", b"\r", b"\n\r", b"\r\r\n", b"\n\n")), st.integers(1, 3)),
    st.builds(_widen, st.integers(1, 600), st.one_of(st.none(), st.integers(0, 3))),
    st.builds(
        _recode, st.sampled_from(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-8-sig", "utf-7"))
    ),
)


@st.composite
def damaged_files(draw: st.DrawFn, source: Source) -> bytes:
    """A file of the source that something has happened to, or several things."""
    content = draw(st.sampled_from(GOOD_FILES[source.name])).encode()
    for damage in draw(st.lists(DAMAGES, min_size=1, max_size=5)):
        # What is large already need not become larger to be read in the slow way too.
        if len(content) < LARGE_BYTES:
            content = damage(content)
    return content


def day_of(source: Source) -> date | None:
    """The day of the fuzzed files of an event source."""
    return DAY if source.is_event else None


def parsed_as_the_rules_say(source: Source, content: bytes, limits: Limits = LIMITS) -> ParsedFile | None:
    """The file parsed, or None where it is refused: either as the oracle has it, and without a row lost."""
    expected = independently_parsed(source, content, limits.longest_row)
    try:
        parsed = parse_file(content, source, day_of(source), limits)
    except FileRefused as refused:
        parsed, refusal = None, str(refused)
    except PanicException as panic:
        # No exception to hypothesis, which would not look for the smallest file that does it.
        raise AssertionError(f"polars panicked: {panic}") from None
    else:
        refusal = ""
    assert (parsed is None) == (expected is None), refusal or "loaded, and to be refused"
    if parsed is None or expected is None:
        assert ADVICE.search(refusal), f"does not say what to do: {refusal}"
        return None
    records = oracle.read_records(content, limits.longest_row)
    lines = sorted([*parsed.rows["line"], *parsed.quarantined["line"]])
    assert parsed.rows_read == parsed.rows.height + parsed.quarantined.height == len(records) - 1
    assert lines == [record.line for record in records[1:]]
    columns = list(source.schema.to_schema().columns)
    rows = [tuple(map(_exact, row)) for row in parsed.rows.select(columns).iter_rows()]
    assert rows == [tuple(row.get(column) for column in columns) for row in expected.rows]
    held_back = parsed.quarantined.select("line", "reason").rows()
    assert held_back == [(entry.line, entry.reason) for entry in expected.quarantined]
    assert parsed.quarantined["detail"].str.len_chars().fill_null(0).min() != 0
    return parsed


def independently_parsed(
    source: Source, content: bytes, longest_row: int = oracle.LONGEST_ROW
) -> oracle.ParsedFile | None:
    """The file by the oracle; None where it is refused."""
    try:
        return oracle.parse_file(source.name, source.file_name(day_of(source)), content, longest_row)
    except oracle.Refused:
        return None


def _exact(value: object) -> object:
    return Fraction(value) if isinstance(value, Decimal) else value


def loads_as_parsed(home: Home, source: Source, content: bytes, parsed: ParsedFile) -> None:
    """PostgreSQL takes the rows and what is quarantined, and has them as they were parsed."""
    folder = f"{source.name}/" if source.is_event else ""
    home.land({folder + source.file_name(day_of(source)): content})
    with home.platform.connected() as connection:
        [file] = [file for file in home.platform.landed(connection, settle_seconds=0) if file.source == source.name]
        home.platform.loader(connection, "fuzz").load_landed(source, file)
    columns = list(source.schema.to_schema().columns)
    loaded = home.query(f"select {', '.join(columns)} from bronze.{source.name} order by _line")
    assert [tuple(row.values()) for row in loaded] == parsed.rows.select(columns).rows()
    held = home.query(
        "select line, raw_line, reason, detail from bronze.quarantine "
        "where source = %s and resolved_at is null order by line",
        source.name,
    )
    names = ["line", "raw_line", "reason", "detail"]
    assert [tuple(row.values()) for row in held] == parsed.quarantined.select(names).rows()


@contextmanager
def _home() -> Iterator[Home]:
    with shared_server() as server, server.new_home() as home:
        yield home


def fuzz(source: Source, home: Home, until: float, outcomes: Counter[str]) -> None:
    """Put damaged files of a source to the test until then; one in some goes into PostgreSQL too."""

    # In batches: hypothesis has a number of examples to end after, and no time.
    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged_files(source))
    def holds(content: bytes) -> None:
        parsed = parsed_as_the_rules_say(source, content)
        outcomes["refused" if parsed is None else "with rows quarantined" if len(parsed.quarantined) else "loaded"] += 1
        if parsed is not None:
            target(float(parsed.quarantined["reason"].n_unique()), label="kinds of faults in a file")
            if zlib.crc32(content) % 20 == 0:
                loads_as_parsed(home, source, content, parsed)
                outcomes["copied into PostgreSQL"] += 1

    while time.monotonic() < until:
        holds()


def main() -> int:
    """Fuzz for so many minutes; what is found is shown as small as it can be, and tried first the next time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    totals: Counter[str] = Counter()
    with _home() as home:
        ends = time.monotonic() + minutes * 60
        while time.monotonic() < ends:
            for source in SOURCES.values():
                fuzz(source, home, min(ends, time.monotonic() + SECONDS_A_TURN), totals)
    listed = ", ".join(f"{count:,} {outcome}" for outcome, count in totals.most_common())
    sys.stdout.write(f"Nothing found in {minutes:g} minutes: {listed}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
