"""As much English as questions need: where a subject ends, and a few verb forms. Rules and short lists, no parser."""

from __future__ import annotations

_AUXILIARIES = frozenset(
    "is are was were am do does did has have had will would can could may might must shall should".split()
)
_PRONOUNS = frozenset("i you he she it we they this that these those there anyone anybody everyone".split())
_DETERMINERS = frozenset("the a an my your his her its our their this that these those any some all every no".split())
_PREPOSITIONS = frozenset(
    "in on at by for from with to into about over under between during after before near without as than".split()
)
_PREDICATES = frozenset(
    "open closed free available true false possible allowed married dead alive born built made held known located "
    "found written called named used spoken sold won lost cheaper bigger larger older younger better worse "
    "able safe legal illegal full empty ready".split()
)
_VERBS = frozenset(
    "accept allow appear arrive ask attack attend become begin believe belong borrow break bring build buy call carry "
    "cause change charge choose close come contain cost cover create cross cut deliver die direct discover do draw "
    "drink drive earn eat end enter exist fall feel fight find finish fly follow form found get give go grow happen "
    "have hear help hold include invade invent join keep kill know land last lay lead learn leave lend let lie like "
    "live look lose love make marry mean measure meet move need occur offer open operate own pay perform play produce "
    "publish reach read receive release represent retire return ride rule run say see sell send serve show sign sing "
    "sink sit sleep speak spend stand start stay stop study swim take teach tell think travel try turn use visit wait "
    "walk want wear weigh win work write".split()
)
_PAST = {
    "become": "became", "begin": "began", "break": "broke", "bring": "brought", "build": "built", "buy": "bought",
    "choose": "chose", "come": "came", "cost": "cost", "cut": "cut", "do": "did", "draw": "drew", "drink": "drank",
    "drive": "drove", "eat": "ate", "fall": "fell", "feel": "felt", "fight": "fought", "find": "found", "fly": "flew",
    "get": "got", "give": "gave", "go": "went", "grow": "grew", "have": "had", "hear": "heard", "hold": "held",
    "keep": "kept", "know": "knew", "lay": "laid", "lead": "led", "leave": "left", "lend": "lent", "let": "let",
    "lie": "lay", "lose": "lost", "make": "made", "mean": "meant", "meet": "met", "pay": "paid", "read": "read",
    "ride": "rode", "run": "ran", "say": "said", "see": "saw", "sell": "sold", "send": "sent", "show": "showed",
    "sing": "sang", "sit": "sat", "sleep": "slept", "speak": "spoke", "spend": "spent", "stand": "stood",
    "swim": "swam", "take": "took", "teach": "taught", "tell": "told", "think": "thought", "wear": "wore",
    "sink": "sank", "win": "won", "write": "wrote",
}  # fmt: skip
_FORMS = frozenset(_PAST.values())
_ENDINGS = ("ed", "ing", "able", "ible", "ful", "ous")


def is_auxiliary(word: str) -> bool:
    """Whether a word in lower case is one of the verbs that questions begin with."""
    return word in _AUXILIARIES


def is_finite(word: str) -> bool:
    """Whether a word in lower case is likely a verb that says something of a subject: is, wrote, causes."""
    if word in _AUXILIARIES or word in _FORMS or word in _VERBS or (word.endswith("ed") and len(word) > 4):
        return True
    return any(word == third_person_of(verb) for verb in (word[:-1], word[:-2], f"{word[:-3]}y") if verb in _VERBS)


def past_of(verb: str) -> str:
    """wrote, opened, died, carried."""
    if verb in _PAST:
        return _PAST[verb]
    if verb in _FORMS or verb.endswith("ed"):
        return verb  # whoever asks "when did it ended"
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ied"
    return f"{verb}ed"


def third_person_of(verb: str) -> str:
    """writes, carries, reaches, has."""
    if verb == "have":
        return "has"
    if verb not in _VERBS and verb.endswith("s"):
        return verb  # whoever asks "when does it opens"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else f"{verb}s"


def parted(words: list[str], *, verb: bool) -> tuple[list[str], list[str]] | None:
    """Subject and predicate of what follows a question's auxiliary; None where rules can't tell.

    Args:
        words: Such as `the library open on Sundays`.
        verb: Whether the predicate begins with a verb's plain form, as after "did", and not after "is".
    """
    if not words:
        return None
    if words[0].lower() in _PRONOUNS and not (words[0].lower() in _DETERMINERS and len(words) > 2):
        return words[:1], words[1:]
    begins = range(1 + (words[0].lower() in _DETERMINERS), len(words))
    for place in begins:
        if _is_plain_verb(words[place]) if verb else _begins_a_predicate(words, place):
            return words[:place], words[place:]
    if verb:
        # The verb is not in the list; after a name, or before the end, it is still plain where it stands.
        after_name = next((place for place in begins if words[place].islower() and words[place - 1][0].isupper()), None)
        place = after_name if after_name is not None else len(words) - 1
        return (words[:place], words[place:]) if place >= 1 and words[place].islower() else None
    return words, []


def _is_plain_verb(word: str) -> bool:
    """Also the participle that follows "has", and the past that those write who mix the two up."""
    return word.islower() and (word in _VERBS or word in _FORMS or word.endswith("ed"))


def _begins_a_predicate(words: list[str], place: int) -> bool:
    word = words[place].lower()
    if words[place - 1].lower() == "of":
        return False
    if word in _PREDICATES or word.endswith(_ENDINGS):
        return words[place].islower()
    return word in _PREPOSITIONS or word in _DETERMINERS
