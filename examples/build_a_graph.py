"""Two short texts become a graph; a third contradicts one of them, and is taken out again."""

import tuili

TEXTS = {
    "letter": "Mary Byron works for the Acme Institute. Mary Byron was born in Paris.",
    "article": "Peter Holm founded the Acme Institute. The Acme Institute is based in Oslo.",
    "rumour": "Mary Byron was born in Rome.",
}

engine = tuili.load()
graph = tuili.build_graph(engine, TEXTS)
for edge in graph.edges:
    mark = "  (in conflict)" if edge.conflict else ""
    print(f"{edge.head.name} · {edge.relation} · {edge.tail.name}  {edge.probability:.2f}{mark}")
    print(f"    “{edge.statements[0].quote}”  {edge.statements[0].source}")

print(f"{len(graph.conflicts)} in conflict; without the rumour {len(graph.without('rumour').conflicts)}")
