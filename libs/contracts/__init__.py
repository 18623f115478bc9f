"""What the services say to each other: the envelope, the words, the versioned messages, the broker's names.

Imports pydantic and the standard library only, so that anything may import it.
"""
