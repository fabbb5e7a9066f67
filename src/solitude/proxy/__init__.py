"""The proxy: sends for a database process what that may not send itself, because only this process has the providers' credentials."""
