"""`python -m growthleads_assets` is the `growthleads` command."""

from growthleads_assets.cli import main

main()
