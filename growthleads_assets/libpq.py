"""The parameters of a connection to PostgreSQL, as libpq itself lists them.

Belongs here: what libpq says of its parameters. Does not: values, or connecting.
"""

from collections.abc import Mapping

from psycopg import pq

VARIABLES: Mapping[str, str] = {
    option.keyword.decode(): option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar
}
"""The environment variable of each parameter that has one."""

SECRETS = frozenset(option.keyword.decode() for option in pq.Conninfo.get_defaults() if option.dispchar == b"*") | {
    "scram_client_key",
    "scram_server_key",
}
"""The parameters that nobody is to see: the password, that of the client's key, ..."""
