"""Graph: texts become entities and the relations between them, and every edge quotes the sentence that entails it.

`tuili.build_graph` is in `build`. `schema` is what may be said, `finder` who may be spoken of, `coreference` which
names are one, `candidates` what is worth asking, `statements` asks the judge, `calibration` says how probable an edge
is, `graph` is the result, `store` keeps it on disk, `rdf`, `graphml` and `page` write it for others.
"""
