"""One home: what lies in it, what there is to do, whom to tell. A look at it starts without Dagster."""
