"""Who comes to the shop and when: accounts, guests, guests who register later, subscribers.

Every buyer has an own rhythm (a usual gap between orders) and lapses at some point. Names are
invented, mail domains are the reserved ones, telephone numbers cannot exist.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from random import Random

from pipelines.demo.helsinki import DAY, day_start, switch_nights

FIRST_NAMES = (
    "Aino", "Väinö", "Helmi", "Oiva", "Päivä", "Tähti", "Kielo", "Otso", "Pihla", "Tuisku",
    "Lumi", "Rauha", "Toivo", "Sulo", "Satu", "Onni", "Usva", "Ilo", "Halla", "Myrsky",
)  # fmt: skip
LAST_NAMES = (
    "Mallikas", "Esimerkkilä", "Koekas", "Keksilä", "Tarunen", "Satumaa", "Oletela", "Näytelä",
    "Leikkilä", "Arvelin", "Kuvitelma", "Testilä", "Luulola", "Väitelä", "Kuvailo", "Sepitelmä",
)  # fmt: skip
PLACES = (
    ("00100", "Helsinki"), ("02100", "Espoo"), ("33100", "Tampere"), ("90100", "Oulu"),
    ("20100", "Turku"), ("40100", "Jyväskylä"), ("13100", "Hämeenlinna"), ("70100", "Kuopio"),
    ("65100", "Vaasa"), ("99600", "Sodankylä"), ("22100", "Maarianhamina"), ("53100", "Lappeenranta"),
)  # fmt: skip
LANGUAGES = {1: "fi", 2: "se"}
"""Store version -> its language; `se` for Swedish is how stores spell it (hazard 24)."""
GROUPS = {1: "Kanta-asiakkaat", 2: "Jälleenmyyjät", 3: "Yritykset"}
"""Customer group -> its name; nobody is a reseller."""

_ASCII = str.maketrans("äöÄÖ", "aoAO")
_SEASON = (0.9, 0.8, 0.9, 0.9, 1.0, 1.0, 0.8, 0.9, 1.0, 1.0, 1.5, 1.7)


@dataclass(slots=True)
class Person:
    """One human being; `account_id` and `registered_at` are missing for those who never register."""

    index: int
    first_name: str
    last_name: str
    place: tuple[str, str]
    email: str
    version_id: int = 1
    is_company: bool = False
    registered_at: int | None = None
    account_id: int | None = None
    external_id: str | None = None
    is_subscriber: bool = False

    @property
    def group_ids(self) -> list[int]:
        """The customer groups of the account."""
        return [3] * self.is_company + [1] * (self.index % 4 == 0)

    @property
    def address_count(self) -> int:
        """How many shipping addresses the account has beside its own."""
        return (0, 0, 0, 1, 2)[self.index % 5]


@dataclass(slots=True)
class Subscriber:
    """One line of the newsletter list; `email` as it was typed."""

    id: int
    created_at: int
    updated_at: int
    person: Person
    email: str
    version_id: int
    unsubscribed_at: int | None


@dataclass
class Crowd:
    """Everybody, and every visit that ends in an order as (moment, person), oldest first."""

    persons: list[Person] = field(default_factory=list)
    visits: list[tuple[int, Person]] = field(default_factory=list)
    subscribers: list[Subscriber] = field(default_factory=list)

    @property
    def accounts(self) -> list[Person]:
        """Those with an account, in the order of their ids."""
        registered = [person for person in self.persons if person.registered_at is not None]
        return sorted(registered, key=lambda person: (person.registered_at, person.index))


def gather_crowd(rng: Random, orders: int, start: int, end: int) -> Crowd:
    """A crowd that places exactly `orders` orders between `start` and `end`."""
    crowd = Crowd()
    days = _Days(start, end)
    visits: list[tuple[int, int]] = []
    while len(visits) < orders:
        person = _new_person(rng, len(crowd.persons))
        moments = [days.moment(rng, day) for day in _rhythm(rng, days)]
        _register_buyer(rng, person, moments, end)
        crowd.persons.append(person)
        visits += [(moment, person.index) for moment in moments]
    buyers = len(crowd.persons)
    visits = _at_odd_hours(sorted(visits[:orders]), start, end)
    crowd.visits = [(moment, crowd.persons[index]) for moment, index in visits]
    for number in range(buyers // 3):
        crowd.persons.append(_onlooker(rng, len(crowd.persons), number % 3 == 0, days))
    _number_accounts(rng, crowd)
    _fill_newsletter(rng, crowd, days)
    return crowd


class _Days:
    """The shop's days: busier as it grows, before Christmas most of all."""

    def __init__(self, start: int, end: int) -> None:
        self.end = end
        self._first = start // DAY
        count = max(1, end // DAY - self._first + 1)
        weights = (self._weight(day, count) for day in range(count))
        self._sums = list(accumulate(weights))

    def _weight(self, day: int, count: int) -> float:
        month = date.fromordinal(date(1970, 1, 1).toordinal() + self._first + day).month
        return (1 + day / count) * _SEASON[month - 1]

    def __len__(self) -> int:
        return len(self._sums)

    def draw(self, rng: Random) -> int:
        """A day's number, by weight."""
        return bisect_left(self._sums, rng.random() * self._sums[-1])

    def moment(self, rng: Random, day: int) -> int:
        """A moment on that day, mostly in the evening, never after the end."""
        hours = 7 + 14 * max(rng.random(), rng.random()) if rng.random() < 0.9 else 24 * rng.random()
        moment = (self._first + day) * DAY + int(hours * 3600)
        return moment if moment <= self.end else self.end - int(rng.random() * DAY)


def _rhythm(rng: Random, days: _Days) -> Iterator[int]:
    """The numbers of the days one buyer orders on: a usual gap, and a chance to lapse each time."""
    gap = rng.lognormvariate(4.0, 0.7)
    loyalty = 0.25 + 0.65 * rng.random()
    day = float(days.draw(rng))
    while day < len(days):
        yield int(day)
        if rng.random() > loyalty:
            return
        day += max(0.2, gap * rng.gauss(1.0, 0.35))


def _new_person(rng: Random, index: int) -> Person:
    first = FIRST_NAMES[int(rng.random() * len(FIRST_NAMES))]
    last = LAST_NAMES[int(rng.random() * len(LAST_NAMES))]
    email = f"{first}.{last}.{index}@example.fi".lower().translate(_ASCII)
    place = PLACES[int(rng.random() ** 2 * len(PLACES))]
    person = Person(index, first, last, place, email)
    person.version_id = 2 if rng.random() < 0.12 else 1
    person.is_company = rng.random() < 0.05
    return person


def _register_buyer(rng: Random, person: Person, moments: list[int], end: int) -> None:
    """Half register before their first order, some after it, the others stay guests."""
    chance = rng.random()
    if chance < 0.5:
        person.registered_at = min(moments) - int(rng.random() ** 3 * 40 * DAY)
    elif chance < 0.65:
        later = min(moments) + int(rng.random() * 200 * DAY)
        person.registered_at = later if later <= end else None


def _onlooker(rng: Random, index: int, registers: bool, days: _Days) -> Person:
    """Somebody who never buys: an account, or else only a name on the newsletter list."""
    person = _new_person(rng, index)
    person.is_subscriber = not registers
    if registers:
        person.registered_at = days.moment(rng, days.draw(rng))
    return person


def _number_accounts(rng: Random, crowd: Crowd) -> None:
    account_id = 1000
    for person in crowd.accounts:
        account_id += 1 if rng.random() < 0.9 else rng.randint(2, 5)
        person.account_id = account_id
        person.external_id = f"CRM-{account_id}" if rng.random() < 0.2 else None


def _fill_newsletter(rng: Random, crowd: Crowd, days: _Days) -> None:
    for person in crowd.persons:
        person.is_subscriber = person.is_subscriber or rng.random() < 0.4
    joined = [(days.moment(rng, days.draw(rng)), person) for person in crowd.persons if person.is_subscriber]
    subscriber_id = 500
    for moment, person in sorted(joined, key=lambda pair: (pair[0], pair[1].index)):
        subscriber_id += 1 if rng.random() < 0.95 else 3
        left = moment + int(rng.random() * 600 * DAY) if rng.random() < 0.25 else None
        left = left if left is not None and left <= days.end else None
        crowd.subscribers.append(
            Subscriber(
                subscriber_id, moment, left or moment, person,
                as_typed(rng, person.email), person.version_id, left,
            )
        )  # fmt: skip


def as_typed(rng: Random, email: str) -> str:
    """The address as people type it: now and then in capitals or with blank space around it."""
    chance = rng.random()
    if chance > 0.12:
        return email
    if chance > 0.08:
        return email.upper()
    return email.title() if chance > 0.04 else f" {email}  "


def _at_odd_hours(visits: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """The same visits, up to one in twenty moved to midnights and nights the clock is changed."""
    moved: set[int] = set()
    odd = _odd_moments(start, end)
    room = len(visits) // 20
    for moment in odd[:: max(1, -(-len(odd) // room))] if room else ():
        nearest = min(bisect_left(visits, (moment, 0)), len(visits) - 1)
        if nearest not in moved:
            moved.add(nearest)
            visits[nearest] = (moment, visits[nearest][1])
    return sorted(visits)


def _odd_moments(start: int, end: int) -> list[int]:
    """Seconds around each switch of summer time and each twentieth midnight, in order."""
    first = date(1970, 1, 1).toordinal()
    years = range(date.fromordinal(first + start // DAY).year, date.fromordinal(first + end // DAY).year + 1)
    moments = [
        night + shift
        for year in years
        for night in switch_nights(year)
        for shift in (-5400, -1800, -1, 0, 1, 1800, 3599, 5400)
    ]
    for day in range(start // DAY + 5, end // DAY, 20):
        midnight = day_start(date.fromordinal(first + day))
        moments += [midnight - 1, midnight, midnight + 1]
    return sorted(moment for moment in moments if start <= moment <= end)
