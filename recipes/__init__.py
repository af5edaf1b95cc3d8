"""End-to-end runs that read like a story. Each runs the commands a user would type."""
