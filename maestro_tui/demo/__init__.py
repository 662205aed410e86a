"""The demonstration: a temporary home, an example project, and scripted agents that use the real `maestro`."""
