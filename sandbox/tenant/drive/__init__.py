"""OneDrive and the ministry's library as Graph shows them: drives, items, versions, access, and what changed."""
