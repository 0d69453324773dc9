"""The console in a browser: the tests in console/ against a stack of their own."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from test_lambda import Stack

FOLDER = Path(__file__).parent / "console"


class ConsoleTest(unittest.TestCase):
    def test_the_console_passes_its_tests_in_a_browser(self):
        subprocess.run(["npm", "ci", "--silent"], cwd=FOLDER, check=True)
        with tempfile.TemporaryDirectory() as folder:
            stack = Stack(folder)
            self.addCleanup(stack.stop)
            local = {"PREMIUM_STACK_URL": stack.local["url"], "PREMIUM_ADMIN_TOKEN": stack.local["admin_token"]}
            done = subprocess.run(["npm", "test", "--silent"], cwd=FOLDER, env=os.environ | local, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
