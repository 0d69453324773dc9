"""What the template promises: it is valid, every function may do exactly what is written here, and nothing is open."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from fnmatch import fnmatchcase
from pathlib import Path

from template_rights import MAY, ROUTES, SETTINGS
from transform import ROOT, TEMPLATE, transform

BIN = Path(sys.executable).parent
BROKEN = Path(__file__).with_name("broken.yaml")


def many(value):
    return value if isinstance(value, list) else [value]


def text(value):
    """An ARN or name as it stands in the template: `Table.Arn`, `Table`, `${LakeBucket.Arn}/bodies/*`."""
    if isinstance(value, dict):
        ((_, value),) = value.items()
    return ".".join(value) if isinstance(value, list) else value


def scopes(statement):
    """What a statement is about: its conditions where it has some, else its resource."""
    tests = {key: many(value) for test in statement.get("Condition", {}).values() for key, value in test.items()}
    only = f" ({' '.join(tests['dynamodb:Attributes'])})" if "dynamodb:Attributes" in tests else ""
    if "dynamodb:LeadingKeys" in tests:
        return [prefix + only for prefix in tests["dynamodb:LeadingKeys"]]
    if "kms:EncryptionContext:purpose" in tests:
        return [f"for {purpose}" for purpose in tests["kms:EncryptionContext:purpose"]]
    if "kms:EncryptionContext:aws:lambda:FunctionArn" in tests:
        return ["of the environment"]
    if "kms:ViaService" in tests:
        (service,) = [text(name).split(".")[0] for name in tests["kms:ViaService"]]
        (owner,) = [text(v) for key, vs in tests.items() if key.startswith("kms:EncryptionContext:") for v in vs]
        return [f"via {service} for {owner.removesuffix('.Arn')}"]
    assert not tests, f"a condition that these checks do not know: {tests}"
    return [text(resource) for resource in many(statement["Resource"])]


def run(*command):
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "sa-east-1"}
    environment |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def lint(template):
    """What cfn-lint says of a template, a path or a dict; nothing where it is content."""
    with tempfile.TemporaryDirectory() as folder:
        path = template
        if isinstance(template, dict):
            path = Path(folder, "transformed.json")
            path.write_text(json.dumps(template), encoding="utf-8")
        done = run(BIN / "cfn-lint", "-r", "sa-east-1", "-c", "I", "--", path)
        return done.stdout + done.stderr


class Linters(unittest.TestCase):
    def test_sam_finds_the_template_valid(self):
        done = run(BIN / "sam", "validate", "--lint", "--template", TEMPLATE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_cfn_lint_has_nothing_to_say_of_the_template(self):
        self.assertEqual(lint(TEMPLATE), "")

    def test_cfn_lint_has_nothing_to_say_of_the_transformed_template(self):
        self.assertEqual(lint(transform()), "")

    def test_only_the_transform_shows_a_dangling_reference_of_an_event(self):
        self.assertEqual(lint(BROKEN), "")
        self.assertIn("E1010", lint(transform(BROKEN)))


class Stack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.resources = transform()["Resources"]

    def of(self, kind):
        return {name: r["Properties"] for name, r in self.resources.items() if r["Type"] == kind}

    def statements(self, role):
        properties = self.resources[role]["Properties"]
        managed = [self.resources[policy["Ref"]]["Properties"] for policy in properties.get("ManagedPolicyArns", [])]
        for policy in managed + properties.get("Policies", []):
            yield from policy["PolicyDocument"]["Statement"]

    def permissions(self, function):
        """The routes from which API Gateway may invoke a function, as patterns."""
        for permission in self.of("AWS::Lambda::Permission").values():
            if permission["FunctionName"] == {"Ref": function}:
                yield permission["SourceArn"]["Fn::Sub"][0].split("${__Stage__}/")[1]

    def routes(self):
        for path, methods in self.resources["HttpApi"]["Properties"]["Body"]["paths"].items():
            for method, operation in methods.items():
                route = "$default" if path.endswith("$default") else f"{method.upper()} {path}"
                target = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                yield route, re.search(r"\$\{(\w+)\.Arn\}", target)[1]


class Functions(Stack):
    def test_there_are_seven_and_each_is_the_binary_of_a_crate_on_arm(self):
        functions = self.of("AWS::Lambda::Function")
        self.assertEqual(set(functions), {f"{name}Function" for name in MAY})
        source = TEMPLATE.read_text(encoding="utf-8")
        for name, function in functions.items():
            crate = name.removesuffix("Function").lower()
            self.assertTrue((ROOT / "functions" / crate / "Cargo.toml").is_file(), crate)
            self.assertIn(f"{{Binary: {crate}}}", source.split(f"  {name}:\n")[1].split("Properties:\n")[0])
            self.assertEqual((function["Architectures"], function["Runtime"]), (["arm64"], "provided.al2023"))

    def test_each_has_a_log_group_of_its_own_that_forgets_and_is_encrypted(self):
        groups = self.of("AWS::Logs::LogGroup")
        for name, function in self.of("AWS::Lambda::Function").items():
            logging = function["LoggingConfig"]
            self.assertEqual(logging, {"LogFormat": "JSON", "LogGroup": {"Ref": name.replace("Function", "Logs")}})
        for name, group in groups.items():
            self.assertEqual(group["RetentionInDays"], {"Ref": "LogDays"}, name)
            self.assertIn("KmsKeyId", group, name)

    def test_each_has_exactly_its_settings_and_only_token_has_the_secret(self):
        for name, settings in SETTINGS.items():
            function = self.resources[f"{name}Function"]["Properties"]
            variables = function.get("Environment", {}).get("Variables", {})
            allocator = {setting for setting in variables if setting.startswith("MALLOC_")}
            self.assertEqual(bool(allocator), name == "Data")
            self.assertEqual(set(variables) - allocator, {f"PREMIUM_{setting}" for setting in settings.split()}, name)
            self.assertEqual("resolve:secretsmanager" in json.dumps(variables), name == "Token")
            self.assertEqual("KmsKeyArn" in function, name == "Token")

    def test_every_setting_is_one_that_the_program_reads(self):
        # A limit under another name would be none.
        sources = [path for folder in ("shared", "functions") for path in (ROOT / folder).glob("*/src/**/*.rs")]
        read = "".join(path.read_text(encoding="utf-8") for path in sources)
        for setting in set(" ".join(SETTINGS.values()).split()):
            self.assertIn(f'"PREMIUM_{setting}"', read)

    def test_every_route_leads_to_its_function_which_the_api_may_invoke(self):
        expected = {(r, f"{name}Function") for name, routes in ROUTES.items() for r in routes.split(", ")}
        self.assertEqual(set(self.routes()), expected)
        for route, function in expected:
            address = re.sub(r"\{\w+\}", "x", route.replace(" ", ""))
            self.assertTrue(any(fnmatchcase(address, p) for p in self.permissions(function)), route)

    def test_no_other_site_is_told_that_its_pages_may_ask(self):
        # The console's cookie counts only with a header that another site sends after a CORS preflight alone.
        self.assertNotIn("cors", json.dumps(self.resources["HttpApi"]).lower())

    def test_archive_reads_sessions_alone_and_reports_what_failed(self):
        (mapping,) = self.of("AWS::Lambda::EventSourceMapping").values()
        (pattern,) = [json.loads(f["Pattern"]) for f in mapping["FilterCriteria"]["Filters"]]
        self.assertEqual(pattern, {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "session#"}]}}}})
        self.assertEqual(mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"])
        self.assertTrue(mapping["BisectBatchOnFunctionError"])
        age = mapping["MaximumRecordAgeInSeconds"]
        self.assertTrue(12 * 3600 <= age < 24 * 3600, "an outage is waited out; the stream itself forgets after 24 h")
        # Attempts follow one another within seconds: any number of them would end long before that age.
        self.assertEqual(mapping["MaximumRetryAttempts"], -1)
        failures = mapping["DestinationConfig"]["OnFailure"]["Destination"]
        self.assertEqual(failures, {"Fn::GetAtt": ["ArchiveFailures", "Arn"]})
        self.assertTrue(self.resources["ArchiveFailures"]["Properties"]["SqsManagedSseEnabled"])

    def test_maintain_runs_every_minute_and_is_not_repeated(self):
        (rule,) = self.of("AWS::Events::Rule").values()
        self.assertEqual((rule["ScheduleExpression"], rule.get("State", "ENABLED")), ("rate(1 minute)", "ENABLED"))
        (target,) = rule["Targets"]
        self.assertEqual(target["Arn"], {"Fn::GetAtt": ["MaintainFunction", "Arn"]})
        self.assertIsInstance(json.loads(target["Input"]), dict)
        (repeats,) = self.of("AWS::Lambda::EventInvokeConfig").values()
        self.assertEqual(repeats["FunctionName"], {"Ref": "MaintainFunction"})
        self.assertEqual(repeats["MaximumRetryAttempts"], 0)
        self.assertGreater(self.resources["MaintainFunction"]["Properties"]["Timeout"], 60)

    def test_the_alarms_of_maintenance_read_the_line_that_every_run_writes(self):
        source = (ROOT / "functions/maintain/src/run.rs").read_text(encoding="utf-8")
        (line,) = re.findall(r'tracing::info!\((.*), "maintenance"\);', source)
        metrics = set()
        for metric in self.of("AWS::Logs::MetricFilter").values():
            self.assertEqual(metric["LogGroupName"], {"Ref": "MaintainLogs"})
            (transformation,) = metric["MetricTransformations"]
            field = transformation["MetricValue"].removeprefix("$.")
            self.assertIn(field, line.split(", "))
            self.assertEqual(metric["FilterPattern"], f'{{ $.message = "maintenance" && $.{field} = * }}')
            metrics.add((transformation["MetricNamespace"]["Fn::Sub"], transformation["MetricName"]))
        alarms = [a for a in self.of("AWS::CloudWatch::Alarm").values() if not isinstance(a["Namespace"], str)]
        self.assertEqual({(a["Namespace"]["Fn::Sub"], a["MetricName"]) for a in alarms}, metrics)
        # A schedule that stopped leaves no line at all.
        (late,) = [a for a in alarms if a["MetricName"] == "oldest_due_seconds"]
        self.assertEqual(late["TreatMissingData"], "breaching")


class Roles(Stack):
    def test_each_function_may_do_exactly_this(self):
        self.assertEqual(set(self.of("AWS::IAM::Role")), {f"{name}Role" for name in MAY})
        for name, expected in MAY.items():
            rights = {
                f"{action} {scope}"
                for statement in self.statements(f"{name}Role")
                for action in many(statement["Action"])
                for scope in scopes(statement)
                if statement["Effect"] == "Allow"
            }
            logs = {f"logs:{action} {name}Logs.Arn" for action in ("CreateLogStream", "PutLogEvents")}
            listed = {right for line in expected.splitlines() for right in re.split(r"\s{2,}", line.strip()) if right}
            self.assertEqual(rights, listed | logs, name)

    def test_no_right_has_a_wildcard_for_an_action_or_a_resource(self):
        for role in self.of("AWS::IAM::Role"):
            for statement in self.statements(role):
                self.assertNotIn("*", "".join(many(statement["Action"])), statement)
                for resource in many(statement["Resource"]):
                    self.assertRegex(text(resource), r"^(\$\{)?[A-Z][A-Za-z]+\.(Stream)?Arn\b", statement)

    def test_every_action_on_the_table_is_bound_to_keys(self):
        # An action without a key (Scan) would pass `ForAllValues`, which is true of nothing. PartiQL's INSERT has one:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
        verbs = ("Get", "BatchGet", "Put", "Update", "Delete", "BatchWrite", "ConditionCheck")
        keyed = {f"dynamodb:{verb}Item" for verb in verbs} | {"dynamodb:PartiQLInsert"}
        for role in self.of("AWS::IAM::Role"):
            for statement in self.statements(role):
                if statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}:
                    self.assertLessEqual(set(many(statement["Action"])), keyed | {"dynamodb:Query"})
                    self.assertIn("dynamodb:LeadingKeys", json.dumps(statement["Condition"]))

    def test_the_prefixes_are_those_the_program_makes_keys_with(self):
        source = ROOT / "shared/store/src"
        keys = "".join(path.read_text(encoding="utf-8") for path in [source / "key.rs", *source.glob("key/*.rs")])
        prefixes = set(re.findall(r"[a-z-]+(?:#\*|keys\b)", " ".join(MAY.values())))
        for prefix in prefixes:
            self.assertIn('"' + prefix.removesuffix("*"), keys)

    def test_only_lambda_may_take_a_role(self):
        for role in self.of("AWS::IAM::Role").values():
            (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
            self.assertEqual(statement["Principal"], {"Service": "lambda.amazonaws.com"})


class Storage(Stack):
    def test_what_is_kept_outlives_the_stack_and_is_encrypted_with_its_key(self):
        key = {"Fn::GetAtt": ["Key", "Arn"]}
        for name in ("Table", "LakeBucket", "MediaBucket", "Key"):
            self.assertEqual(self.resources[name]["DeletionPolicy"], "Retain", name)
            self.assertEqual(self.resources[name]["UpdateReplacePolicy"], "Retain", name)
        table = self.resources["Table"]["Properties"]
        self.assertEqual(table["SSESpecification"], {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})
        self.assertTrue(table["DeletionProtectionEnabled"])
        self.assertTrue(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"])
        self.assertTrue(self.resources["Key"]["Properties"]["EnableKeyRotation"])
        for name, bucket in self.of("AWS::S3::Bucket").items():
            (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            sse = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
            self.assertEqual(rule, {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": sse}, name)

    def test_no_bucket_is_public_or_reachable_without_tls(self):
        for name, bucket in self.of("AWS::S3::Bucket").items():
            self.assertEqual(list(bucket["PublicAccessBlockConfiguration"].values()), [True] * 4, name)
            statement = self.denials(name)["OnlyTls"]
            self.assertEqual(statement["Condition"], {"Bool": {"aws:SecureTransport": "false"}})
            self.assertEqual((statement["Action"], statement["Principal"]), ("s3:*", "*"))

    def test_old_signatures_are_denied_and_young_ones_are_not(self):
        limits = (("OnlyYoungDownloads", "s3:GetObject", 10), ("OnlyYoungUploads", "s3:PutObject", 15))
        for sid, action, minutes in limits:
            statement = self.denials("MediaBucket")[sid]
            self.assertEqual((statement["Effect"], statement["Action"]), ("Deny", action))
            ((operator, test),) = statement["Condition"].items()
            denied = {"NumericGreaterThan": int.__gt__, "NumericLessThan": int.__lt__}[operator]
            limit = int(test["s3:signatureAge"])
            self.assertFalse(denied((minutes * 60 - 1) * 1000, limit), "a young signature")
            self.assertTrue(denied((minutes * 60 + 1) * 1000, limit), "an old signature")

    def denials(self, bucket):
        policies = self.of("AWS::S3::BucketPolicy").values()
        (policy,) = [p for p in policies if p["Bucket"] == {"Ref": bucket}]
        return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


if __name__ == "__main__":
    unittest.main()
