"""The demo mission: fictional people and decisions on real geography and real events.

It stands at the top of the import chain, since it uses the services of all apps, as people would.
"""

from reporting.demo.build import build_demo

__all__ = ["build_demo"]
