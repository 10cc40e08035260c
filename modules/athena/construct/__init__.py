"""The parts of integrations that touch the engine, each in a file named for what it makes."""
