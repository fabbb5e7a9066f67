"""The environment of this process, which the declarations beside this module take their settings from."""

from solitude import sqlite
from solitude.configuration import process_environment

sqlite.install()

environment = process_environment()
