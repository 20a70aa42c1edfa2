"""`python -m growthleads_assets.commands.parse DATABASE`: have the dbt project parsed at set-up and in an image.

Belongs here: for which database, and where to. Does not: parsing, and taking that over (warehouse/transformation.py).
"""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from growthleads_assets.settings import CHECKOUT
from growthleads_assets.warehouse.transformation import Transformation, TransformationFailed


def main(dbname: str) -> None:
    """Parse the project for a database of this name, which need not exist; new homes begin without parsing then."""
    # The profile reads these; only the name of the database is in what is parsed.
    os.environ.update({"PGHOST": "nowhere", "PGPORT": "5432", "PGUSER": "nobody", "PGDATABASE": dbname})
    with tempfile.TemporaryDirectory() as logs:
        here = Transformation(CHECKOUT / "dbt_project", Path(), Path(logs))
        try:
            shipped = replace(here, target_path=here.shipped)
            sys.stdout.write(f"Parsed {len(shipped.manifest['nodes'])} models and tests into {here.shipped}.\n")
        except TransformationFailed as problem:
            sys.exit(str(problem))


if __name__ == "__main__":
    main(*sys.argv[1:])
