"""Statements are fixed texts: what varies is a parameter, or composed by psycopg's `sql`, which quotes it."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import growthleads_assets

FOLDER = Path(growthleads_assets.__file__).parent
TAKES_A_STATEMENT = {"execute", "executemany", "SQL"}

# What is a text that the code has, though not at the place where it is used.
KNOWN = {
    "look.condition": "a LiteralString of warehouse/findings.py's callers",
    "look.order": "a LiteralString of warehouse/findings.py's callers",
    "_REACHES[look.reach]": "one of the texts of that table",
    "'{} ' + sql_type + (' not null' if required else '')": "types are those of a source's schema",
    "'add column {} ' + sql_type": "types are those of a model's contract",
    "'alter column {0} type ' + sql_type + ' using {0}::' + sql_type": "types are those of a model's contract",
    "'null::' + sql_type + ' as {}'": "types are those of a model's contract",
    "', '.join(index['columns'])": "what a model's configuration puts an index on",
    "query": "the argument of warehouse/fitting.py's _shape, which is sql.Composed",
    "migration.statements.encode()": "the text of a migration",
    "'grant ' + right + ' on database {} to {}'": "one of the texts of that table",
    "RIGHTS.get(relation, EVERYTHING)": "one of the texts of that table",
    "kind": "schema, table or function, as the query of warehouse/roles.py says",
    "name": "quoted by PostgreSQL in the query of warehouse/roles.py",
}
# Functions of that name that take no statement.
OTHERS = {"run.execute", "generators.execute"}


class Texts(ast.NodeVisitor):
    """Finds the statements of a module that are no fixed texts."""

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[str] = []
        self._constants = {
            name.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for name in _targets(node)
        }
        self._scopes: list[Mapping[str, ast.expr | None]] = []
        self.visit(tree)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        names: dict[str, ast.expr | None] = {
            argument.arg: None
            for argument in (*node.args.args, *node.args.kwonlyargs)
            if argument.annotation and ast.unparse(argument.annotation) in {"LiteralString", "sql.Composable"}
        }
        for inner in ast.walk(node):
            if isinstance(inner, ast.Assign | ast.AnnAssign) and inner.value:
                is_composed = isinstance(inner, ast.AnnAssign) and "sql." in ast.unparse(inner.annotation)
                names |= {target.id: None if is_composed else inner.value for target in _targets(inner)}
            elif isinstance(inner, ast.For) and isinstance(inner.target, ast.Name):
                names[inner.target.id] = inner.iter
        self._scopes.append(names)
        self.generic_visit(node)
        self._scopes.pop()

    def visit_Call(self, node: ast.Call) -> None:
        function = ast.unparse(node.func)
        if function.rpartition(".")[2] in TAKES_A_STATEMENT and node.args and function not in OTHERS:
            statement = node.args[0]
            if not self._is_fixed(statement) and ast.unparse(statement) not in KNOWN:
                self.found.append(f"line {node.lineno}: {ast.unparse(statement)[:100]}")
        self.generic_visit(node)

    def _is_fixed(self, text: ast.expr) -> bool:
        match text:
            case ast.Constant(value=str()):
                return True
            case ast.Name(id=name) if name.isupper():
                return name in self._constants
            case ast.Name(id=name):
                value = next((scope[name] for scope in reversed(self._scopes) if name in scope), text)
                return value is None or (value is not text and self._is_fixed(value))
            case ast.JoinedStr(values=parts):
                return all(isinstance(part, ast.Constant) or self._is_fixed(part) for part in parts)
            case ast.FormattedValue(value=value):
                return self._is_fixed(value)
            case ast.IfExp(body=one, orelse=other):
                return self._is_fixed(one) and self._is_fixed(other)
            # Composed: `format` of psycopg quotes what it is given, which that of a text does not.
            case ast.Call(func=ast.Attribute(attr="format", value=template)):
                of = self._constants.get(template.id) if isinstance(template, ast.Name) else template
                return of is not None and ast.unparse(of).startswith("sql.SQL(")
            case ast.Call(func=ast.Name(id=function)):
                return function.startswith("_")
            case _:
                return False


def _targets(node: ast.stmt) -> Iterator[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    yield from (target for target in targets if isinstance(target, ast.Name))


def _found(code: str) -> list[str]:
    return Texts(ast.parse(code)).found


@pytest.mark.parametrize("module", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_value_is_pasted_into_a_statement(module: Path) -> None:
    assert _found(module.read_text()) == []


@pytest.mark.parametrize(
    "statement",
    ["f'select {value}'", "'select ' + value", "'select %s' % value", "'select {}'.format(value)", "value", "OTHER"],
)
def test_a_value_that_is_pasted_in_is_found(statement: str) -> None:
    assert _found(f"LIMIT = 'limit 1'\ndef read(connection, value: str):\n    connection.execute({statement})")


@pytest.mark.parametrize(
    "statement", ["'select %s', (value,)", "f'select 1 {LIMIT}'", "sql.SQL('select {}').format(value)", "LIMIT"]
)
def test_fixed_texts_are_let_pass(statement: str) -> None:
    assert not _found(f"LIMIT = 'limit 1'\ndef read(connection, value: str):\n    connection.execute({statement})")
