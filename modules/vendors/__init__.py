"""The catalogue: one folder a vendor, with its profile and the policies of its page."""

from pathlib import Path

CATALOGUE = Path(__file__).resolve().parent
# The name of a profile's file in its vendor's folder.
PROFILE = "profile.hcl"
