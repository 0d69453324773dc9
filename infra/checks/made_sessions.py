"""Made-up sessions as plain values by field, and the documents in which a platform would post them.

A value is a text, a number, a flag, an aware time or None; the four repeated records are lists of such values by field.
"""

import copy
from datetime import UTC, datetime, timedelta

FIRST_DAY = datetime(2025, 10, 13, tzinfo=UTC)
DAYS = 40

TEXTS = """
    agent_begin agent_campaigns agent_codename agent_email agent_email_forgot_password agent_end agent_history agent_id
    agent_language agent_name agent_ramal agent_status agent_use_main_login agents_conference campaign_created_at
    campaign_history campaign_id campaign_messageAgent campaign_messageEnd campaign_name campaign_ruleAttendance
    campaign_timer_wait_redirect campaign_timer_wait_type campaign_transhipment channel channel_id contact_id
    contact_lastChannel contact_lastChannelName contact_name flow_id flow_name flow_sentiment_language flow_stt_language
    group id platform platform_id position protocol session_id status tabulation""".split()
FLAGS = """
    agent_restrict_active_contact agent_session_origin_app agent_session_origin_web campaign_can_be_disabled
    campaign_optin_start campaign_permissions_agent_chat campaign_permissions_contact_edit
    campaign_permissions_finish_attendance campaign_permissions_offline_attendance campaign_permissions_optin_gupshup
    campaign_permissions_send_emojis campaign_permissions_show_number campaign_timer_wait_enabled expired
    flow_sentiment_enabled flow_stt_enabled isAttendance""".split()
NUMBERS = "campaign_timer_days campaign_timer_hours campaign_timer_minutes campaign_timer_wait_limit".split()
TIMERS = "attendance_timer_tma attendance_timer_tme attendance_timer_tta timerOnWait".split()
MOMENTS = """
    agent_created_at agent_logged_at contact_created_at contact_lastInteraction created_at finished_at lastInteraction
    report_at updated_at""".split()
# By record: its texts, flags, numbers and moments.
RECORDS = {
    "talks": (
        "filename legend message origin sentiment_analysis storage_id stt type".split(),
        ["blocked", "hsm"],
        ["sentiment_analysis_level"],
        ["created_at"],
    ),
    "talks_options": (["num", "text"], [], [], []),
    "events": (["event"], [], [], ["created_at"]),
    "tags": ("answer question show_agent_description show_agent_text tag type".split(), [], [], ["created_at"]),
    "contact_platforms": (["platform", "platform_id"], [], [], []),
}

LISTS = ("agent_campaigns", "agents_conference")
# What a flat name begins with, and where the platform's document nests what follows.
NESTED = {
    "campaign_timer_wait_": ("campaign", "timer_wait"),
    "campaign_timer_": ("campaign", "timer"),
    "campaign_permissions_": ("campaign", "permissions"),
    "agent_session_": ("agent", "session"),
    "flow_sentiment_": ("flow", "sentiment"),
    "flow_stt_": ("flow", "stt"),
    "attendance_timer_": ("attendance_timer",),
    "agent_": ("agent",),
    "campaign_": ("campaign",),
    "contact_": ("contact",),
    "flow_": ("flow",),
}
WORDS = [
    "Suporte", "suporte", "Vendas", "São João", "Órgão público", "ﬁm", "=1+1", "2ª via; boleto", 'as "aspas"', "d'água",
    "linha 1\nlinha 2", " à frente", "😀 oi", "007", "12", "100%", "a_b", "x.y", "(aberto", "zona\tsul", "Zé", "ze", "true",
    "20251020", "https://exemplo.com.br/?a=1&b=2", "muito " * 30 + "longo",
]  # fmt: skip
# Who sends messages: the name inside, its label, and how platforms write it.
ORIGINS = {
    "contact": ("Contato", ["contact", "contato"]),
    "agent": ("Agente", ["agent", "agente"]),
    "automatic": ("Automático", ["automatic", "automatico", "automático"]),
    "admin": ("Administrador", ["admin", "administrador"]),
}
ORIGIN_OF = {word: name for name, (_, words) in ORIGINS.items() for word in words}
EVENTS = "waitStart humanStart humanFinish humanTransferAgent TransferCampaign humanInviteConfer".split()


def seconds(rng, low, high):
    """A span to the second, the millisecond or the microsecond."""
    return timedelta(seconds=rng.randint(low, high), microseconds=rng.choice([0, 0, 0, 120_000, 123_456, 999_999]))


def record(rng, name, since):
    """One repeated record; what it is read by most is seldom empty."""
    texts, flags, numbers, moments = RECORDS[name]
    made = {field: rng.choice([None, *WORDS]) for field in texts}
    made |= {field: rng.choice([None, True, False]) for field in flags}
    made |= {field: rng.choice([None, -1, 0, 1, 2]) for field in numbers}
    made |= {field: since + seconds(rng, 0, 90_000) for field in moments}
    if name == "talks":
        made |= {"origin": rng.choice([*ORIGIN_OF]), "storage_id": rng.choice([None, None, "foto 1.jpg", "áudio.ogg"])}
        made["created_at"] = rng.choice([made["created_at"]] * 9 + [None])
        made["options"] = [record(rng, "talks_options", since) for _ in range(rng.choice([0, 0, 0, 1, 3]))]
    if name == "talks_options":
        made["num"] = str(rng.randint(1, 9))
    if name == "events":
        made["event"] = rng.choice(EVENTS)
    if name == "contact_platforms":
        made["platform"] = rng.choice(["WhatsappBusiness", "Telegram"])
    return made


def session(rng, number, pools, day):
    """A session that begins on a day of the period; `pools` hold the words of each field."""
    made = {field: rng.choice(pools[field]) for field in TEXTS}
    made |= {field: rng.choice([None, True, False]) for field in FLAGS}
    made |= {field: rng.choice([None, 0, 1, 10, 45, -3]) for field in NUMBERS}
    made |= {field: rng.choice([None, 0, rng.randint(1, 20_000) / 4, rng.randint(1, 20_000) / 4]) for field in TIMERS}
    created = FIRST_DAY + timedelta(days=day) + seconds(rng, 0, 86_399)
    made |= {field: rng.choice([None, created + seconds(rng, -9_000_000, 200_000)]) for field in MOMENTS}
    head = rng.choice(["", "", "s", "S", "é", "\uffee", "😀", "a/b#c "])
    made |= {"session_id": f"{head}{rng.getrandbits(40):010x}-{number}", "created_at": created}
    made["id"] = rng.choice([made["session_id"], f"{rng.getrandbits(96):024x}", None])
    made["protocol"] = f"{created:%Y%m%d}{number:05}"
    made["contact_id"] = f"contato {rng.randint(0, 400)}"
    made["agent_id"] = rng.choice([None, "agente 1", "agente 2", "agente 3"])
    made["lastInteraction"] = rng.choice([None, *[created + seconds(rng, 0, 200_000) for _ in range(5)]])
    made["finished_at"] = rng.choice([None, *[created + seconds(rng, 0, 260_000) for _ in range(3)]])
    made["contact_created_at"] = rng.choice([None, created - seconds(rng, 0, 40_000), created - timedelta(days=99)])
    made["updated_at"] = rng.choice([None, *[created + seconds(rng, 0, 300_000) for _ in range(8)]])
    # Without it, it would be the moment at which the stack took the session.
    made["report_at"] = created + seconds(rng, 300_000, 400_000)
    for name, most in (("talks", 8), ("events", 4), ("tags", 2), ("contact_platforms", 2)):
        made[name] = [record(rng, name, created) for _ in range(rng.randint(0, most))]
    return made


def sessions(rng, count):
    """Sessions in the order of their days; some begin in the same microsecond as the one before."""
    # Few words a field, so that a value has many sessions; a tenth of the fields' values is empty.
    pools = {field: rng.sample(WORDS, rng.randint(2, 6)) * 3 + [None, None] for field in TEXTS}
    pools |= {field: ["Ana, Zé", "Ana", None] for field in LISTS}
    made = []
    for number in range(count):
        one = session(rng, number, pools, number * DAYS // count)
        if made and rng.random() < 0.1:
            one["created_at"] = made[-1]["created_at"]
        made.append(one)
    return made


def version(one):
    """What orders the versions of a session: without `updated_at` it is as old as the latest instant in it, but for the
    one at which it was accepted. Changed sessions are always newer, so that nothing else has to decide."""
    if one["updated_at"]:
        return one["updated_at"]
    records = [record for name in ("talks", "events", "tags") for record in one[name]]
    instants = [one[field] for field in MOMENTS if field != "report_at"] + [each["created_at"] for each in records]
    return max(at for at in instants if at)


def changed(rng, one):
    """A newer version of a session: other values, more messages, sometimes on another day."""
    newer = copy.deepcopy(one)
    moved = rng.random() < 0.25
    if moved:
        newer["created_at"] += timedelta(days=rng.randint(-6, 6), seconds=rng.randint(0, 9_999))
    newer["lastInteraction"] = version(one) + seconds(rng, 1, 100_000)
    newer["updated_at"] = one["updated_at"] and version(one) + seconds(rng, 1, 100_000)
    newer["finished_at"] = rng.choice([None, newer["created_at"] + seconds(rng, 0, 260_000)])
    for field in rng.sample(sorted({*TEXTS} - {"session_id", "id", "protocol"} - {*LISTS}), 6):
        newer[field] = rng.choice([None, *WORDS])
    newer["attendance_timer_tma"] = rng.randint(1, 20_000) / 4
    newer["expired"] = rng.choice([None, True, False])
    newer["talks"] = newer["talks"][rng.randint(0, 1) :] + [record(rng, "talks", newer["created_at"])]
    newer["events"] = [record(rng, "events", newer["created_at"]) for _ in range(rng.randint(0, 3))]
    return newer


class Documents:
    """Writes sessions in the platform's mix of shapes and formats."""

    def __init__(self, rng, zone):
        self.rng, self.zone = rng, zone

    def document(self, one):
        """The session as JSON: nested or flat."""
        nested = self.rng.random() < 0.5
        names = {"session_id": "session_id", "id": "id"}
        if one["id"]:
            names[self.rng.choice(["id", "session_id"] if one["id"] == one["session_id"] else ["id"])] = "_id"
        body = {}
        for field in (*TEXTS, *FLAGS, *NUMBERS, *TIMERS, *MOMENTS):
            place, name = self.place(field) if nested else ((), field)
            inside = body
            for key in place:
                inside = inside.setdefault(key, {})
            self.put(inside, names.get(name, name) if not place else name, self.value(field, one[field]))
        if nested:
            body["channel"] = {"_id": body.pop("channel_id", None), "name": body.get("channel")}
        for name in ("talks", "events", "tags"):
            body[name] = [self.record(each) for each in one[name]]
        platforms = [self.record(each) for each in one["contact_platforms"]]
        inside, name = (body["contact"], "platforms") if nested else (body, "contact_platforms")
        inside[name] = platforms
        return body

    def place(self, field):
        """The keys of the objects that hold a field, and its name in the last of them."""
        start = next((start for start in NESTED if field.startswith(start)), "")
        name = field.removeprefix(start)
        return NESTED.get(start, ()), "_id" if start and name == "id" else name

    def put(self, inside, name, value):
        """An empty value may be missing, and `_id` must not be there when it is."""
        if value is not None or self.rng.random() < 0.3:
            inside[name] = value if value is not None else self.rng.choice([None, "", []])

    def record(self, one):
        body = {}
        for field, value in one.items():
            if field == "options":
                body[field] = [self.record(each) for each in value]
            else:
                self.put(body, field, self.value(None, value))
        return body

    def value(self, field, value):
        rng = self.rng
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, bool):
            return rng.choice([value, str(value).lower()])
        if isinstance(value, int | float):
            return rng.choice([value, str(value)])
        if value is None:
            return None
        if field in LISTS:
            return rng.choice([value, value.split(", "), [{"name": name} for name in value.split(", ")]])
        if field == "tabulation":
            return rng.choice([value, {"name": value}])
        is_number = value.isascii() and value.isdigit() and str(int(value)) == value
        return rng.choice([value, int(value)]) if is_number else value

    def moment(self, at):
        """One of the formats that leave no doubt which instant is meant."""
        local = at.astimezone(self.zone)
        wall = local.replace(tzinfo=None, fold=0)
        forms = [
            f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
            local.isoformat(),
            {"$date": f"{at.replace(tzinfo=None).isoformat()}Z"},
        ]
        if wall.replace(tzinfo=self.zone).astimezone(UTC) == at:
            forms += [wall.isoformat(sep=" ")] * 3
        return self.rng.choice(forms)
