"""What a `getData` request has to be answered, worked out by DuckDB from made-up sessions.

A lake is a schema of DuckDB. It has the sessions and their records as they were made (`given_…`), and a table for each
report type whose columns are the report's fields as they have to be written, beside what rows are ordered and cut by.
"""

import made_sessions
from made_sessions import FLAGS, MOMENTS, NUMBERS, TEXTS, TIMERS

LINK = "https://a-link"
AS_OF = "the moment of the answer"
# The formats of the date parts, and how many digits they have.
PARTS = {"date": ("%Y%m%d", 8), "week": ("%G%V", 6), "month": ("%Y%m", 6), "hour": ("%H", 2), "weekday": ("%w", 1)}
PREFIXES = {"created": "created_at", "finished": "finished_at", "last": "lastInteraction"}
SECOND = "%Y%m%d%H%M%S"
COUNTED = """
    sessions finished_sessions attended_sessions lost_sessions expired_sessions transferred_sessions
    new_contact_sessions tma_seconds tma_sessions tme_seconds tme_sessions tta_seconds tta_sessions messages
    messages_contact messages_agent messages_automatic messages_media messages_hsm event_tma_seconds event_tma_sessions
    event_tme_seconds event_tme_sessions event_tta_seconds event_tta_sessions sentiment_level_sum
    sentiment_messages""".split()
TIMED = ("tma", "tme", "tta", "event_tma", "event_tme", "event_tta")
RATIOS = {timer: (f"{timer}_seconds", f"{timer}_sessions") for timer in TIMED}
RATIOS["sentiment_level"] = ("sentiment_level_sum", "sentiment_messages")
RATIOS["lost_rate"] = ("lost_sessions", "finished_sessions")
KEYS = "session_id protocol status channel campaign_name agent_name contact_id tabulation created_at".split()
SENT_BY = ("contact", "agent", "automatic")
ORIGIN_LABEL = " ".join(f"WHEN '{name}' THEN '{label}'" for name, (label, _) in made_sessions.ORIGINS.items())
ORIGIN_LABEL = f"CASE r.origin {ORIGIN_LABEL} ELSE r.origin END"
WAITS, TRANSFERS = "event = 'waitStart'", "event LIKE '%Transfer%'"
ORDER = ("order_moment", "order_session", "order_record", "order_inner")


class Kind:
    """What a field's values are: `text`, `number`, `flag`, or `date` with so many digits."""

    def __init__(self, name, digits=0):
        self.name, self.digits = name, digits

    @property
    def data_type(self):
        return {"number": "NUMBER", "flag": "BOOLEAN"}.get(self.name, "STRING")


def struct(texts, flags, numbers, moments, keys=()):
    """The type of a list of made-up sessions or records."""
    kinds = {"VARCHAR": texts, "BOOLEAN": flags, "DOUBLE": numbers, "TIMESTAMPTZ": moments, "BIGINT": keys}
    columns = ", ".join(f'"{name}" {kind}' for kind, names in kinds.items() for name in names)
    return f"STRUCT({columns})[]"


def tables(sessions):
    """The rows of the tables `given_…`: sessions and records, without what they hold of other tables."""
    found = {name: [] for name in ("sessions", *made_sessions.RECORDS)}
    inner = ("talks", "events", "tags", "contact_platforms")
    for one in sessions:
        found["sessions"].append({name: value for name, value in one.items() if name not in inner})
        for name in inner:
            for position, record in enumerate(one[name]):
                key = {"session_id": one["session_id"], "position": position}
                if name == "talks":
                    record = record | {"origin": made_sessions.ORIGIN_OF[record["origin"]]}
                found[name].append({field: value for field, value in record.items() if field != "options"} | key)
                for at, option in enumerate(record.get("options", [])):
                    found["talks_options"].append(option | key | {"option_position": at})
    return found


class Answers:
    """The answers about some lakes."""

    def __init__(self, connection):
        self.db = connection
        self.kinds = {}

    def load(self, lake, sessions, zone):
        """Takes the sessions of a lake, and the zone that its account is in now."""
        self.db.execute(f"CREATE SCHEMA {lake}; USE {lake}")
        own = {"sessions": (TEXTS, FLAGS, [*NUMBERS, *TIMERS], MOMENTS)} | made_sessions.RECORDS
        for name, rows in tables(sessions).items():
            texts, flags, numbers, moments = own[name]
            keys = ["position", "option_position"][: {"sessions": 0, "talks_options": 2}.get(name, 1)]
            texts = texts if name == "sessions" else ["session_id", *texts]
            kind = struct(texts, flags, numbers, moments, keys)
            self.db.execute(f"CREATE TABLE given_{name} AS SELECT unnest(?::{kind}, max_depth := 2)", [rows])
        for report_type, question in Reports(zone).questions().items():
            self.db.execute(f"CREATE TABLE {report_type} AS {question}")
            described = self.db.execute(f"DESCRIBE {report_type}").fetchall()
            self.kinds[report_type] = {name: kind_of(name, kind) for name, kind, *_ in described if is_field(name)}
        summable = {*COUNTED, *RATIOS, "contacts", "partition_column", "data_as_of"}
        self.kinds["summary"] = {
            name: kind
            for name, kind in self.kinds["sessions"].items()
            if name in summable or name in {*TEXTS, *FLAGS} or 0 < kind.digits < 14
        }

    def known(self, lake, report_type, field):
        """The values that a field has, but for null."""
        question = f'SELECT DISTINCT "{field}" AS value FROM {lake}.{report_type} WHERE value IS NOT NULL ORDER BY 1'
        return [value for (value,) in self.db.execute(question).fetchall()]

    def ask(self, lake, report_type, fields, condition):
        """The rows of a request for some fields, in their order (of a summary: in any)."""
        columns = ", ".join(column(field, report_type) for field in fields)
        if report_type == "summary":
            question = f"SELECT {columns} FROM {lake}.sessions WHERE {condition} GROUP BY ALL"
        else:
            question = f"SELECT {columns} FROM {lake}.{report_type} WHERE {condition} ORDER BY {', '.join(ORDER)}"
        return self.db.execute(question).fetchall()


def column(field, report_type):
    """A field as it is selected: a summary adds measures up."""
    if report_type == "summary" and field in COUNTED:
        return f"coalesce(sum({field}), 0)"
    if report_type == "summary" and field in RATIOS:
        above, below = RATIOS[field]
        return f"sum({above}) / nullif(sum({below}), 0)"
    if report_type == "summary" and field == "contacts":
        return "count(DISTINCT contact_id)::DOUBLE"
    return f'"{field}"'


def is_field(name):
    return not name.startswith(("order_", "day_"))


def kind_of(name, kind):
    if kind != "VARCHAR":
        return Kind("flag" if kind == "BOOLEAN" else "number")
    if name in {*MOMENTS, "data_as_of"} or name.endswith("_created_at") and name != "campaign_created_at":
        return Kind("date", 14)
    prefix, _, part = name.partition("_")
    if prefix in PREFIXES and part in PARTS:
        return Kind("date", PARTS[part][1])
    return Kind("date", 8) if name == "partition_column" else Kind("text")


class Reports:
    """The tables of the report types, as SQL over the tables `given_…`."""

    def __init__(self, zone):
        self.zone = zone

    def questions(self):
        """By report type; those of records are made of that of sessions."""
        records = {name.replace("talks_options", "talk_options"): name for name in made_sessions.RECORDS}
        return {"sessions": self.sessions()} | {report: self.records(name) for report, name in records.items()}

    def local(self, moment):
        return f"timezone('{self.zone}', {moment})"

    def written(self, moment, form=SECOND):
        return f"strftime({self.local(moment)}, '{form}')"

    def sessions(self):
        columns = [
            f"epoch_us(created_at) AS {ORDER[0]}, session_id AS {ORDER[1]}, 0 AS {ORDER[2]}, 0 AS {ORDER[3]}",
            *(f'{self.local(moment)}::DATE AS "day_{moment}"' for moment in PREFIXES.values()),
            *(f'"{name}"' for name in (*TEXTS, *FLAGS, *NUMBERS, *TIMERS)),
            *(f'{self.written(moment)} AS "{moment}"' for moment in MOMENTS),
            f"{self.written('coalesce(lastInteraction, created_at)', '%Y%m%d')} AS partition_column",
            *(
                f"{self.written(moment, form)} AS {prefix}_{part}"
                for prefix, moment in PREFIXES.items()
                for part, (form, _) in PARTS.items()
            ),
            *self.measures(),
            *self.texts(),
            f"'{AS_OF}' AS data_as_of",
        ]
        ratios = (f"{above} / nullif({below}, 0) AS {name}" for name, (above, below) in RATIOS.items())
        return f"SELECT *, {', '.join(ratios)} FROM (SELECT {', '.join(columns)} FROM given_sessions AS session)"

    def measures(self):
        """The measures of one session: numbers of sessions are 1 or 0."""
        waited = f"({self.has('events', WAITS)} OR coalesce(coalesce(timerOnWait, attendance_timer_tme) > 0, false))"
        holds = {
            "sessions": "true",
            "finished_sessions": "finished_at IS NOT NULL",
            "attended_sessions": "agent_id IS NOT NULL",
            "lost_sessions": f"finished_at IS NOT NULL AND agent_id IS NULL AND {waited}",
            "expired_sessions": "expired",
            "transferred_sessions": self.has("events", TRANSFERS),
            "new_contact_sessions": f"{self.local('contact_created_at')}::DATE = {self.local('created_at')}::DATE",
            "contacts": "contact_id IS NOT NULL",
        } | {f"{timer}_sessions": f"attendance_timer_{timer} IS NOT NULL" for timer in ("tma", "tme", "tta")}
        talks = {"messages": "true", "messages_media": "storage_id IS NOT NULL", "messages_hsm": "hsm"}
        talks |= {f"messages_{who}": f"origin = '{who}'" for who in SENT_BY}
        yield from (f"coalesce({what}, false)::INT::DOUBLE AS {name}" for name, what in holds.items())
        yield from (f"attendance_timer_{timer} AS {timer}_seconds" for timer in ("tma", "tme", "tta"))
        yield from (f"({self.of('talks', 'count(*)', what)})::DOUBLE AS {name}" for name, what in talks.items())
        level = "sentiment_analysis_level"
        yield f"coalesce(({self.of('talks', f'sum({level})')}), 0)::DOUBLE AS sentiment_level_sum"
        yield f"({self.of('talks', f'count({level})')})::DOUBLE AS sentiment_messages"
        yield from self.event_times()

    def event_times(self):
        """Handling, waiting and total time as the events tell them."""
        wait = f"({self.of('events', 'min(r.created_at)', WAITS)})"
        starts = f"event = 'humanStart' AND r.created_at >= coalesce({wait}, r.created_at)"
        start = f"({self.of('events', 'min(r.created_at)', starts)})"
        finishes = f"event = 'humanFinish' AND r.created_at >= {start}"
        finish = f"({self.of('events', 'max(r.created_at)', finishes)})"
        spans = {"tma": (start, finish), "tme": (wait, start), "tta": (f"coalesce({wait}, {start})", finish)}
        for timer, (begin, end) in spans.items():
            seconds = f"(epoch_us({end}) - epoch_us({begin})) / 1e6"
            yield f"{seconds} AS event_{timer}_seconds"
            yield f"({seconds} IS NOT NULL)::INT::DOUBLE AS event_{timer}_sessions"

    def of(self, records, what, condition="true"):
        """An aggregate over the records of a session."""
        return f"SELECT {what} FROM given_{records} AS r WHERE r.session_id = session.session_id AND ({condition})"

    def has(self, records, condition):
        return f"({self.of(records, 'count(*)', condition)}) > 0"

    def texts(self):
        """The repeated records of a session, each kind as one text."""
        moment = self.written("r.created_at", "%Y-%m-%d %H:%M:%S")
        each = {
            "contact_platforms": ("concat_ws(': ', r.platform, r.platform_id)", "', '"),
            "events": (f"concat_ws(' ', {moment}, r.event)", "', '"),
            "tags": ("concat_ws(': ', r.tag, r.answer)", "', '"),
            "talks": (self.talk(moment), "chr(10)"),
        }
        for name, (line, between) in each.items():
            text = f"string_agg(nullif({line}, ''), {between} ORDER BY r.position)"
            yield f"({self.of(name, text)}) AS {name}"
        options = f"string_agg({self.option('r')}, ', ' ORDER BY r.position, r.option_position)"
        yield f"({self.of('talks_options', options)}) AS talks_options"

    def option(self, table):
        return f"concat_ws('. ', {table}.num, {table}.text)"

    def options(self, talk):
        """The options of one message."""
        return f"""(SELECT string_agg({self.option("o")}, ', ' ORDER BY o.option_position) FROM given_talks_options AS o
            WHERE o.session_id = {talk}.session_id AND o.position = {talk}.position)"""

    def talk(self, moment):
        """A message as a line of the transcript."""
        link = f"CASE WHEN r.storage_id IS NOT NULL THEN '{LINK}' END"
        said = f"concat_ws(' | ', r.message, r.legend, r.filename, {link}, r.stt, {self.options('r')})"
        said = f"coalesce(nullif({said}, ''), '[' || r.type || ']')"
        return f"concat_ws(': ', nullif(concat_ws(' ', {moment}, {ORIGIN_LABEL}), ''), {said})"

    def records(self, name):
        """A row for each record, with its session's keys."""
        texts, flags, numbers, moments = made_sessions.RECORDS[name]
        parts = [f"created_{part}" for part in PARTS]
        inner = "r.option_position" if name == "talks_options" else "0"
        columns = [
            f"s.{ORDER[0]}, s.{ORDER[1]}, r.position AS {ORDER[2]}, {inner} AS {ORDER[3]}",
            *(f's."day_{moment}"' for moment in PREFIXES.values()),
            *(f's."{field}"' for field in (*KEYS, *parts)),
            *(f'r."{field}" AS {name}_{field}' for field in (*texts, *flags, *numbers)),
            *(f"{self.written(f'r.{moment}')} AS {name}_{moment}" for moment in moments),
            "1::DOUBLE AS rows, 1::DOUBLE AS sessions, s.contacts",
            f"'{AS_OF}' AS data_as_of",
        ]
        if name == "talks":
            columns.append(f"{self.options('r')} AS talks_options")
            columns.append(f"CASE WHEN r.storage_id IS NOT NULL THEN '{LINK}' END AS media_url")
            # Made-up types are in no vocabulary.
            columns.append(f"{ORIGIN_LABEL} AS talks_origin_label, r.type AS talks_type_label")
        return f"SELECT {', '.join(columns)} FROM given_{name} AS r JOIN sessions AS s USING (session_id)"
