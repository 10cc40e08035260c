"""The differences between the two provers that are known, each with the page that explains it."""
from typing import Any
def explanation(*_: Any) -> None: return None
EXPLANATIONS = ()
