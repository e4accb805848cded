"""Writes random-rules.txt and zones.txt, the tables that the tests of dates are compared with.

Needs Python 3.11 or later with python-dateutil 2.9 or later, and tzdata of the release that Node has
(`node -p process.versions.tz`; 2026.3 is 2026c): the system's own time zone data is not used. Run in this folder:

    python generate.py

What python-dateutil is known to get wrong is left out, or computed here day by day; see `generate_rule` and
`expand`.
"""

import base64
import datetime
import hashlib
import importlib.metadata
import os
import random
import zoneinfo

from dateutil import rrule

zoneinfo.reset_tzpath(())

RULES = 3000
MOST_DATES = 10
ZONES = [
    "Africa/Casablanca", "Pacific/Fiji", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe",
    "Asia/Kathmandu", "Europe/London", "America/Sao_Paulo", "Africa/Cairo",
]
TIMES = ["00:00", "00:30", "01:30", "02:00", "02:30", "03:15", "08:00", "12:00", "23:30", "23:59"]
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
LAST = datetime.datetime(2100, 12, 31, 23, 59)
EPOCH = datetime.date(1970, 1, 1)
UTC = datetime.timezone.utc
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

chance = random.Random(16)


def base36(number):
    return DIGITS[number] if number < 36 else base36(number // 36) + DIGITS[number % 36]


def digest(texts):
    """18 bits of SHA-256 in base 64."""
    return base64.b64encode(hashlib.sha256(",".join(texts).encode()).digest()).decode()[:3]


def instant_of(local, zone):
    """RFC 5545 section 3.3.5: in a gap the offset before it, in an overlap the first. Both are fold=0 (PEP 495)."""
    aware = local.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def some(low, high, most, negative=0.3):
    count = chance.choice([1, 1, 1, 2, 3, most])
    return [chance.randint(low, high) * (-1 if chance.random() < negative else 1) for _ in range(count)]


def weekdays(ordinals):
    """With ordinals or without: python-dateutil takes a mixture of both for a rule without dates."""
    count = chance.choice([1, 1, 2, 3, 5])
    days = chance.sample(WEEKDAYS, count)
    if not ordinals:
        return days
    return [f"{chance.choice([1, 2, 3, 4, 5, -1, -1, -2, -4, -5])}{day}" for day in days]


def generate_rule():
    """Only parts that RFC 5545 allows together."""
    freq = chance.choice(["DAILY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY", "YEARLY"])
    parts = {}
    maybe = lambda probability: chance.random() < probability
    if maybe(0.5):
        parts["INTERVAL"] = chance.choice([2, 2, 3, 4, 5, 6, 7, 10, 13, 30] if freq != "YEARLY" else [2, 2, 3, 4, 5])
    if maybe(0.35):
        parts["BYMONTH"] = sorted(set(some(1, 12, 6, negative=0)))
    if freq == "YEARLY" and maybe(0.3):
        parts["BYWEEKNO"] = some(1, 53, 5)
    if freq == "YEARLY" and "BYWEEKNO" not in parts and maybe(0.25):
        parts["BYYEARDAY"] = some(1, 366, 6)
    if freq != "WEEKLY" and maybe(0.2 if "BYWEEKNO" in parts or "BYYEARDAY" in parts else 0.4):
        parts["BYMONTHDAY"] = some(1, 31, 7)
    if maybe(0.5):
        parts["BYDAY"] = weekdays(freq in ("MONTHLY", "YEARLY") and "BYWEEKNO" not in parts and maybe(0.6))
    if maybe(0.3):
        parts["WKST"] = chance.choice(WEEKDAYS)
    if any(name.startswith("BY") for name in parts) and maybe(0.3):
        parts["BYSETPOS"] = some(1, 5, 3)
    values = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in parts.items()}
    return ";".join([freq, *(f"{name}={value}" for name, value in values.items())])


class Ended(Exception):
    pass


original_rebuild = rrule._iterinfo.rebuild


def rebuild(self, year, month):
    """Ends the search, which would go on to the year 9999 for a rule without dates."""
    if year > LAST.year:
        raise Ended
    return original_rebuild(self, year, month)


rrule._iterinfo.rebuild = rebuild


def expand(text, start, most):
    """The first dates of a rule from start on, at most up to the year 2100."""
    parts = dict(part.split("=") for part in f"FREQ={text}".split(";"))
    first = start
    if parts["FREQ"] == "WEEKLY":
        # python-dateutil counts BYSETPOS from the start in the first week, RFC 5545 from the beginning of the week.
        parts.setdefault("BYDAY", WEEKDAYS[start.weekday()])
        first = start - datetime.timedelta((start.weekday() - WEEKDAYS.index(parts.get("WKST", "MO"))) % 7)
    rule = rrule.rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
    found = []
    try:
        for date in rule:
            if len(found) == most:
                break
            if date >= start:
                found.append(date)
    except Ended:
        pass
    return found


def week_of(date, week_start):
    """The number of the week and that from the end of the year, by RFC 5545."""
    fourth = date - datetime.timedelta((date.weekday() - week_start) % 7) + datetime.timedelta(3)
    week = (fourth.timetuple().tm_yday + 6) // 7
    weeks = week
    while (fourth + datetime.timedelta(7 * (weeks - week + 1))).year == fourth.year:
        weeks += 1
    return week, week - weeks - 1


def is_misread(text, found):
    """python-dateutil miscounts the last week of a year for the days of it that are in January, and -52 and -53."""
    parts = dict(part.split("=") for part in f"FREQ={text}".split(";"))
    if "BYWEEKNO" not in parts:
        return False
    wanted = set(map(int, parts["BYWEEKNO"].split(",")))
    week_start = WEEKDAYS.index(parts.get("WKST", "MO"))
    return bool(wanted & {52, 53, -52, -53}) or any(
        not wanted & set(week_of(date, week_start)) for date in found
    )


def random_rules():
    lines, left_out = [], {"no date or twice": 0, "misread": 0}
    seen = set()
    while len(lines) < RULES:
        text = generate_rule()
        base = datetime.datetime(1997, 1, 1) + datetime.timedelta(chance.randrange(365 * 34))
        time = chance.randrange(len(TIMES))
        hour, minute = map(int, TIMES[time].split(":"))
        begins = expand(text, base, 1)
        found = expand(text, begins[0], MOST_DATES) if begins else []
        if not found or text in seen:
            left_out["no date or twice"] += 1
            continue
        if found[0] != begins[0] or is_misread(text, found):
            left_out["misread"] += 1
            continue
        seen.add(text)
        days = [(date.date() - EPOCH).days for date in found]
        steps = [base36(later - earlier) for earlier, later in zip(days, days[1:])]
        local = [date.replace(hour=hour, minute=minute) for date in found]
        digests = "".join(digest([instant_of(date, zone) for date in local]) for zone in ZONES)
        lines.append(f"{text} {base36(days[0])} {time} {','.join(steps)} {digests}")
    return lines, left_out


def weekly_instants(zone):
    sunday = datetime.datetime(2018, 1, 7, 2, 30)
    dates = [sunday + datetime.timedelta(7 * week) for week in range(626)]
    return digest([instant_of(date, zone) for date in dates])


def write(name, lines):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), "w") as file:
        file.write("\n".join(lines) + "\n")


def main():
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("python-dateutil", "tzdata")]
    lines, left_out = random_rules()
    print(left_out)
    write("random-rules.txt", [
        f"# By generate.py: {', '.join(versions)}.",
        "# FREQ and the rest of the rule, the start, the time, the days between dates, a digest for each zone.",
        "# Numbers are in base 36; the time is the index of one of these:",
        f"# {' '.join(TIMES)}",
        f"# {' '.join(ZONES)}",
        *lines,
    ])
    names = sorted(zoneinfo.available_timezones())
    write("zones.txt", [
        f"# By generate.py: {versions[1]}.",
        "# Zone, and the digest of its instants at 02:30 on 626 Sundays from 2018-01-07 on.",
        *(f"{name} {weekly_instants(name)}" for name in names),
    ])


main()
