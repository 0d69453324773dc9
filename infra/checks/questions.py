"""Random `getData` requests, each with what the contract makes of it: fields, and a condition in SQL."""

import json
from datetime import datetime, timedelta

from answers import COUNTED, LINK, PARTS, PREFIXES, RATIOS
from made_sessions import DAYS, FIRST_DAY

COMPARED = {
    "NUMERIC_GREATER_THAN": ">",
    "NUMERIC_GREATER_THAN_OR_EQUAL": ">=",
    "NUMERIC_LESS_THAN": "<",
    "NUMERIC_LESS_THAN_OR_EQUAL": "<=",
}
MATCHES = {"REGEXP_PARTIAL_MATCH": "regexp_matches", "REGEXP_EXACT_MATCH": "regexp_full_match"}
OPERATORS = ("EQUALS", "IN_LIST", "IS_NULL", "CONTAINS", *MATCHES, "BETWEEN", *COMPARED)
# By kind of field, the operators that fit it.
FITTING = {
    "text": ("EQUALS", "IN_LIST", "IS_NULL", "CONTAINS", *MATCHES),
    "flag": ("EQUALS", "IN_LIST", "IS_NULL"),
    "number": ("EQUALS", "IN_LIST", "IS_NULL", "BETWEEN", *COMPARED),
    "date": ("EQUALS", "IN_LIST", "IS_NULL", "BETWEEN"),
}
PATTERNS = (
    "^[A-Z]", "o$", "(?i)suporte", "Vendas|Zé", "[0-9]+", "[0-9]{3,}", "S.o João", "[áéíóú]", "^(ze|12|007)$", "a|e",
    "agente [12]", "(?i:ORGAO|ÓRGÃO) público", "\\(", "2ª|%", "[^a-z ]",
)  # fmt: skip
# What a lake may be searched by.
CUT = {*"session_id created_at created_date finished_at finished_date lastInteraction last_date partition_column".split()}
# What these say depends on the moment and on links, which are made anew in each stack.
UNFILTERED = {"data_as_of", "media_url", "talks"}
BROKEN_PATTERN = "(aberto"
# How many requests of a report type there are in ten.
REPORT_TYPES = ["sessions"] * 3 + ["summary"] * 3 + ["talks", "talk_options", "events", "tags", "contact_platforms"]


def literal(value):
    """A value as SQL."""
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'"


def any_of(conditions):
    return "(" + " OR ".join(conditions) + ")"


class Question:
    """A request, and what has to be selected for it: `fields`, `condition`; `applied` says whether its filters are."""

    def __init__(self, lake, report_type, body, fields, condition, applied):
        self.lake, self.report_type, self.body = lake, report_type, body
        self.fields, self.condition, self.applied = fields, condition, applied

    def __str__(self):
        return f"{self.lake}: {json.dumps(self.body, ensure_ascii=False)}\nWHERE {self.condition}"


class Questions:
    """Makes questions about lakes whose answers are known."""

    def __init__(self, rng, answers, lakes):
        """`lakes` has the names of the lakes, and of each the ids of sessions that are not in it any more."""
        self.rng, self.answers, self.lakes = rng, answers, lakes
        self.decks, self.values = {}, {}
        # What was asked: fields by report type, and operators with whether they include.
        self.asked, self.operators = set(), set()

    def question(self):
        rng = self.rng
        lake, report_type = rng.choice(sorted(self.lakes)), rng.choice(REPORT_TYPES)
        fields = self.fields(report_type)
        groups, conditions = self.filters(lake, report_type)
        applied = None not in conditions
        hidden = {field for field in fields[1:] if rng.random() < 0.15}
        shown = [field for field in fields if not applied or field not in hidden]
        body = {
            "configParams": {"report_type": report_type},
            "fields": [{"name": field} | ({"forFilterOnly": True} if field in hidden else {}) for field in fields],
        }
        if groups or rng.random() < 0.5:
            body["dimensionsFilters"] = groups
        period = self.period(body)
        self.asked |= {(report_type, field) for field in shown}
        condition = " AND ".join([period, *conditions] if applied else [period])
        return Question(lake, report_type, body, shown, condition, applied)

    def fields(self, report_type):
        """Fields from a deck that holds each once, so that every one has its turn."""
        many = self.rng.choice([1, 2, 3, 5, 8, 13, 20])
        if report_type == "summary":
            many = min(many, 6)
        if report_type == "sessions" and self.rng.random() < 0.02:
            return list(self.answers.kinds[report_type])
        many = min(many, len(self.answers.kinds[report_type]))
        deck = self.decks.setdefault(report_type, [])
        if len(deck) < many:
            deck.extend(self.rng.sample(sorted(self.answers.kinds[report_type]), len(self.answers.kinds[report_type])))
        drawn = dict.fromkeys(deck.pop() for _ in range(many))
        return list(drawn)

    def period(self, body):
        """Chooses the days and what they are days of, and gives the condition."""
        rng = self.rng
        date_field = rng.choice([None, *PREFIXES.values()])
        if date_field:
            body["configParams"]["date_field"] = date_field
        if rng.random() < 0.3:
            return "true"
        start = (FIRST_DAY + timedelta(days=rng.randint(-3, DAYS + 2))).date()
        end = start + timedelta(days=rng.choice([0, 1, 3, 7, 14, 28]))
        body["dateRange"] = {"startDate": start.isoformat(), "endDate": end.isoformat()}
        return f"coalesce(\"day_{date_field or 'created_at'}\" BETWEEN '{start}' AND '{end}', false)"

    def filters(self, lake, report_type):
        """The groups of filters, of which all have to hold, and of each the condition: any of its filters'. None stands for
        the condition of a filter that cannot be applied."""
        groups, conditions = [], []
        for _ in range(self.rng.choice([0, 0, 1, 1, 1, 2, 3])):
            chosen = [self.filter(lake, report_type) for _ in range(self.rng.choice([1, 1, 1, 2, 3]))]
            groups.append([one for one, _ in chosen])
            these = [condition for _, condition in chosen]
            conditions.append(None if None in these else any_of(these))
        return groups, conditions

    def filter(self, lake, report_type):
        rng = self.rng
        table, field = self.filtered(report_type)
        kind = self.answers.kinds[table][field]
        operator = rng.choice(FITTING[kind.name] if rng.random() < 0.97 else OPERATORS)
        values = self.operands(operator, kind, self.known(lake, table, field))
        inclusion = rng.choice(["INCLUDE", "INCLUDE", "EXCLUDE"])
        one = {"fieldName": field, "operator": operator, "type": inclusion, "values": values}
        condition = self.condition(field, kind, operator, values)
        if condition is None:
            return one, None
        self.operators.add((operator, inclusion))
        condition = f"coalesce({condition}, false)" if inclusion == "INCLUDE" else f"NOT coalesce({condition}, false)"
        if table == "sessions" and report_type not in ("sessions", "summary"):
            condition = f"session_id IN (SELECT session_id FROM {lake}.sessions WHERE {condition})"
        return one, condition

    def filtered(self, report_type):
        """A field to filter by, and the report type that has it: records may be chosen by their sessions' fields."""
        rng, of = self.rng, {name: kinds.keys() - UNFILTERED for name, kinds in self.answers.kinds.items()}
        table, fields = report_type, of[report_type]
        if report_type == "summary":
            # What a summary adds up is known only afterwards.
            table, fields = "sessions", of["sessions"] - {*COUNTED, *RATIOS}
        elif report_type != "sessions" and rng.random() < 0.3:
            table, fields = "sessions", of["sessions"] - of[report_type]
        cut = fields & CUT if rng.random() < 0.2 else set()
        return table, rng.choice(sorted(cut or fields))

    def known(self, lake, table, field):
        """Some values of a field, as they are written in filters."""
        key = (lake, table, field)
        if key not in self.values:
            known = [value for value in self.answers.known(lake, table, field) if LINK not in str(value)]
            known += self.lakes[lake] if field == "session_id" else []
            written = [str(value).lower() if isinstance(value, bool) else str(value) for value in known]
            self.values[key] = written or ["nada"]
        return self.values[key]

    def operands(self, operator, kind, known):
        """The values of a filter."""
        rng = self.rng
        if operator == "IS_NULL":
            return []
        if operator in MATCHES:
            return [rng.choice(PATTERNS if rng.random() < 0.95 else [BROKEN_PATTERN])]
        if operator == "CONTAINS":
            return [self.part(rng.choice(known)) for _ in range(rng.choice([1, 1, 2]))]
        if operator in COMPARED:
            return [rng.choice(known)]
        values = [rng.choice(known) for _ in range(2 if operator == "BETWEEN" else rng.choice([1, 1, 2, 4]))]
        if kind.digits == 14:
            values = [value[: rng.choice([8, 14])] for value in values]
        if kind.digits == 6:
            days = [f"{FIRST_DAY + timedelta(days=rng.randint(0, DAYS)):%Y%m%d}" for _ in values]
            values = rng.choice([values, days])
        if operator == "BETWEEN" and rng.random() < 0.9:
            values.sort(key=float if kind.name == "number" else None)
        return values

    def part(self, text):
        start = self.rng.randint(0, len(text) - 1)
        return text[start : start + self.rng.randint(1, 4)]

    def condition(self, field, kind, operator, values):
        """What a filter says of a field, as SQL; None where it cannot be applied."""
        column = f'"{field}"'
        if operator not in FITTING[kind.name]:
            return None
        if operator == "IS_NULL":
            return f"{column} IS NULL"
        if operator in MATCHES:
            return None if values == [BROKEN_PATTERN] else f"{MATCHES[operator]}({column}, {literal(values[0])})"
        if operator == "CONTAINS":
            return any_of(f"contains({column}, {literal(value)})" for value in values)
        if kind.name == "number":
            values = [float(value) for value in values]
        if operator in COMPARED:
            return f"{column} {COMPARED[operator]} {values[0]}"
        if kind.digits == 6:
            form = PARTS[field.partition("_")[2]][0]
            values = [f"{datetime.strptime(value, '%Y%m%d'):{form}}" if len(value) == 8 else value for value in values]
        if operator == "BETWEEN":
            first, last = values
            if kind.digits == 14:
                first, last = first.ljust(14, "0"), last + "235959"[: 14 - len(last)]
            return f"{column} BETWEEN {literal(first)} AND {literal(last)}"
        if kind.name == "flag":
            values = [value == "true" for value in values]
        if kind.digits == 14:
            return any_of(f"{column}[:{len(value)}] = {literal(value)}" for value in values)
        return f"{column} IN ({', '.join(literal(value) for value in values)})"
