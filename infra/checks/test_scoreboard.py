"""Checks the scoreboard: every line runs a test that there is, and says so when a promise is not kept."""

import subprocess
import unittest

import scoreboard


class Scoreboard(unittest.TestCase):
    def test_every_line_runs_one_test(self):
        for line in scoreboard.LINES:
            with self.subTest(line.name):
                listed = subprocess.run(
                    scoreboard.command(line, "--list"),
                    cwd=scoreboard.ROOT,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                tests = [text for text in listed.stdout.splitlines() if text.endswith(": test")]
                self.assertEqual(len(tests), 1, listed.stdout)

    def test_a_promise_that_is_not_kept_is_told(self):
        lines = {line.name: line for line in scoreboard.LINES}
        good = {"bad_inputs": 10_000, "slowest_ms": 900}
        self.assertEqual(scoreboard.judged(lines["inputs"], 0.01, True, good), "ok")
        for passed, sums in (
            (False, good),
            (True, {"bad_inputs": 10_000}),
            (True, {"bad_inputs": 10_000, "slowest_ms": 1_001}),
            (True, {"bad_inputs": 9_000, "slowest_ms": 900}),
        ):
            self.assertNotEqual(scoreboard.judged(lines["inputs"], 0.01, passed, sums), "ok")

    def test_what_is_printed_is_summed(self):
        printed = 'seed 3\n{"kills": 3, "by": {"a": 1}}\n{"kills": 4, "slowest_ms": 7}\n{"slowest_ms": 5}\nok\n'
        self.assertEqual(scoreboard.counted(printed), {"kills": 7, "slowest_ms": 7})

    def test_a_share_sets_the_size(self):
        lines = {line.name: line for line in scoreboard.LINES}
        self.assertEqual(lines["faults"].settings(0.02), {"PREMIUM_SIMULATION": "4x5000"})
        self.assertEqual(lines["kills"].settings(1), {"PREMIUM_KILLS": "1000"})


if __name__ == "__main__":
    unittest.main()
