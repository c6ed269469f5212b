"""What a log message costs in each protocol, in and out."""
