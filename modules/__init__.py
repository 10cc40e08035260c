"""What athena-gate builds: policies as values, and the constructs that carry them."""
