"""How a judge is reached over HTTP: routes, the queue before the judge, the page at `/`.

A request passes the gate (`gate`: host, token, rate, size), is read strictly (`strict_json`, `bodies`), waits in one
bounded queue (`fair_queue`, `batcher`) and is judged with others in one thread (`judge_thread`). The only room that
is asynchronous, and the only one that needs the extra `serve`.
"""
