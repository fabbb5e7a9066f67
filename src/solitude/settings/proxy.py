"""The proxy: the process that has the providers' credentials and no database."""
