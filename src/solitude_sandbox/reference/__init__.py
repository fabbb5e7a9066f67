"""A payment provider of the reference interface ("Zippy"): sellers, products, transactions, the buyer's pages, signed notices.

Outside facts come from the manual and the source of Zippy, the reference implementation; `docs/sandbox.md` lists where the simulator is
stricter than that, and where it had to choose.
"""

from solitude_sandbox.reference.app import Reference

__all__ = ["Reference"]
