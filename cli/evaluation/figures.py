"""Measures of answers against what is right."""

from collections.abc import Sequence

#: Bins of the calibration error.
BINS = 10


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """How likely a positive scores above a negative; ties count half. Raises ValueError without both."""
    ups, downs = sum(positive), len(positive) - sum(positive)
    if not ups or not downs:
        raise ValueError("there must be rows that are answerable and rows that are not")
    order = sorted(range(len(scores)), key=scores.__getitem__)
    ranks, at = [0.0] * len(scores), 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        for place in range(at, end):
            ranks[order[place]] = (at + end + 1) / 2
        at = end
    above = sum(rank for rank, up in zip(ranks, positive, strict=True) if up)
    return (above - ups * (ups + 1) / 2) / (ups * downs)


def precision_recall_f1(said: Sequence[bool], right: Sequence[bool]) -> tuple[float, float, float]:
    """Of a yes or no, each 0 where it is not defined."""
    hits = sum(one and other for one, other in zip(said, right, strict=True))
    precision = hits / sum(said) if any(said) else 0.0
    recall = hits / sum(right) if any(right) else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """The expected calibration error: the mean gap between confidence and being right, over equal bins."""
    bins: list[list[int]] = [[] for _ in range(BINS)]
    for place, confidence in enumerate(confidences):
        bins[min(BINS - 1, int(confidence * BINS))].append(place)
    gap = 0.0
    for members in bins:
        if members:
            sure = sum(confidences[place] for place in members)
            hits = sum(right[place] for place in members)
            gap += abs(sure - hits)
    return gap / len(confidences) if confidences else 0.0
