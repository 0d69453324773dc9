"""What crates depend on: nothing that they do not use, and nothing that deny.toml does not allow.

cargo-deny, whose file deny.toml is, takes minutes to install. What is read of it here are licences, bans and sources, by
the same rules; a setting that is not known here fails.
"""

import json
import re
import subprocess
import tomllib
import unittest
from collections import defaultdict
from pathlib import Path

from transform import ROOT

# The settings that are obeyed here, with the values that are understood; None stands for lists that are read.
KNOWN = {
    "licenses": {"allow": None, "unused-allowed-license": "allow"},
    "bans": {"multiple-versions": "allow", "wildcards": "deny", "allow-wildcard-paths": True, "deny": None},
    "sources": {"unknown-registry": "deny", "unknown-git": "deny", "allow-registry": None},
}


def metadata():
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def is_allowed(license, allowed):
    """Whether an SPDX expression can be met with these licences. `/` is how crates once wrote OR."""
    words = re.findall(r"[()]|[^\s()]+", license.replace("/", " OR "))

    def either():
        met = both()
        while words and words[0] == "OR":
            words.pop(0)
            met = both() or met
        return met

    def both():
        met = one()
        while words and words[0] == "AND":
            words.pop(0)
            met = one() and met
        return met

    def one():
        word = words.pop(0)
        if word == "(":
            met = either()
            words.pop(0)
            return met
        if words and words[0] == "WITH":
            word = " ".join([word, words.pop(0), words.pop(0)])
        return word in allowed

    return either()


def refused(deny, packages):
    """What of these packages deny.toml does not allow, as sentences."""
    versions = defaultdict(set)
    for package in packages:
        versions[package["name"]].add(package["version"])
        name = f"{package['name']} {package['version']}"
        for dependency in package["dependencies"] if package["source"] is None else []:
            if dependency["req"] == "*" and not dependency.get("path"):
                yield f"{name} takes any version of {dependency['name']}"
        if package["source"] is None:
            continue
        if package["source"].removeprefix("registry+") not in deny["sources"]["allow-registry"]:
            yield f"{name} comes from {package['source']}"
        if not package["license"] or not is_allowed(package["license"], deny["licenses"]["allow"]):
            yield f"{name} has the licence {package['license']}"
    for ban in deny["bans"]["deny"]:
        found = versions[ban["crate"]]
        if ban.get("deny-multiple-versions"):
            if len(found) > 1:
                yield f"{ban['crate']} is there in the versions {', '.join(sorted(found))}"
        elif found:
            yield f"{ban['crate']} is banned: {ban['reason']}"


def code(package, packages):
    """The Rust sources of a package without comments, and without those of packages in folders below it."""
    folders = [Path(other["manifest_path"]).parent for other in packages]
    own = Path(package["manifest_path"]).parent
    below = [folder for folder in folders if own in folder.parents]
    for path in own.rglob("*.rs"):
        if not any(folder in path.parents for folder in below) and "target" not in path.relative_to(own).parts:
            yield re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def uses(source, library):
    """Whether a source names a library: in a path, or in a `use`."""
    return re.search(rf"(?<![\w:.]){library}\s*(::|;|\sas\b)", source) is not None


class Dependencies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.deny = tomllib.loads(Path(ROOT, "deny.toml").read_text())
        whole = metadata()
        cls.packages = whole["packages"]
        members = set(whole["workspace_members"])
        cls.own = [package for package in cls.packages if package["id"] in members]

    def test_deny_toml_says_nothing_that_is_not_obeyed(self):
        for section, settings in self.deny.items():
            for name, value in settings.items():
                expected = KNOWN[section][name]
                self.assertIn(expected, [None, value], f"{section}.{name}")
        for ban in self.deny["bans"]["deny"]:
            self.assertIn(set(ban) - {"crate"}, [{"reason"}, {"deny-multiple-versions"}], ban)

    def test_licences_bans_and_sources_are_as_deny_toml_says(self):
        self.assertGreater(len(self.packages), 300)
        self.assertEqual(list(refused(self.deny, self.packages)), [])

    def test_what_is_not_allowed_is_refused(self):
        registry = "registry+https://github.com/rust-lang/crates.io-index"

        def package(name, version="1.0.0", license="MIT", source=registry, dependencies=()):
            return {"name": name, "version": version, "license": license, "source": source, "dependencies": dependencies}

        wild = [{"name": "any", "req": "*"}, {"name": "own", "req": "*", "path": "/own"}]
        cases = [
            ([package("a", license="GPL-3.0-only")], ["a 1.0.0 has the licence GPL-3.0-only"]),
            ([package("a", license=None)], ["a 1.0.0 has the licence None"]),
            ([package("a", license="(MIT OR GPL-3.0-only) AND Zlib")], []),
            ([package("a", license="MIT AND GPL-3.0-only")], ["a 1.0.0 has the licence MIT AND GPL-3.0-only"]),
            ([package("a", license="GPL-3.0-only/Apache-2.0 WITH LLVM-exception")], []),
            ([package("a", source="git+https://example.com/a")], ["a 1.0.0 comes from git+https://example.com/a"]),
            ([package("a", source=None, license=None, dependencies=wild)], ["a 1.0.0 takes any version of any"]),
            ([package("tokio"), package("tokio", "2.0.0")], ["tokio is there in the versions 1.0.0, 2.0.0"]),
            ([package("openssl-sys")], ["openssl-sys is banned: TLS is rustls with ring, the same on every machine"]),
        ]
        for packages, expected in cases:
            self.assertEqual(list(refused(self.deny, packages)), expected, packages)

    def test_every_dependency_is_used(self):
        kinds = {"lib", "rlib", "proc-macro", "cdylib", "dylib"}
        libraries = {
            package["name"]: target["name"].replace("-", "_")
            for package in self.packages
            for target in package["targets"]
            if kinds & set(target["kind"])
        }
        unused = []
        for package in self.own:
            sources = list(code(package, self.own))
            # As cargo-machete has it: what is there for its features alone.
            ignored = set(((package["metadata"] or {}).get("cargo-machete") or {}).get("ignored", []))
            for dependency in package["dependencies"]:
                library = dependency["rename"] or libraries[dependency["name"]]
                is_used = any(uses(source, library) for source in sources)
                if not is_used and dependency["name"] not in ignored:
                    unused.append(f"{package['name']} does not use {dependency['name']}")
                if is_used and dependency["name"] in ignored:
                    unused.append(f"{package['name']} uses {dependency['name']}, which it says is there for its features")
        self.assertEqual(unused, [])

    def test_a_use_is_told_from_a_mention(self):
        for used in ["use hex;", "use hex as h;", "hex::encode(x)", "pub use hex ::encode;"]:
            self.assertTrue(uses(used, "hex"), used)
        for mentioned in ["hexagon::new()", "crate::hex::encode(x)", "let hex = 1;", "self.hex::<u8>()", "codec_hex::f()"]:
            self.assertFalse(uses(mentioned, "hex"), mentioned)


if __name__ == "__main__":
    unittest.main()
