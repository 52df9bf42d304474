"""Recurrent layers through time, and single steps of them."""
