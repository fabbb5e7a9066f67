"""A marketplace that sells apps through Solitude: what a web head of your own has to do, and no more than that.

- `catalogue`: what is for sale, made known to Solitude at the start
- `books`: the shop's own database: customers, purchases, and how far it has read Solitude's feed
- `till`: all that it asks of Solitude: pay, look, refund, remember
- `feed`: reads what happened meanwhile
- `shop`, `pages`: the web pages
- `__main__`: `python -m examples.marketplace`, configured by the environment

It holds no provider's credentials and knows no provider's API: of the outside world it knows Solitude alone, through `solitude.client`.
"""
