"""Which sentences of an answer do its sources support?"""

import tuili

SOURCES = {
    "leaflet": "The library opens at nine on weekdays and at ten on Saturdays. It is closed on Sundays.",
    "rules": "Members may borrow up to eight books for three weeks. Newspapers can't be taken home.",
}
ANSWER = "The library is closed on Sundays. Members can borrow eight books. There is a cafe on the first floor."

report = tuili.check(tuili.load(), SOURCES, ANSWER)
for claim in report.claims:
    print(f"{claim.status:<12} {claim.probability:.2f}  {claim.statement}  [{claim.quotes[0].name}]")
print(f"{report.supported_rate:.0%} supported")
