"""PayPal's classic interface: Adaptive Payments, Permissions and GetVerifiedStatus, as name-value pairs.

PayPal lets nobody new use it; those who have it keep it. Outside facts come from PayPal's Adaptive Payments Developer
Guide (2012), its IPN Guide (2012) and messages that were published; `docs/sandbox.md` lists where the simulator had to
choose.
"""
