"""Log lines to syslog: the messages (RFC 5424, RFC 3164), the ways there (UDP, TCP, TLS, a Unix socket), and a sender for each stream that
never makes the work wait for them."""
