"""The version of this server, by Semantic Versioning (https://semver.org/); `pyproject.toml` and everything else read it here."""

VERSION = "0.8.0"
