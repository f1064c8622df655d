"""Cues that the sender needs action now: deadlines in minutes, danger, somebody waiting outside; and their denial."""

from __future__ import annotations

import re
from typing import Final

from actors.language.intent.ngrams import fold

CUES: Final[tuple[str, ...]] = (
    "now",
    "danger",
    "stuck",
    "deadline",
    "waiting",
    "calm",
    "shout",
    "caps",
    "mild_now",
    "question",
)

# Digits are folded to 0 before these look: "dlwa2ty" is "dlwa0ty".
_NOW = re.compile(
    r"\b(?:right (?:now|away|this)|now|immediat\w*|asap|a\.s\.a\.p|urgent\w*|emergency|at once|"
    r"this (?:minute|second|instant)|"
    r"instantly|hurry|quick(?:ly)?|straight ?away|sos|help|call me (?:now|immediately)|de?lwa?0ty|"
    r"delwa0ty|el0een|0alan|"
    r"besor0a|b sor0a|basor0a|fawran|daroori|mosta0gel|0agel)\b|الحين|حالا|فورا|بسرعه|ضروري|عاجل|"
    r"مستعجل|دلوقتي|هلق|النجده"
)
_DANGER = re.compile(
    r"\b(?:fire|smoke|gas|flood\w*|burst|spark\w*|sewage|overflow\w*|collaps\w*|carbon|electrocut\w*|pouring|gushing|"
    r"leak\w* (?:everywhere|badly)|break[- ]?in|thief|burglar|bleed\w*|ghaz|0aree0|do0an|ghar0\w*|yeghra0)\b|"
    r"غاز|حريق|دخان|غرق|يفيض|طافح|تماس|حراميه"
)
_STUCK = re.compile(
    r"\b(?:stuck|locked (?:out|in|inside)|trapped|outside|downstairs|at the (?:door|gate|counter|"
    r"bank|lobby|clerk)|won'?t let (?:me|us) in|"
    r"standing (?:here|in|at|outside)|in front of|baby|newborn|no electricity|ma0boos\w*|ta0t el|0and el bab)\b|"
    r"محبوس|واقف|تحت البنايه|عند الباب"
)
_DEADLINE = re.compile(
    r"\b(?:in (?:the next )?(?:\d+|an?|half an|one|ten|few)\s?(?:min\w*|hours?|hrs?|h)|within (?:the|an|one) hour|"
    r"(?:before|until|till|by) (?:\d{1,2}|noon|midnight)|clos(?:es|ing) (?:in|at|soon)|(?:flight|"
    r"leav\w+|fly\w*) .{0,24}(?:tonight|tomorrow|now|dawn)|"
    r"tonight|today|expires?|or (?:i|we) (?:lose|leave|walk)|khelal|abl ma|law ma)\b|خلال|قبل ما|الليله|اليوم"
)
_WAITING = re.compile(
    r"\b(?:waiting (?:here|outside|in|at)|is (?:here|waiting)|are (?:here|waiting)|is anyone coming|"
    r"where(?:'s| is| are) (?:your|ur|the) (?:agent|guy|man|keys?))\b"
)
_CALM = re.compile(
    r"\b(?:no (?:rush|hurry|pressure|urgency)|not urgent|whenever|when convenient|when you (?:have|"
    r"can|get)|any (?:day|time)|at your convenience|"
    r"next week|take your time|bira0tak|bra0tak|0ala mahlak)\b|على راحتك|مو مستعجل|مش مستعجل|لما تفضي"
)
_MILD_NOW = re.compile(
    r"\b(?:available now|vacant now|for now|now (?:it|the|asking|he|she|i want)|by now|until now|"
    r"price now|right now (?:it|the))\b"
)


def cues(text: str, folded: str | None = None) -> tuple[float, ...]:
    """Look for the cues of urgency.

    Args:
        text: a message.
        folded: the same as ``fold`` leaves it, where the caller has it already.

    Returns:
        a number for each name of ``CUES``, 0 to about 3.
    """
    low = fold(text) if folded is None else folded
    raw = text[:600]
    letters = [c for c in raw if c.isalpha()]
    upper = sum(c.isupper() for c in letters) / len(letters) if len(letters) > 5 else 0.0
    loud = len(re.findall(r"\b[A-Z]{3,}\b", raw))
    return (
        float(min(2, len(_NOW.findall(low)))),
        float(bool(_DANGER.search(low))),
        float(bool(_STUCK.search(low))),
        float(bool(_DEADLINE.search(low))),
        float(bool(_WAITING.search(low))),
        float(bool(_CALM.search(low))),
        min(3.0, raw.count("!") * 0.75),
        upper if upper > 0.3 else min(0.9, loud * 0.3),
        float(bool(_MILD_NOW.search(low))),
        float("?" in low),
    )
