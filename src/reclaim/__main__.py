"""``python -m reclaim`` is the command ``reclaim``."""

from reclaim.cli import main

if __name__ == "__main__":
    main()
