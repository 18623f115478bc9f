"""How much longer than on a quiet machine the tests wait for what is to come.

Waiting costs nothing where the condition holds; a machine that does other things is four times slower.
"""

PATIENCE = 4.0
