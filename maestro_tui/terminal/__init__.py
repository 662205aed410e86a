"""The VT engine behind a small face of our own."""
