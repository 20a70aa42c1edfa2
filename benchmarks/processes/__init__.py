"""Programs that a measurement starts as processes of their own, because it looks at the process as a whole."""
