"""What an alert says, and the ways to send it: Slack, e-mail, a webhook, the log."""
