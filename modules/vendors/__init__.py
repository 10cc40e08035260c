"""The catalogue: one folder a vendor, with its profile and the policies of its page."""
