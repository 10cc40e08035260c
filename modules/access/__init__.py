"""Access to Athena for a vendor: the integration of which every vendor's profile is an instance."""
