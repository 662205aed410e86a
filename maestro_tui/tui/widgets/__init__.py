"""Widgets: each shows data it is given and posts what the person did."""
