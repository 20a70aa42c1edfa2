"""What is to do: a pure function of what has landed, what is loaded and what is published."""
