#!/usr/bin/env python3
"""Single mutants of SystemVerilog, chosen when a simulation starts.

usage: mutate.py sites RTL_FOLDER                 every possible mutant, as JSON on standard output
       mutate.py plant RTL_FOLDER TOP MUTANTS VERILATOR...
                                                  rewrites the files of the folder so that mutant number
                                                  TOP.mutant[0] of the JSON list MUTANTS is alive (0: none);
                                                  prints the numbers of those that VERILATOR (a command that
                                                  checks the design) refuses, which are left out

A mutant replaces one expression: an operator by its neighbour, a condition by a constant, a literal by the
next one, what a register takes by what it has, what drives a net by zero. Text comes from slang's syntax tree,
so what is a constant to the language (widths, generate conditions, parameters, loops) is left alone.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from pyslang import syntax

K = syntax.SyntaxKind

SWAPS = {
    "+": "-", "-": "+", "&": "|", "|": "&", "^": "|", "&&": "||", "||": "&&", "==": "!=", "!=": "==",
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "<<": ">>", ">>": "<<", "<<<": ">>>", ">>>": "<<<", "*": "+",
}
DROPPED = {"!", "~", "-"}

# Signed: beside an unsigned one, what it stands for would no longer be signed where it was.
ZERO = "$signed(1'b0)"

# Constants to the language, or names that no register holds.
SKIPPED = {
    K.ParameterDeclarationStatement, K.ParameterPortList, K.AnsiPortList, K.VariableDimension,
    K.SimpleRangeSelect, K.ParameterValueAssignment, K.InitialBlock, K.FunctionDeclaration,
    K.TimingControlExpression, K.EventControlWithExpression, K.AttributeInstance, K.InvocationExpression,
    K.GenvarDeclaration, K.ModuleHeader,
}


class File:
    def __init__(self, path):
        self.path = path
        self.text = path.read_text()
        self.tree = syntax.SyntaxTree.fromFile(str(path))
        self.manager = self.tree.sourceManager
        self.found = []
        self.visit(self.tree.root)

    def span(self, node):
        """Where a node stands in this file; None when a macro or an included file made it."""
        range_ = node.sourceRange
        manager = self.manager
        if not (manager.isFileLoc(range_.start) and manager.isFileLoc(range_.end)):
            return None
        if Path(str(manager.getFileName(range_.start))).name != self.path.name:
            return None
        return range_.start.offset, range_.end.offset

    def raw(self, node):
        span = self.span(node)
        return None if span is None else self.text[span[0]:span[1]]

    def add(self, node, kind, becomes):
        span = self.span(node)
        if span is None or becomes is None:
            return
        was = self.text[span[0]:span[1]]
        if "`" in was or becomes in (was, f"$signed({was})"):
            return
        if becomes == ZERO and re.fullmatch(r"\d+'[bdh]0+|\{\w+\{1'b0\}\}", was):
            return
        line = self.text.count("\n", 0, span[0]) + 1
        self.found.append({"file": self.path.name, "line": line, "start": span[0], "end": span[1],
                           "kind": kind, "was": was, "becomes": becomes})

    def visit(self, node):
        kind = node.kind
        if kind in SKIPPED:
            return
        if kind in (K.IfGenerate, K.LoopGenerate):
            # The condition is a constant; what it guards is not.
            for part in (node.block, getattr(node, "elseClause", None)):
                if part is not None:
                    self.visit(part)
            return
        if kind == K.ForLoopStatement:
            self.visit(node.statement)
            return
        if kind == K.MultipleConcatenationExpression:
            self.visit(node.concatenation)
            return
        if kind == K.CastExpression:
            self.visit(node.right)
            return
        if kind in (K.AscendingRangeSelect, K.DescendingRangeSelect):
            # Where it begins, unless that is a constant as well.
            if re.search(r"(?<![\w'])[a-z_]\w*", self.raw(node.left) or ""):
                self.visit(node.left)
            return
        if kind in (K.StandardCaseItem, K.DefaultCaseItem):
            self.visit(node.clause)
            return
        if kind == K.ConditionalStatement:
            condition = node.predicate
            if "LANES" not in (self.raw(condition) or ""):
                self.add(condition, "never", "1'b0")
            self.add(condition, "always", "1'b1")
        if kind in (K.NonblockingAssignmentExpression, K.AssignmentExpression):
            self.assignment(node)
            return
        if kind == K.NetDeclaration:
            for declarator in node.declarators:
                value = getattr(declarator, "initializer", None)
                if value is not None:
                    if not declarator.name.valueText.startswith("unused"):
                        self.add(value.expr, "stuck at 0", ZERO)
                        self.visit(value.expr)
            return
        self.expression(node)
        for child in node:
            if hasattr(child, "sourceRange") and isinstance(child, syntax.SyntaxNode):
                self.visit(child)

    def assignment(self, node):
        left, right = self.raw(node.left), node.right
        if left is not None and left.startswith("unused"):
            return
        if node.kind == K.NonblockingAssignmentExpression:
            self.add(right, "keeps its value", None if left is None else f"$signed({left})")
        elif node.parent is not None and node.parent.kind == K.ContinuousAssign:
            self.add(right, "stuck at 0", ZERO)
        self.visit(right)
        # The index of what is written.
        self.visit(node.left)

    def expression(self, node):
        operator = getattr(node, "operatorToken", None)
        if operator is not None and hasattr(node, "left") and hasattr(node, "right"):
            text = operator.valueText
            left, right = self.raw(node.left), self.raw(node.right)
            if text in SWAPS and left is not None and right is not None:
                self.add(node, f"{text} to {SWAPS[text]}", f"{left} {SWAPS[text]} {right}")
        elif operator is not None and hasattr(node, "operand"):
            if operator.valueText in DROPPED and self.raw(node.operand) is not None:
                self.add(node, f"without {operator.valueText}", self.raw(node.operand))
        elif node.kind == K.ConditionalExpression:
            parts = [self.raw(p) for p in (node.predicate, node.left, node.right)]
            if None not in parts:
                self.add(node, "other way", f"{parts[0]} ? {parts[2]} : {parts[1]}")
        elif node.kind in (K.IntegerVectorExpression, K.IntegerLiteralExpression):
            self.add(node, "next number", following(self.raw(node)))


def following(text):
    """The literal with its lowest bit turned over, or one more where it has no width."""
    if text is None:
        return None
    sized = re.fullmatch(r"(\d+)'(s?)([bdh])([0-9a-fA-F_]+)", text)
    if sized:
        base = {"b": 2, "d": 10, "h": 16}[sized[3]]
        value = int(sized[4].replace("_", ""), base) ^ 1
        return f"{sized[1]}'{sized[2]}{sized[3]}{format(value, {2: 'b', 10: 'd', 16: 'x'}[base])}"
    return str(int(text) + 1) if re.fullmatch(r"\d+", text) else None


def sites(folder):
    return [site for path in sorted(Path(folder).glob("*.sv")) for site in File(path).found]


# A choice between two expressions is as wide as the wider one, and some are never taken.
QUIET = "".join(f"// verilator lint_off {name}\n" for name in
                ("WIDTH", "CMPCONST", "UNSIGNED", "UNOPTFLAT", "ALWCOMBORDER", "SELRANGE", "LATCH", "CASEOVERLAP",
                 "UNUSEDSIGNAL", "BLKANDNBLK", "MULTIDRIVEN"))


def plant(folder, top, mutants, verilator):
    """Plants what the simulator takes; the numbers of the rest."""
    # What a mutant makes circular is told of any file.
    texts = {path.name: path.read_text() for path in Path(folder).glob("*.sv")}
    by_file = {name: [] for name in texts}
    for number, mutant in enumerate(mutants, 1):
        by_file[mutant["file"]].append({**mutant, "number": number})

    def errors():
        """Lines that the simulator does not take with what is planted now."""
        for name, here in by_file.items():
            for mutant in here:
                assert texts[name][mutant["start"]:mutant["end"]] == mutant["was"], f"{name} is not the text of its sites"
            (Path(folder) / name).write_text(QUIET + choices(texts[name], top, here, 0, len(texts[name])))
        checked = subprocess.run(verilator, capture_output=True, text=True)
        if checked.returncode == 0:
            return None
        return checked.stderr, {(Path(file).name, int(line) - QUIET.count("\n"))
                                for file, line in re.findall(r"^%(?:Error|Warning)[^:]*: ([^:\s]+):(\d+):", checked.stderr, re.M)}

    refused, doubtful = [], []
    while found := errors():
        said, wrong = found
        before = len(refused) + len(doubtful)
        for name, here in by_file.items():
            last = lambda m: m["line"] + m["was"].count("\n")
            for line in sorted(line for file, line in wrong if file == name):
                out = [m for m in by_file[name] if m["line"] <= line <= last(m)]
                # Of several in one line it is not told which.
                (refused if len(out) == 1 else doubtful).extend(out)
                by_file[name] = [m for m in by_file[name] if m not in out]
        if len(refused) + len(doubtful) == before:
            sys.exit(said)
    for mutant in doubtful:
        by_file[mutant["file"]].append(mutant)
        if errors():
            by_file[mutant["file"]].remove(mutant)
            refused.append(mutant)
    assert errors() is None
    return [mutant["number"] for mutant in refused]


def choices(text, top, mutants, start, end):
    """text[start:end] with every mutant in it as a choice."""
    out, at = "", start
    # The outermost first; of the same place, one inside the other.
    inside = sorted(mutants, key=lambda m: (m["start"], -m["end"]))
    while inside:
        first = inside[0]
        span = (first["start"], first["end"])
        same = [m for m in inside if (m["start"], m["end"]) == span]
        nested = [m for m in inside if m not in same and m["end"] <= span[1]]
        inside = [m for m in inside if m not in same and m not in nested]
        whole = "(" + choices(text, top, nested, *span) + ")"
        for mutant in same:
            whole = f"({top}.mutant[0] == 32'd{mutant['number']} ? ({mutant['becomes']}) : {whole})"
        out += text[at:span[0]] + whole
        at = span[1]
    return out + text[at:end]


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "sites":
        json.dump(sites(sys.argv[2]), sys.stdout, indent=0)
    elif len(sys.argv) > 5 and sys.argv[1] == "plant":
        print(json.dumps(plant(sys.argv[2], sys.argv[3], json.loads(Path(sys.argv[4]).read_text()), sys.argv[5:])))
    else:
        sys.exit(__doc__)
