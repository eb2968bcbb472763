"""Microsoft 365 by intent: mailboxes and their letters, subscriptions, people, installations, tokens."""
