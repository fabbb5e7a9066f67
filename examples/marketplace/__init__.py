"""A marketplace that sells apps through Solitude: what a web head of your own has to do, and no more than that.

- `catalogue`: what is for sale, made known to Solitude at the start
- `books`: the shop's own database: customers, purchases, and how far it has read Solitude's feed
- `till`: takes money and gives it back, in the way that the customer has chosen
- `ways`: those ways, a room each (`paypal`, `bango`, `braintree`, `reference`; by `routed` Solitude chooses one of them): what is
  asked of Solitude about a payment, and what the provider sends
- `feed`: reads what happened meanwhile
- `shop`, `pages`: the web pages
- `__main__`: `python -m examples.marketplace`, configured by the environment

It holds no provider's credentials and knows no provider's API: of the outside world it knows Solitude alone, through `solitude.client`.
"""
