"""Documents as readable JSON files, written durably by one process."""
