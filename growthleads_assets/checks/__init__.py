"""Asset checks that look at what was calculated and loaded."""
