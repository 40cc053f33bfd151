"""Words that a full stop belongs to, by what may follow them. Lower case, without the final stop.

The lists decide the doubtful cases only: a stop followed by a capital after an ordinary word needs no list.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    """mr mrs ms mx dr drs prof rev revd hon sen sens rep reps gov govs gen col maj capt cmdr cdr lt sgt cpl pvt adm
    brig pres supt insp det amb messrs mme mlle mgr msgr fr sra srta herr lieut lt-col lt-gen maj-gen"""
)
"""Stand before a name: the stop never ends a sentence."""

LINKS = _words("vs cf viz e.g i.e eg ie approx esp incl resp ca nr aka a.k.a")
"""Stand before what they introduce: likewise."""

SPACED = _words("mr mrs ms dr prof rev sen gen gov lt st fr e.g i.e vs ca u.s u.k u.n d.c a.m p.m")
"""Abbreviations even where a space stands before the stop, as in text that was cut into words: e.g . this."""

NUMBERED = _words(
    """no nos nr fig figs eq eqs sec secs ch chs chap chaps vol vols p pp art arts para paras tab ex exs pt pts op ed
    eds app cl reg rs"""
)
"""The stop ends no sentence where a number follows: No. 5, pp. 12-14."""

CLIPPED = _words(
    """inc corp co cos ltd llc llp plc bros assn assoc dept univ inst intl natl govt mfg mgmt mgr asst est jr sr esq
    ph.d phd m.d b.a m.a b.sc m.sc st ste mt mts ft ave blvd rd hwy pkwy sq bldg fig figs vol vols pp ch sec eq eqs
    al ed eds rev op cit ibid u.s u.k u.n u.s.a e.u d.c l.a n.y a.d b.c sq yr yrs max min avg temp tel ext exh"""
)
"""May or may not end a sentence: they do where the next word usually begins one."""

CLIPPED_CAPITALISED = _words(
    """jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat sun
    ala ariz ark calif colo conn del fla ga ill ind kan ky la mass md mich minn miss mo mont neb nev okla ore pa penn
    tenn tex va vt wash wis wyo ont que alta sask"""
)
"""Likewise, if they begin with a capital: "Miss. River", but "a near miss."."""

HOURS = _words("a.m p.m am pm")
"""The time of day: goes on before a day, a month or a zone, and ends a sentence before other capitals."""

AFTER_HOURS = _words(
    """monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun january february
    march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov
    dec est edt cst cdt mst mdt pst pdt et ct pt gmt bst utc cet cest ist jst eastern central mountain pacific local"""
)

LETTERED = _words(
    """vitamin vitamins plan grade type hepatitis class group team option section part appendix figure level channel
    exhibit block question answer point schedule series category war gate hall row"""
)
"""Before a single letter that is a name of its own: "vitamin C." can end a sentence, "Samuel L." can't."""

SOUNDS = _words("hm hmm hmmm mm mmm mhm sh shh psst pfft brr grr tsk nth")
"""Words without a vowel that are not abbreviations."""

STARTERS = _words(
    """the this that these those there then they he she it we you i in on at as a an and but or so if when while where
    who what why how however meanwhile after before since although though because by for from with to his her its
    their our my your yes one some many most both each every another other also despite during under between among
    according moreover furthermore therefore thus hence nevertheless nonetheless still yet even only just now today
    yesterday tomorrow here once until unlike instead finally later earlier additionally such is are was were do does
    did has have had can could would should let please nobody everyone everybody nothing something someone several
    several none neither either not per nearly about around through throughout within without too"""
)
"""Words that, with a capital, most often stand at the beginning of a sentence."""

EXCLAIMING_NAMES = _words("yahoo jeopardy")
"""Names that carry their exclamation mark into the middle of a sentence."""

OPEN_ENDS = _words(
    """the a an and or but nor of in on at to for from by with as into over under between about against during that
    which who whose is are was were be been has have had will would can could may might must not no its his her their
    our my your this these those than via per"""
)
"""Words that no line ends with unless it goes on in the next."""
