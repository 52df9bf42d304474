"""``python -m fastnn`` runs the command `fastnn`."""

import sys

from .cli import main

sys.exit(main())
