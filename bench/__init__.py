"""How fast athena-gate is and how much memory it takes, beside stock cdktf and cdktn."""
