"""What developers run beside the tests: soak, mutation testing, coverage by room, the hunt for flaky tests."""
