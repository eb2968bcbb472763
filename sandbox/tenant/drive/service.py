################################################################
# The drives' routes, all of them
################################################################
#
# Rule 1: what is done with an item registers itself with calls.py when it is imported: here is where it is.

from sandbox.tenant.drive import calls, content, delta, items, people, sharing, word

ACTED_BY = (items, content, sharing, delta)
ROUTES = (calls.ROUTES, content.ROUTES, sharing.ROUTES, people.ROUTES, word.ROUTES)
