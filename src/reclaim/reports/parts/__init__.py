"""The parts of a report: each takes an assessment and gives one section, or nothing where there is nothing to say."""
