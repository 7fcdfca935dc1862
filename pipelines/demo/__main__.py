"""Serves the demo store until it is killed: `python -m pipelines.demo --size 5000 --port 8765`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from pipelines.demo.cscart_asking import DIALECTS
from pipelines.demo.faults import FAULTS, NAMES, ORDERS_ON_V0, SICK_ORDER
from pipelines.demo.helsinki import moment_of
from pipelines.demo.opening import DEFAULT_SIZE, make_shop
from pipelines.demo.process import READY
from pipelines.demo.purchases import shop_of_purchases
from pipelines.demo.server import KEY, USER, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves; 0 when stopped by Ctrl-C or the end of its standard input."""
    options = _parser().parse_args(arguments)
    if options.history:
        shop = shop_of_purchases(options.history, options.end)
    else:
        shop = make_shop(options.size, options.seed, options.end)
    with shop, serve(shop, options.port, options.fault, options.latency / 1000) as server:
        sys.stdout.write(f"{READY}{server.url}\n")
        sys.stdout.flush()
        try:
            if options.until_stdin_ends:
                sys.stdin.read()
            else:
                Event().wait()
        except KeyboardInterrupt:
            pass
    return 0


def _parser() -> argparse.ArgumentParser:
    faults = "; ".join(f"{name}: {fault.about}" for name, fault in FAULTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.demo",
        description=f"A demo store on the loopback, user {USER}, key {KEY}. "
        "GET /demo/ledger answers its true figures. "
        f"As CS-Cart: {', '.join(f'{dialect.root} ({name})' for name, dialect in DIALECTS.items())}.",
        epilog=f"Faults. {faults}; {ORDERS_ON_V0}: orders only on v0; "
        f"{SICK_ORDER}: 500 for each page with the middle order.",
    )
    parser.add_argument("--size", type=int, default=DEFAULT_SIZE, help="orders (default %(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="0 for any free one (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--end", type=moment_of, help="no date in the shop is later (ISO; default now)")
    parser.add_argument("--history", type=Path, metavar="FILE", help="CSV: customer, date, units, amount")
    parser.add_argument("--fault", action="append", default=[], choices=NAMES, metavar="NAME")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="before each answer")
    parser.add_argument("--until-stdin-ends", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
