"""Convolutions over one to three axes, and their transposes.

Shapes are PyTorch's, memory is channels-last: an output of shape (N, O, H, W) lies in memory as
(N, H, W, O), and so does the gradient of an input. Inputs of any order are taken; one in another
order is reordered first.
"""
