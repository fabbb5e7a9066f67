"""Seals over what was written, and who saw or changed personal data."""
