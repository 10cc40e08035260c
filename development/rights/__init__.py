"""What `gate deployer` rests on: the record of the provider's calls, and deploys with nothing else
allowed."""
