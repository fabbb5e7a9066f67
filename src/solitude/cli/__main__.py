"""`python -m solitude.cli`."""

import sys

from solitude.cli import main

sys.exit(main())
