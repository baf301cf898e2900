"""Names under the paths of the reference; the code is elsewhere."""
