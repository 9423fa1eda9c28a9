"""Mail: a domain's records, and its exchanges on port 25."""
