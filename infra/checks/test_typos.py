"""English is spelt right, in code and in prose; .typos.toml says what is not English."""

import subprocess
import sys
import unittest
from pathlib import Path

from transform import ROOT

TYPOS = Path(sys.executable).with_name("typos")


def typos(*arguments, text=None):
    command = [TYPOS, "--format", "brief", *arguments]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True)


class Typos(unittest.TestCase):
    def test_nothing_is_misspelt(self):
        found = typos()
        self.assertEqual((found.returncode, found.stdout + found.stderr), (0, ""))

    def test_a_misspelt_word_is_found_and_a_portuguese_one_is_not(self):
        self.assertEqual(typos("-", text="the limite of um momento\n").returncode, 0)
        wrong = "".join(["recie", "ve"])
        self.assertIn(f"`{wrong}` should be `receive`", typos("-", text=f"fn {wrong}_all() {{}}\n").stdout)


if __name__ == "__main__":
    unittest.main()
