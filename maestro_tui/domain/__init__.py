"""The shared language: documents, statuses, events and errors. No I/O, no clock."""
