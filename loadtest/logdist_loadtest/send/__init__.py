"""`logdist-send`: posts the lines of log files as packets."""
