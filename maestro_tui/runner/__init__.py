"""From “a session was requested” to “an agent is running here”."""
