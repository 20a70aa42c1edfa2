"""What the commands do: a pass over the landing zone, status, export, the UI, the demo."""
