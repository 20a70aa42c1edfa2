"""What runs by itself and what can be run by name: jobs."""
