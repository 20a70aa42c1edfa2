"""The deal formula: a text such as ``total commision= raw_earnings + 100 + clicks*10``, taken apart into exact terms.

Belongs here: what a formula may say (docs/domain.md, "Deals") and what it means. Does not: whose deal it is.

The text is parsed, never evaluated as code. Its length and the size of its numbers are limited, and nesting uses a
stack of its own, so that no text can exhaust the machine.
"""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

VARIABLES = ("raw_earnings", "clicks", "visits", "signups")

MAX_LENGTH = 10_000
"""Characters of a formula."""

MAX_DIGITS = 1_000
"""Digits of any number that a formula contains or leads to."""

_LARGEST = 10**MAX_DIGITS - 1

_PREFIX = re.compile(r"\s*total\s*commiss?ion\s*=", re.ASCII | re.IGNORECASE)
# A word takes in all that a reader sees as one piece (1e3, 0x10, 1_000, 1.2.3), to be named as a whole if refused.
_TOKEN = re.compile(r"(?P<word>[\w.]+)|(?P<symbol>\*\*|//|[-+*/()])|(?P<other>\S)")
_NUMBER = re.compile(r"(?P<whole>[0-9]+)\.?(?P<decimals>[0-9]*)|\.(?P<only_decimals>[0-9]+)")

_ALLOWED = f"numbers such as 10 or 0.25, {', '.join(VARIABLES)}, + - * / and parentheses are allowed"
_SHOWN = 40


class FormulaError(ValueError):
    """The text is no formula of a deal; ``str()`` is a sentence naming the offending part and where it stands."""


@dataclass(frozen=True)
class Terms:
    """What a formula pays: ``(raw_earnings * R + clicks * C + visits * V + signups * S + fixed) / denominator``.

    Whole numbers without a common divisor, the denominator above zero: formulas that mean the same have equal terms.
    """

    raw_earnings: int
    clicks: int
    visits: int
    signups: int
    fixed: int
    denominator: int


def parse_formula(text: str) -> Terms:
    """The terms that a formula means.

    Allowed are ``+ - * /``, unary plus and minus, parentheses and plain decimals (ASCII digits, no exponent) over
    the ``VARIABLES``, in any case of letters and spacing, linear in the variables; before it ``total commision =``
    or ``total commission =``. Raises FormulaError for everything else.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"The formula has {len(text):,} characters; at most {MAX_LENGTH:,} are allowed.")
    # Blanks of any kind become plain ones, one for one: positions stay those of the text.
    spaced = "".join(" " if character.isspace() else character for character in text)
    prefix = _PREFIX.match(spaced)
    return _terms(_Parser(spaced).parse(prefix.end() if prefix else 0))


class _Polynomial(NamedTuple):
    """A sum of variables times factors; the last factor, without a variable, is the constant."""

    factors: tuple[Fraction, ...]

    @classmethod
    def of_variable(cls, name: str) -> "_Polynomial":
        return cls(tuple(Fraction(name == variable) for variable in (*VARIABLES, None)))

    @classmethod
    def of_number(cls, number: Fraction) -> "_Polynomial":
        return cls((*(Fraction(0) for _ in VARIABLES), number))

    @property
    def constant(self) -> Fraction | None:
        """Its value, if it is the same whatever the variables are."""
        return None if any(self.factors[:-1]) else self.factors[-1]

    def combined(self, other: "_Polynomial", how: Callable[[Fraction, Fraction], Fraction]) -> "_Polynomial":
        return _Polynomial(tuple(map(how, self.factors, other.factors)))

    def scaled(self, factor: Fraction) -> "_Polynomial":
        return _Polynomial(tuple(factor * own for own in self.factors))

    @property
    def is_too_large(self) -> bool:
        return any(max(abs(factor.numerator), factor.denominator) > _LARGEST for factor in self.factors)


class _Operand(NamedTuple):
    value: _Polynomial
    has_variable: bool
    start: int
    end: int


class _Operator(NamedTuple):
    kind: str
    start: int


_PRECEDENCE = {"(": 0, "+": 1, "-": 1, "*": 2, "/": 2, "unary +": 3, "unary -": 3}


class _Parser:
    """Operator-precedence parsing with two stacks; ``parse`` is called once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._operands: list[_Operand] = []
        self._operators: list[_Operator] = []

    def parse(self, start: int) -> _Polynomial:
        expects_operand = True
        for token in _TOKEN.finditer(self._text, start):
            take = self._take_start_of_operand if expects_operand else self._take_after_operand
            expects_operand = take(token)
        if expects_operand:
            raise FormulaError(self._unfinished(start))
        self._apply_down_to(1)
        if self._operators:
            raise FormulaError(f"`(` at position {self._operators[-1].start + 1} is never closed.")
        return self._operands.pop().value

    def _unfinished(self, start: int) -> str:
        if not self._text[start:].strip():
            return f"The formula is empty; {_ALLOWED}."
        return f"The formula ends where a number or a variable is missing, after `{_shown(self._text.rstrip()[-20:])}`."

    def _take_start_of_operand(self, token: re.Match[str]) -> bool:
        """Take a token where an operand must start; True if one must still start after it."""
        symbol = token["symbol"]
        if symbol == "(":
            self._operators.append(_Operator("(", token.start()))
            return True
        if symbol in ("+", "-"):
            self._operators.append(_Operator("unary +" if symbol == "+" else "unary -", token.start()))
            return True
        if token["word"] is None:
            raise _refused(token, "where a number or a variable must stand")
        self._operands.append(_operand(token))
        return False

    def _take_after_operand(self, token: re.Match[str]) -> bool:
        """Take a token after an operand; True if another operand must start after it."""
        symbol = token["symbol"]
        if symbol == ")":
            self._close_parenthesis(token)
            return False
        if symbol not in ("+", "-", "*", "/"):
            before = self._operands[-1]
            raise _refused(token, f"after {self._named(before)}, where + - * / or ) must stand or the formula end")
        self._apply_down_to(_PRECEDENCE[symbol])
        self._operators.append(_Operator(symbol, token.start()))
        return True

    def _close_parenthesis(self, token: re.Match[str]) -> None:
        self._apply_down_to(1)
        if not self._operators:
            raise FormulaError(f"`)` at position {token.start() + 1} closes nothing.")
        opening = self._operators.pop()
        self._operands.append(self._operands.pop()._replace(start=opening.start, end=token.end()))

    def _apply_down_to(self, precedence: int) -> None:
        while self._operators and _PRECEDENCE[self._operators[-1].kind] >= precedence:
            applied = self._apply(self._operators.pop())
            if applied.value.is_too_large:
                raise FormulaError(f"{self._named(applied)} comes to a number of more than {MAX_DIGITS:,} digits.")
            self._operands.append(applied)

    def _apply(self, operation: _Operator) -> _Operand:
        right = self._operands.pop()
        if operation.kind == "unary +":
            return right._replace(start=operation.start)
        if operation.kind == "unary -":
            return right._replace(value=right.value.scaled(Fraction(-1)), start=operation.start)
        left = self._operands.pop()
        if operation.kind == "*":
            value = self._product(left, right)
        elif operation.kind == "/":
            value = left.value.scaled(1 / self._divisor(right))
        else:
            value = left.value.combined(right.value, operator.add if operation.kind == "+" else operator.sub)
        return _Operand(value, left.has_variable or right.has_variable, left.start, right.end)

    def _product(self, left: _Operand, right: _Operand) -> _Polynomial:
        if (factor := right.value.constant) is not None:
            return left.value.scaled(factor)
        if (factor := left.value.constant) is not None:
            return right.value.scaled(factor)
        raise FormulaError(f"{self._named(left, right)} multiplies a variable by a variable; a formula must be linear.")

    def _divisor(self, right: _Operand) -> Fraction:
        if right.has_variable:
            raise FormulaError(f"Division by {self._named(right)}, in which there is a variable, is not allowed.")
        divisor = right.value.factors[-1]
        if divisor == 0:
            raise FormulaError(f"Division by {self._named(right)}, which is zero, is not allowed.")
        return divisor

    def _named(self, first: _Operand, last: _Operand | None = None) -> str:
        part = self._text[first.start : (last or first).end]
        return f"`{_shown(part)}` at position {first.start + 1}"


def _operand(token: re.Match[str]) -> _Operand:
    word = token["word"]
    if word.isascii() and word.lower() in VARIABLES:
        return _Operand(_Polynomial.of_variable(word.lower()), True, token.start(), token.end())
    number = _NUMBER.fullmatch(word)
    if number is None:
        raise _refused(token, "where a number or a variable must stand")
    whole = (number["whole"] or "").lstrip("0")
    decimals = (number["decimals"] or number["only_decimals"] or "").rstrip("0")
    if len(whole) + len(decimals) > MAX_DIGITS:
        raise FormulaError(
            f"`{_shown(word)}` at position {token.start() + 1} is a number of more than {MAX_DIGITS:,} digits."
        )
    value = Fraction(int(whole + decimals or "0"), 10 ** len(decimals))
    return _Operand(_Polynomial.of_number(value), False, token.start(), token.end())


def _refused(token: re.Match[str], where: str) -> FormulaError:
    return FormulaError(f"`{_shown(token[0])}` stands at position {token.start() + 1}, {where}; {_ALLOWED}.")


def _shown(part: str) -> str:
    return part if len(part) <= _SHOWN else f"{part[:_SHOWN]}…"


def _terms(polynomial: _Polynomial) -> Terms:
    denominator = math.lcm(*(factor.denominator for factor in polynomial.factors))
    numerators = [factor.numerator * (denominator // factor.denominator) for factor in polynomial.factors]
    if max(map(abs, (*numerators, denominator))) > _LARGEST:
        raise FormulaError(f"The formula comes to terms of more than {MAX_DIGITS:,} digits.")
    raw_earnings, clicks, visits, signups, fixed = numerators
    return Terms(raw_earnings, clicks, visits, signups, fixed, denominator)
