"""`python -m scrm.simulator`: the simulator without Django."""

import sys

from scrm.simulator.launch import main

sys.exit(main())
