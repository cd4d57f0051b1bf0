#!/usr/bin/env python3
"""Writes what a build is made of as an SPDX 2.3 document (ISO/IEC 5962), in JSON.

    make_sbom.py OUT VERSION COMPONENTS BINARY...

COMPONENTS is a file with a line NAME|VERSION|LICENCE|SONAME|HOME for each library; an empty SONAME is for those of which only headers
were compiled in. Each library that a BINARY asks the linker for must be among them, or the document would be incomplete and
nothing is written. The same input gives the same bytes: the time in it is SOURCE_DATE_EPOCH, or 1970.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

# Of the compiler and the C library: every program has them.
TOOLCHAIN = re.compile(r"lib(stdc\+\+|gcc_s|c|m|pthread|atomic)\.so\.\d+|ld-linux.*")


def needed(binary):
    """Sonames of the libraries that a program or a shared library asks for."""
    dynamic = subprocess.run(["readelf", "-d", binary], check=True, stdout=subprocess.PIPE, text=True).stdout
    return re.findall(r"\(NEEDED\)\s+Shared library: \[([^]]*)\]", dynamic)


def package(name, version, licence, home):
    return {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        **({"versionInfo": version} if version else {}),
        "downloadLocation": home or "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
    }


def main(out, version, components, *binaries):
    components = [line.split("|") for line in pathlib.Path(components).read_text().splitlines() if line]
    sonames = [soname for _, _, _, soname, _ in components if soname]
    asked = sorted({name for binary in binaries for name in needed(binary) if not TOOLCHAIN.fullmatch(name)})
    own = re.compile(r"libquaver(-file)?\.so\.\d+")
    unknown = [name for name in asked if not own.fullmatch(name) and not any(name.startswith(soname + ".so") for soname in sonames)]
    if unknown:
        sys.exit(f"make_sbom.py: not among the components of cmake/sbom.cmake: {', '.join(unknown)}")

    product = package("quaver", version, "Apache-2.0", "")
    packages, relations = [product], [("SPDXRef-DOCUMENT", "DESCRIBES", product["SPDXID"])]
    for name, found, licence, soname, home in components:
        linked = any(asked_for.startswith(soname + ".so") for asked_for in asked) if soname else True
        if linked:
            packages.append(package(name, found, licence, home))
            relations.append((product["SPDXID"], "DYNAMIC_LINK" if soname else "CONTAINS", packages[-1]["SPDXID"]))

    moment = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc)
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"quaver-{version}",
        "creationInfo": {"created": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: make_sbom.py"]},
        "packages": packages,
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations],
    }
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:32]
    document["documentNamespace"] = f"https://spdx.org/spdxdocs/quaver-{version}-{digest}"
    pathlib.Path(out).write_text(json.dumps(document, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
