"""Reductions: sums, moments, extremes and counts over dimensions."""
