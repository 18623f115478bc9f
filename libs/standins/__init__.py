"""Stand-ins of the outside platforms: both directions of their protocols, with faults on demand.

Start with :class:`libs.standins.telegram.TelegramStandin` in process or ``python -m libs.standins`` as a
process of its own, and :class:`libs.standins.client.StandinClient` to steer either over HTTP.
"""
