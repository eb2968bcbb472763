"""What we keep: records and their sheets, the outbox and the inbox, numbers, cursors, people; and the archive."""
