"""Benchmarks: each compares the product with a named alternative in the same run and prints ratios."""
