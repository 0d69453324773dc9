"""Prices what was counted, and holds it against what it should be at most."""

import json
from collections import Counter
from pathlib import Path

from dynamodb_local import TABLE
from simulated_aws import LAKE_BUCKET
from transform import transform

PRICES = json.loads(Path(__file__).with_name("prices.json").read_text(encoding="utf-8"))
ASSUMED = PRICES["assumed"]
SESSIONS_A_MONTH, CHARTS_A_MONTH, MINUTES_A_MONTH = 1_000_000, 30_000, 43_200
# A CPU of Lambda's own comes with so many megabytes.
MEGABYTES_OF_A_CPU = 1_769
GIGABYTE = 1e9
# A dashboard asks for its charts at once.
CHARTS_AT_ONCE = 12
CHART_DAYS = 28
# A consistent read takes one unit for so many bytes.
READ_UNIT_BYTES = 4_096
PARTS = ("ingest", "archive", "maintain", "charts", "storage", "fixed")


def assumed_seconds(calls):
    """What calls take on AWS, one after the other."""
    return sum(count * ASSUMED["seconds"][service] for service, count in calls.items())


class Part:
    """What functions of one kind did, times `factor`: how often a month does what was counted."""

    def __init__(self, functions, memory, factor):
        self.dynamodb, self.s3, self.units, calls = Counter(), Counter(), Counter(), Counter()
        cpu = logged = counted = 0
        for function in functions:
            self.dynamodb += function.dynamodb.requests
            self.s3 += function.s3.requests
            self.units += function.dynamodb.units
            calls += Counter(function.calls())
            cpu += function.cpu_seconds() - function.cpu_before
            logged += function.logged_bytes() - function.logged_before
            counted += function.invocations
        self.counted, self.factor = counted, factor
        self.invocations = counted * factor
        seconds = cpu * max(1, MEGABYTES_OF_A_CPU / memory) + assumed_seconds(calls)
        self.seconds_each = seconds / counted
        puts = sum(self.s3[name] for name in ("PutObject", "ListObjectsV2"))
        gets = sum(self.s3[name] for name in ("GetObject", "HeadObject"))
        self.dollars = {
            "DynamoDB": factor
            * (self.units["write"] * PRICES["dynamodb_write_unit"] + self.units["read"] * PRICES["dynamodb_read_unit"]),
            "S3": factor * (puts * PRICES["s3_put"] + gets * PRICES["s3_get"]),
            "KMS": factor * calls["kms"] * PRICES["kms_request"],
            "Lambda": self.invocations * PRICES["lambda_request"]
            + factor * seconds * memory / 1_024 * PRICES["lambda_gigabyte_second_arm"],
            "logs": (factor * logged + self.invocations * ASSUMED["lambda_log_bytes"])
            / GIGABYTE
            * PRICES["log_gigabyte"],
        }

    def exchange(self, idle, invocations):
        """Makes it so many invocations by adding or taking away idle ones; `idle` is one of them."""
        surplus = invocations - self.invocations
        for service, dollars in idle.dollars.items():
            self.dollars[service] += surplus * dollars
        self.invocations = invocations


class Month:
    """A case's month."""

    def __init__(self, case):
        template = transform()
        parameters = template["Parameters"]
        memory = {name: parameters[f"{name}Memory"]["Default"] for name in ("Ingest", "Archive", "Maintain", "Data")}
        played = case.days * case.hours * case.hourly
        month = SESSIONS_A_MONTH / played
        posts = SESSIONS_A_MONTH * case.posts
        self.case, self.accounts = case, len(case.accounts)
        self.ingest = Part([case.sampled], memory["Ingest"], posts / case.sampled.invocations)
        self.archive = Part(case.archives, memory["Archive"], month)
        self.maintain = Part([case.maintain], memory["Maintain"], month)
        # Of runs there is one every minute, however many were played.
        self.maintain.exchange(Part([case.idle], memory["Maintain"], 1 / case.idle.invocations), MINUTES_A_MONTH)
        # A lake of four weeks has as many days more to read.
        self.charts = Part(case.charts, memory["Data"], CHARTS_A_MONTH / len(case.charts))
        # A chart of four weeks reads the days that were played, the last one as it was at midday, and closed days.
        of_closed_days = CHARTS_A_MONTH / len(case.late_charts) * (CHART_DAYS - case.days) / case.days
        for service, dollars in Part(case.late_charts, memory["Data"], of_closed_days).dollars.items():
            self.charts.dollars[service] += dollars
        self.ingest.dollars["API"] = posts * PRICES["api_request"]
        self.charts.dollars["API"] = CHARTS_A_MONTH * PRICES["api_request"]
        self.dollars = {name: sum(getattr(self, name).dollars.values()) for name in PARTS[:4]}
        self.dollars["storage"] = self.storage(month)
        self.dollars["fixed"] = fixed(template)
        self.total = sum(self.dollars.values())
        self.heat = hottest(case)
        of_played_days = max(manifest_bytes(chart) for chart in case.charts + case.late_charts)
        self.chart_manifest = of_played_days + missing_days(case)

    def storage(self, month):
        """A month's sessions, kept for a month."""
        described = self.case.aws.dynamodb.describe_table(TableName=TABLE)["Table"]
        index = sum(each["IndexSizeBytes"] for each in described["GlobalSecondaryIndexes"])
        table = (described["TableSizeBytes"] + index) * month / GIGABYTE
        lake = sum(self.case.aws.objects(LAKE_BUCKET).values()) * month / GIGABYTE
        prices = PRICES["dynamodb_gigabyte_month"] + PRICES["dynamodb_recovery_gigabyte_month"]
        return table * prices + lake * PRICES["s3_gigabyte_month"]


def fixed(template):
    """What is paid for being there: the key, the secret, alarms and what they watch."""
    kinds = Counter(resource["Type"] for resource in template["Resources"].values())
    return (
        kinds["AWS::KMS::Key"] * PRICES["kms_key_month"]
        + kinds["AWS::SecretsManager::Secret"] * PRICES["secret_month"]
        + kinds["AWS::CloudWatch::Alarm"] * PRICES["alarm_month"]
        + kinds["AWS::Logs::MetricFilter"] * PRICES["metric_month"]
    )


def missing_days(case):
    """How many bytes of manifest a chart would read besides if the lake had four weeks, of as many closed days as are
    missing: each adds what a closed day that was played adds to an empty lake."""
    of_closed, of_none = (max(map(manifest_bytes, asked)) for asked in (case.late_charts, case.empty_charts))
    return (of_closed - of_none) * (CHART_DAYS - case.days) / case.days


def manifest_bytes(chart):
    return chart.dynamodb.received["Query"]


def hottest(case):
    """The most read units that one partition gives in a second: of maintenance and posts, and of a dashboard opening."""
    heat = Counter()
    for function in [*case.archives, case.maintain, case.sampled, case.bulk]:
        heat.update(function.dynamodb.heat)
    charts = Counter()
    for chart in case.charts + case.late_charts:
        of_chart = Counter()
        for (partition, _), units in chart.dynamodb.heat.items():
            of_chart[partition] += units
        charts |= of_chart
    for partition in charts:
        if partition.startswith("manifest#"):
            charts[partition] += missing_days(case) / READ_UNIT_BYTES
    partition, units = max(charts.items(), key=lambda pair: pair[1])
    return max(heat.values()) + units * CHARTS_AT_ONCE, partition.split("#")[0]


def print_cases(months):
    """A table of dollars a month, and one of what each operation takes."""
    print(f"\nDollars a month for 1,000,000 sessions and 30,000 charts; {PRICES['region']}, {PRICES['as_of']}:\n")
    print(f"| case | total | {' | '.join(PARTS)} |\n|{' --- |' * (len(PARTS) + 2)}")
    for month in months:
        print(
            f"| {month.case.name} | **{month.total:.2f}** | "
            + " | ".join(f"{month.dollars[part]:.2f}" for part in PARTS)
            + " |"
        )
    for month in months:
        print(f"\n{month.case.name}, counted an invocation:\n")
        print("| function | invocations a month | seconds | write units | read units | DynamoDB | S3 | $ by service |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for name in PARTS[:4]:
            part = getattr(month, name)
            counts = [
                ", ".join(f"{count / part.counted:.2f} {call}" for call, count in sorted(calls.items()))
                for calls in (part.dynamodb, part.s3)
            ]
            dollars = ", ".join(f"{service} {amount:.2f}" for service, amount in part.dollars.items())
            units = f"{part.units['write'] / part.counted:.2f} | {part.units['read'] / part.counted:.2f}"
            often = f"{part.invocations:,.0f} | {part.seconds_each:.3f}"
            print(f"| {name} | {often} | {units} | {' | '.join(counts)} | {dollars} |")


def targets(months):
    """What should be kept to: (what, counted, at most) for each target; `months` by their case's number."""
    rows = []
    for number, most in ((1, 60), (2, 120)):
        if number in months:
            rows.append((f"$ a month, {months[number].case.name}", months[number].total, most))
    for month in months.values():
        case, name = month.case, month.case.name
        rows.append((f"read units a second of the hottest partition ({month.heat[1]}), {name}", month.heat[0], 300))
        puts = month.archive.s3["PutObject"] / case.appends
        rows.append((f"PUT a batch and account, {name}", puts, 1.5))
        rows.append((f"bytes of manifest that a cold chart reads, {name}", month.chart_manifest, 64 << 10))
        rows.append((f"seconds of maintain's longest run, {name}", case.longest_run, 60))
        rows.append((f"replaced segments that should have been deleted, {name}", case.overdue, 0))
        early, late, batches = mean(case.archive_bytes[40:60]), mean(case.archive_bytes[-20:]), len(case.archive_bytes)
        rows.append((f"bytes that archive reads of DynamoDB for batch {batches:,}, {name}", late, 8 << 10))
        rows.append((f"as many for batch {batches:,} as for batch 50, {name}", late / early, 1.5))
    return rows


def missed(rows):
    return [row for row in rows if row[1] > row[2]]


def print_targets(rows, months):
    print("\n| target | counted | at most | |\n| --- | --- | --- | --- |")
    for what, counted, most in rows:
        print(f"| {what} | {counted:,.2f} | {most:,} | {'met' if counted <= most else 'MISSED'} |")
    for month in months.values():
        print(f"\n{month.case.name}: {month.case.swept:,} replaced segments deleted.")


def mean(values):
    return sum(values) / max(1, len(values))
