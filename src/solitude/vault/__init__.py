"""What is kept secret: encrypted fields, keyed hashes, and the key ring that both use."""
