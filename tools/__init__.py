"""What developers run beside the tests: the soak, mutation testing, coverage by room, the hunt for flaky tests, releases."""
