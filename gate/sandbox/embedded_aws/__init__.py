"""An AWS on loopback for plan, apply and destroy: moto 5.2.5 with what AWS provider 5.100.0 misses.

One module per service that needs something, `inventory` for what exists, `server` to run it.
`athena_gate.gate.sandbox` starts it as a child process; nothing else imports this package.
"""
