"""How lists of words and expressions are written down, so that they can be read and changed."""

from textwrap import dedent


def word_set(words: str) -> frozenset[str]:
    """The words of a block of text."""
    return frozenset(words.split())


def joined(lines: str) -> str:
    """One regular expression from several lines, without line breaks and lines that start with ``# ``."""
    return "".join(line.strip() for line in lines.splitlines() if not line.lstrip().startswith("# "))


def expressions(block: str, **parts: str) -> tuple[str, ...]:
    """Regular expressions between empty lines, each as ``joined`` reads it; ``<NAME>`` stands for a part."""
    found = [joined(one) for one in dedent(block).split("\n\n")]
    for name, part in parts.items():
        found = [one.replace(f"<{name}>", part) for one in found]
    return tuple(found)
