"""Speed and memory of the platform, measured on data of its own: `make bench`. See docs/performance.md."""
