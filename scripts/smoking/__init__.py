"""What ``make smoke`` is made of: a client, the replay of golden files, the routes, the report.

``address`` and ``credentials`` say whom to ask and how, ``client`` asks. ``health``, ``replaying``,
``routes`` and ``latency`` each compare one thing and return differences, ``report`` shows them.
"""
