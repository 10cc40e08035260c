"""Dot for Python: the vendor's block and construct, to use beside resources of your own."""
