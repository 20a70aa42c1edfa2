"""`make docs`: the documentation of the dbt project, as one page.

Belongs here: where the page goes, and the empty database that its tables are looked up in. Does not: what it says,
which stands beside the models and in warehouse/dbt_sources.py.
"""

import sys
import tempfile
from pathlib import Path

from growthleads_assets.commands.session import working_on
from growthleads_assets.contracts.registry import SOURCES
from growthleads_assets.home.platform import Platform
from growthleads_assets.settings import CHECKOUT, EMBEDDED, load_settings
from growthleads_assets.warehouse.database import DatabaseUnavailable
from growthleads_assets.warehouse.transformation import TransformationFailed

PAGE = CHECKOUT / "build" / "docs" / "index.html"


def main(page: Path = PAGE) -> None:
    """Write the page on a database of its own, whatever the caller's settings are, and say where it is."""
    with tempfile.TemporaryDirectory(prefix="growthleads-docs-") as folder:
        home = Path(folder)
        # Where this runs as root, the server has an account of its own, which must get there too.
        home.chmod(0o755)
        zones = {"landing_zone": home / "landing_zone", "archive_zone": home / "archive_zone"}
        try:
            with working_on(load_settings(home=home, **EMBEDDED, **zones)) as (settings, _):
                platform = Platform(settings, SOURCES)
                with platform.connected() as connection:
                    platform.transformation.prepare(connection)
                platform.transformation.write_docs(page)
        except (DatabaseUnavailable, TransformationFailed) as problem:
            sys.exit(f"The documentation could not be written: {problem}")
    sys.stdout.write(f"The documentation of the models is in {page}: open it in a browser.\n")


if __name__ == "__main__":
    main()
