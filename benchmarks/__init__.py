"""Speed beside the opponents, in the same run."""
