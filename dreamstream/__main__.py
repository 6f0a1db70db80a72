"""`python -m dreamstream` is `dreamstream`."""

import sys

from dreamstream.cli import main

sys.exit(main())
