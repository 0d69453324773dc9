"""The template as CloudFormation sees it: SAM's shorthand written out, offline.

Linters read only what is in front of them. A reference inside a function's `Events` is opaque text to them until the
transform has made resources of it, so every other check here runs on the result of this one.
"""

import json
import logging
import os
import sys
from pathlib import Path

from samtranslator.translator.transform import transform as sam_transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
os.environ.setdefault("AWS_DEFAULT_REGION", "sa-east-1")  # the transform wants to know for which region
logging.getLogger("samtranslator.metrics.metrics").disabled = True  # it complains that nobody collects its metrics


class NoManagedPolicies:
    """SAM asks AWS for the list of managed policies; this stack names none."""

    def load(self):
        return {}


def transform(path=TEMPLATE):
    """The CloudFormation template, as a dict, that AWS would make of the SAM template at `path`."""
    template = yaml_parse(Path(path).read_text(encoding="utf-8"))
    code = {"Bucket": "packages", "Key": "function.zip"}  # where `sam deploy` would put the binary
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = code
    return sam_transform(template, {}, NoManagedPolicies())


if __name__ == "__main__":
    json.dump(transform(*sys.argv[1:]), sys.stdout, indent=1)
