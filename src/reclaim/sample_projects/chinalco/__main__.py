"""``python -m reclaim.sample_projects.chinalco FOLDER`` draws the illustrative group from its seed."""

import sys
from pathlib import Path

from reclaim.errors import ReclaimError
from reclaim.sample_projects.chinalco import build

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("say where to: python -m reclaim.sample_projects.chinalco FOLDER")
    try:
        build(Path(sys.argv[1]))
    except ReclaimError as error:
        sys.exit("\n".join(error.faults))
