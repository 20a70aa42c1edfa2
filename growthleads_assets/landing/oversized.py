"""Passing over a record that is longer than a row may be, without holding it.

Belongs here: finding where such a record ends, by the grammar of records.py. Does not: what becomes of it.

A quote that is not closed can make a record of all that follows, and a line can be as long as the file: neither may
decide how much memory a load takes.
"""

import codecs
import re
from typing import BinaryIO, NamedTuple

import polars as pl

from growthleads_assets.landing.refusal import lone_carriage_return, never_closed, text_after_quote

FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n][^,\r\n]*+)?+'
"""One field of a record, in bytes. Possessive, so that nothing is scanned twice."""

_FIELDS = re.compile(rb"(?:%b,)*+" % FIELD)
_UNQUOTED = re.compile(rb"[^,\r\n]*+")
_IN_QUOTES = re.compile(rb'[^"]*+(?:""[^"]*+)*+')
_READ_AT_ONCE = 1 << 20

EXCERPT_CHARACTERS = 1_000
"""How much is kept of a record that is passed over."""


IS_BLANK = pl.col("raw").str.strip_chars() == ""
"""Whether a line is none of the records, for there is nothing in it but blanks."""


class PassedOver(NamedTuple):
    """A record passed over: its ``size`` in bytes, and ``taken`` with its line end; the physical ``lines`` that it goes
    over, the first ``EXCERPT_CHARACTERS`` of its text, and whether it is a line of blanks, and so no record at all.
    """  # noqa: D205

    size: int
    taken: int
    lines: int
    excerpt: str
    is_blank: bool


def pass_over(file: BinaryIO, start: int, line: int) -> PassedOver:
    """The record that starts at byte ``start`` of a file in UTF-8, on ``line``; where the file stands is of no matter.

    Raises FileRefused where it is no record, as when a quote in it is never closed.
    """
    file.seek(start)
    window = _Window(file, line)
    while True:
        window.skip(_FIELDS)
        if window.ahead(1) == b'"':
            _pass_quoted_field(window)
        else:
            _pass_unquoted_field(window)
        after = window.ahead(2)
        if after[:1] != b",":
            break
        window.at += 1
    if after[:1] == b"\r" and after != b"\r\n":
        raise lone_carriage_return(window.line)
    if after[:1] not in (b"", b"\n", b"\r"):
        raise text_after_quote(window.line)
    window.let_go()
    size = window.passed
    taken = size + (2 if after == b"\r\n" else len(after[:1]))
    # A character has four bytes at most; the last one may be cut.
    excerpt = window.start_of(size).decode(errors="ignore")[:EXCERPT_CHARACTERS]
    return PassedOver(size, taken, window.line - line + 1, excerpt, window.is_blank)


def _pass_unquoted_field(window: "_Window") -> None:
    while window.ahead(1) not in (b"", b",", b"\r", b"\n"):
        window.skip(_UNQUOTED)


def _pass_quoted_field(window: "_Window") -> None:
    opened_on = window.line
    window.at += 1
    while True:
        window.skip(_IN_QUOTES)
        match window.ahead(2):
            case b"":
                raise never_closed(opened_on)
            case b'""':
                window.at += 2
            case after if after[:1] == b'"':
                window.at += 1
                return


class _Window:
    """What is held of the file: ``at`` is where it is looked at, ``passed`` how many bytes lie before it, and
    ``is_blank`` whether these are all blanks.
    """  # noqa: D205

    def __init__(self, file: BinaryIO, line: int) -> None:
        self.at = self.passed = 0
        self._file, self._held, self._start = file, b"", b""
        self._lines = line
        self.is_blank, self._decoder = True, codecs.getincrementaldecoder("utf-8")()

    @property
    def line(self) -> int:
        """The physical line."""
        return self._lines + self._held.count(b"\n", 0, self.at)

    def skip(self, pattern: re.Pattern[bytes]) -> None:
        """Pass over what of it is held."""
        if found := pattern.match(self._held, self.at):
            self.at = found.end()

    def ahead(self, count: int) -> bytes:
        """The next so many bytes, fewer at the end of the file."""
        while len(self._held) - self.at < count and self._move_on():
            pass
        return self._held[self.at : self.at + count]

    def start_of(self, size: int) -> bytes:
        """The first bytes of the record, of which it has ``size``."""
        return self._start[:size]

    def _move_on(self) -> bool:
        more = self._file.read(_READ_AT_ONCE)
        self._start += more[: 4 * EXCERPT_CHARACTERS - len(self._start)]
        self.let_go()
        self._held += more
        return bool(more)

    def let_go(self) -> None:
        """Hold no longer what lies before ``at``."""
        self._lines += self._held.count(b"\n", 0, self.at)
        self.passed += self.at
        if self.is_blank:
            text = self._decoder.decode(self._held[: self.at])
            self.is_blank = pl.select(raw=pl.lit(text)).select(IS_BLANK).item()
        self._held, self.at = self._held[self.at :], 0
