"""A design as slang reads it: what it says, and nothing where it finds nothing.

    python slang.py ARGUMENT...      as of the program slang, in the folder of the design
"""

import sys

from pyslang.driver import Driver

driver = Driver()
driver.addStandardArgs()
quiet = driver.parseCommandLine(" ".join(["slang", *sys.argv[1:]]))
quiet = quiet and driver.processOptions() and driver.parseAllSources()
if not quiet:
    sys.exit("slang: the design could not be read")
compilation = driver.createCompilation()
driver.reportCompilation(compilation, True)
driver.runAnalysis(compilation)
fine = driver.reportDiagnostics(True)
engine = driver.diagEngine
if not fine or engine.numErrors + engine.numWarnings > 0:
    sys.exit(f"slang: {engine.numErrors} errors, {engine.numWarnings} warnings")
