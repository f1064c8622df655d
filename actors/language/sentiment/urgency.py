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
    r"instantly|hurry|quick(?:ly)?|straight ?away|sos|help|call me (?:now|immediately)|"
    r"de?lwa?0ty|el0een|0alan|"
    r"be?sor0a|b ?sor0a|basor0a|fawran|daroo?r[iy]|m[eou]sta0ge?l\w*|0agel|dlwa0t[iy]|hall?a0|halla|"
    r"el0a?0?oo?n[iay]\w*|yalla besor0a|daba)\b|الحين|حالا|فورا|بسرعه|ضروري|عاجل|مستعجل|دلوقتي|هلق|النجده|"
    r"الحقونا|الحقوني|عجلو|في الحال"
)
_DANGER = re.compile(
    r"\b(?:fire|smoke|gas|flood\w*|burst|spark\w*|sewage|overflow\w*|collaps\w*|carbon|electrocut\w*|pouring|gushing|"
    r"leak\w* (?:everywhere|badly)|break[- ]?in|break(?:ing)? (?:in|into)|thief|thieves|burglar\w*|intruder|bleed\w*|"
    r"burning|explo\w+|fainted|unconscious|ambulance|ghaz|0aree?[0q]\w*|do00?an|do0an|ghar0\w*|[ybt]et?ghra0|"
    r"sharar|0arami\w*|magar[iy]|maga0ri|tafe0\w*)\b|"
    r"غاز|حريق|حريقه|دخان|غرق|يفيض|طافح|تماس|حراميه|حرامي|شراره|ماس كهرب|اسعاف|انفجر|اغمي"
)
_STUCK = re.compile(
    r"\b(?:stuck|locked (?:out|in|inside)|trapped|outside|downstairs|at the (?:door|gate|counter|"
    r"bank|lobby|clerk)|won'?t let (?:me|us) in|"
    r"standing (?:here|in|at|outside)|in front of|baby|newborn|elderly|no electricity|no power|ma0boo?s\w*|ta0t el|"
    r"[03]?a?0?and el bab|0al bab|wa0ef|wa0fin|wa0feen|m0alla0)\b|"
    r"محبوس|واقف|عالق|تحت البنايه|عند الباب|على الباب|تحت العماره"
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
    r"next week|take your time|b[ei]?ra0t[aei]k|0ala mahl[aei]k|lamm?a tefd[ai]|(?:mesh|mish|msh|mo|mu|mub|mob|mb) "
    r"m[eou]sta0ge?l\w*)\b|على راحتك|(?:مو|مش|مب|ماني|لست|غير) ?مستعجل|لما تفضي|على مهلك|وقت ما تحب"
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
    letters = sum(map(str.isalpha, raw))
    upper = sum(map(str.isupper, raw)) / letters if letters > 5 else 0.0
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
