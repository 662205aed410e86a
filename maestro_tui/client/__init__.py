"""The wire from the other side: REST, the event stream, the mirror, the outbox."""
