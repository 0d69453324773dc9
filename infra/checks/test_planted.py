"""The deliberate bugs of planted.toml can be planted, and the tests that must find them are there (see planted.py)."""

import unittest

import planted


class Planted(unittest.TestCase):
    def test_every_bug_has_its_place_and_its_test(self):
        self.assertEqual(planted.check(planted.bugs()), [])

    def test_a_bug_without_its_place_or_its_test_is_told(self):
        table = planted.bugs()
        name = table[0]["name"]
        for wrong, told in [
            ({"old": "this text is nowhere"}, "stands 0 times"),
            ({"old": "let"}, "not once"),
            ({"file": "shared/gone.rs"}, "shared/gone.rs is not there"),
            ({"new": "nothing"}, "nothing depends"),
            ({"test": "e2e batch::no_such_test"}, "there is no test batch::no_such_test in e2e"),
            ({"test": "e3e batch::"}, "there is no test target e3e"),
            ({"name": table[1]["name"]}, "is there twice"),
            ({"color": "red"}, "color is missing or unknown"),
        ]:
            [fault] = planted.check([table[0] | wrong, *table[1:]])
            self.assertIn(told, fault, name)
        self.assertIn("there are 2 bugs", planted.check(table[:2])[0])
        both = planted.check([*table, table[0] | {"name": "another"}])
        self.assertEqual(both, [f"another and {name} change the same text"])

    def test_a_bug_is_one_condition_in_the_text(self):
        text, faults = planted.planted("a + b", [{"name": "minus", "old": "+", "new": "if {planted} - else +"}])
        self.assertEqual(faults, [])
        self.assertEqual(text, 'a if matches!(std::env::var("PLANTED").as_deref(), Ok("minus")) - else + b')


if __name__ == "__main__":
    unittest.main()
