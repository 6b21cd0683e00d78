"""The changes of a signal in an FST waveform: one `time value` a line, value in binary digits.

    python fst.py FILE.fst SCOPE.SIGNAL
"""

import sys

import pylibfst


def main(path, wanted):
    fst = pylibfst.lib.fstReaderOpen(path.encode())
    if fst == pylibfst.ffi.NULL:
        sys.exit(f"{path}: expected an FST waveform")
    _, signals = pylibfst.get_scopes_signals2(fst)
    found = [s for name, s in signals.by_name.items() if name.split(" ")[0] == wanted]
    if len(found) != 1:
        sys.exit(f"{path}: expected one {wanted}, found {len(found)} among {len(signals.by_name)} signals")
    lib = pylibfst.lib
    lib.fstReaderClrFacProcessMaskAll(fst)
    lib.fstReaderSetFacProcessMask(fst, found[0].handle)

    def change(_data, time, _handle, value):
        print(time, pylibfst.string(value))

    pylibfst.fstReaderIterBlocks(fst, change)
    print("end", lib.fstReaderGetEndTime(fst))
    lib.fstReaderClose(fst)


main(*sys.argv[1:])
