"""Why is this verdict what it is, and what would turn it?"""

import tuili
from tuili.explanation.render_text import render_terminal

engine = tuili.load()
explanation = tuili.explain(engine, ("A man in a red shirt is sleeping on a bench.", "A man is running."), edit=True)
for evidence in explanation.verdict.evidence:
    print(f"{evidence.side:<10}  {evidence.span.start:>2}-{evidence.span.end:<2}  {evidence.text}")
print(render_terminal(explanation))
