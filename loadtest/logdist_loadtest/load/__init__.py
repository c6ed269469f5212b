"""Load by Locust. What imports locust (sender, shape, session, locustfile) has all of Python patched by gevent; it is
imported by `locust -f` only, never by logdist-send, the demo or the bench.
"""
