#!/bin/sh
# Every event that live/ logs has its line in fairlead-live(8), section LOG, and
# no other has: names are read from the calls of live_log(), refuse() and warn_if().
set -eu
: "${SRC:?names the source tree}"
command -v python3 >/dev/null || { echo "skipped: there is no python3"; exit 77; }
python3 - "$SRC" <<'END'
import glob, re, sys

src = sys.argv[1]
manual = open(src + '/doc/fairlead-live.8').read()
section = manual.split('.Sh LOG\n')[1].split('.Sh ')[0]
told = {name for line in re.findall(r'^\.It Cm (.*)$', section, re.M)
        for name in line.split(' , ')}

logged = set()
for path in glob.glob(src + '/live/**/*.c', recursive=True):
    text = open(path).read()
    if path.endswith('/azure_events.c'):
        logged |= set(re.findall(r'= { "(\w+)",', text))
    for call in re.findall(r'\blive_log\(([^;]*?)"s:', text, re.S):
        logged |= set(re.findall(r'"([^"]+)"', call))
    if 'lb_snat_event_name(' in text:
        logged |= set(re.findall(r'\[LB_SNAT_\w+\] = "(\w+)"',
                                 open(src + '/model/tables/snat_gauges.c').read()))
    logged |= set(re.findall(
        r'\b(?:refuse|warn_if)\(\s*"([^"%]+)",(?=[^;]*;)', text)
        if path.endswith(('/run.c', '/reload.c')) else [])

print(len(logged), 'events')
for name in sorted(logged - told):
    print('FAIL:', name, 'is logged and not in fairlead-live.8, section LOG')
for name in sorted(told - logged):
    print('FAIL:', name, 'is in fairlead-live.8 and never logged')
sys.exit(logged != told or len(logged) < 20)
END
