"""The demo store: an outside witness that looks like MyCashflow or CS-Cart and knows its true figures.

It shares nothing with the rooms it is a witness for: standard library only.
`python -m pipelines.demo` serves it.

    people, catalogue -> till (what becomes of each visit) -> order (and its tax summary)
    -> books (shelf and ledger, written by wire_orders and wire_people) -> shop
    furniture (goods, products, stockroom, gift_cards, storefront: all other lists) -> books
    shop -> mycashflow (and wishes: what is asked of a list) -> faults -> server -> process
    shop -> cscart_index (facts of the shop's records) -> cscart_orders, _people, _goods, _traffic,
    _statuses -> cscart_entities -> cscart (and _asking: what is asked) -> faults -> server

`resources` is the table of all lists, `tables` that of the tables they become in a warehouse.
`opening.make_shop` invents a shop, `purchases.shop_of_purchases` takes a real purchase history,
`server.serve` serves either in a thread, `process.start` in a process of its own.
"""
