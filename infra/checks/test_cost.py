"""What the functions ask of DynamoDB and S3, counted over an hour of little traffic: the targets of cost.py."""

import unittest

from cost import Case
from cost_report import Month, missed, targets


class Cost(unittest.TestCase):
    def test_an_hour_of_ten_accounts_meets_the_targets(self):
        case = Case(3, days=1, hours=1, hourly=150, profile="debug")
        try:
            case.play()
            self.assertEqual(missed(targets({3: Month(case)})), [])
        finally:
            case.aws.close()


if __name__ == "__main__":
    unittest.main()
