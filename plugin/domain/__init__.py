"""The words of the house: plain, frozen data that every room may speak of.

Nothing here knows a framework, a database, a socket or a clock.
"""
