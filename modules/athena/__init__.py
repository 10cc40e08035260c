"""What the integrations share: settings, statements and constructs around an Athena workgroup."""
