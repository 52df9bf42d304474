"""Linear algebra on matrices and batches of them, computed by LAPACK through NumPy.

Matrices are the last two dimensions. Gradients are formulas of M. Giles ("An extended collection of
matrix derivative results", 2008) and of the references at each function.
"""
