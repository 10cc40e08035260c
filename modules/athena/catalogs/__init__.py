"""Data catalogs of Athena beside the one that every account has."""
