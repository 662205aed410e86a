"""Looking through a home for what is wrong, and mending what can be mended without a loss."""
