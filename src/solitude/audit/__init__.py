"""Seals over what was written, by which a later change shows; and who saw or changed personal data."""
