"""Yearly imagery: when ground was lost, when it came back, and whether there is a trend."""
