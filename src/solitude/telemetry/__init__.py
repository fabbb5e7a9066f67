"""What the house tells its operators, and what it must never tell: log lines, security events (CEF), metrics,
redaction."""
