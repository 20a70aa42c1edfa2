"""What lands and what it must look like: the source registry, its schemas, the deal formulas.

Belongs here: rules that hold for a source wherever its rows are read. Does not: files, SQL, Dagster.
"""
