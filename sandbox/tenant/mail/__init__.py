"""Exchange as Graph shows it: mailboxes, letters, and the carrying of mail."""
