"""Losses: how far an output is from its target, as one number to descend on."""
