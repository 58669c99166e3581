#!/bin/sh
# fairlead live with what it keeps of its privilege: health changes, a reload
# that loads the program anew, an interface that comes back, and TCP resets all
# still work. Started with nothing but the four capabilities that the manual
# names, by root or not, it starts; without any one of them it does not.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v python3 >/dev/null || skip "there is no python3"
command -v setpriv >/dev/null || skip "there is no setpriv"
cd "$dir"
chmod 755 "$dir"

# write_config RULES: so many
write_config() {
	cat <<'END'
load_balancer: { sku: fairlead }
frontends: [{ name: four, address: 10.77.0.10 }]
pools:
  - name: vms
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
probes:
  - { name: alive, protocol: tcp, port: 8081, interval: 200ms, probe_threshold: 1 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
rules:
  - { name: web, frontend: four, pool: vms, probe: alive, protocol: tcp,
      frontend_port: 80, backend_port: 8081, tcp_reset: true, idle_timeout: 1s }
END
	i=1
	while [ $i -lt "$1" ]; do
		echo "  - { name: r$i, frontend: four, pool: vms, probe: alive," \
		    "protocol: udp, frontend_port: $i, backend_port: $i }"
		i=$((i + 1))
	done
}

# Says its name to who connects, and holds on until he goes.
cat >server.py <<'END'
import socket, sys, threading

def hold(c):
    try:
        c.sendall(sys.argv[1].encode())
        c.recv(1)
    except ConnectionResetError:
        pass
    c.close()

t = socket.create_server(('', 8081), backlog=64)
print('ready', flush=True)
while True:
    threading.Thread(target=hold, args=(t.accept()[0],), daemon=True).start()
END
cat >ask.py <<'END'
import socket

for i in range(16):
    try:
        s = socket.create_connection(('10.77.0.10', 80), 2)
        print(s.recv(100).decode())
        s.close()
    except OSError as e:
        print(e)
END
cat >idle.py <<'END'
import socket, sys

s = socket.create_connection(('10.77.0.10', 80), 15)
s.recv(100)
try:
    sys.exit(f'read {s.recv(1)}')
except ConnectionResetError:
    pass
END

# answer NAME...: within a while all connections are answered, by just these
answer() {
	left=30
	until in_ns client python3 ask.py >answers &&
	    names=$(sort -u answers | tr '\n' ' ') && test "$names" = "$* "; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "answers are from $names, not from $*"
			return 0
		}
		sleep 0.1
	done
	echo "answers from $names"
}

network
serve() {
	in_background "$1" python3 server.py "$1" >"$1.out"
	wait_for "$1.out" ready
}
serve s2
serve s1
server1=$pid
write_config 1 >lb.yaml
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>&1 || {
	grep -q 'not permitted' out && skip "BPF is not permitted here"
	fail "--dry-run: $(cat out)"
}

# kept PID BIT...: exactly these capabilities, in every set, and no way to more
kept() {
	python3 - "$@" <<'END' || fail "more privilege than that, or less"
import sys
pid, *bits = (int(x) for x in sys.argv[1:])
mask = sum(1 << bit for bit in bits)
status = dict(line.split(':', 1) for line in open(f'/proc/{pid}/status'))
sets = {name: int(status[name], 16)
        for name in ('CapEff', 'CapPrm', 'CapBnd', 'CapInh', 'CapAmb')}
print({name: hex(value) for name, value in sets.items()})
sys.exit(sets['CapEff'] != mask or sets['CapPrm'] != mask
         or sets['CapBnd'] & ~mask or sets['CapInh'] & ~mask
         or sets['CapAmb'] & ~mask or status['NoNewPrivs'].strip() != '1')
END
}

echo "== started as root"
in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
    --control "$dir/ctl" 2>live.log
live=$pid
wait_for live.log '"event":"privilege"'
kept "$live" 2 12 38 39
answer s1 s2

echo "== health"
kill -9 "$server1"
answer s2
serve s1
answer s1 s2

echo "== a reload that loads the program anew"
write_config 1500 >lb.yaml
chown 65534 lb.yaml
chmod 600 lb.yaml # somebody's who is not root
kill -HUP "$live"
wait_for live.log '"event":"reloaded"'
wait_for live.log '"event":"adopted","interface":"b2"' # the new program
answer s1 s2

echo "== an interface that comes back"
try ip -n "$tag-balancer" link del b2
wire b2 s2 3
left=100
until test "$(grep -c '"attached","interface":"b2"' live.log)" = 2; do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "b2 is not attached again: $(tail -n 3 live.log)"
		break
	}
	sleep 0.1
done
answer s1 s2

echo "== resets"
try in_ns client python3 idle.py || fail "no reset"
kept "$live" 2 12 38 39
if grep -e '"level":"error"' live.log | grep -v NoHealthyBackends; then
	fail "there were errors"
fi
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
"$FAIRLEAD" live --detach --pin-name "$pin"

all='bpf net_admin net_raw perfmon'
write_config 1 >lb2.yaml

# with UID CAPABILITY...: starts it so, until it forwards or gave up; with a BPF
# file system of its own, where anybody may make a folder
with() {
	uid=$1
	shift
	caps=$(printf ',+%s' "$@")
	mkdir -p "run-$uid"
	chown "$uid" "run-$uid"
	: >live.log
	# shellcheck disable=SC2016 # for the shell within
	in_background balancer unshare --mount sh -c \
	    'mount -t bpf -o mode=1777 bpf /sys/fs/bpf && exec "$@"' sh \
	    setpriv --reuid "$uid" --regid "$uid" \
	    --clear-groups --inh-caps="-all$caps" --ambient-caps="-all$caps" \
	    --bounding-set="-all$caps" "$FAIRLEAD" live -c lb2.yaml \
	    --pin-name "$pin" --control "$dir/run-$uid/ctl" 2>live.log
	live=$pid
	wait_for live.log '"event":"privilege"\|"level":"error"'
}

# ended: as it was started by with()
ended() {
	kill "$live" 2>/dev/null || :
	wait "$live" || :
}

echo "== root with these four only: $all"
# shellcheck disable=SC2086 # one word each
with 0 $all
kept "$live" 12 38 39
answer s1 s2
ended

for one in $all; do
	echo "== without $one"
	# shellcheck disable=SC2046
	with 0 $(echo "$all" | sed "s/$one//")
	grep '"level":"error"' live.log || fail "it starts without $one"
	ended
done

echo "== not root"
# shellcheck disable=SC2086
with 65534 $all
kept "$live" 12 38 39
answer s1 s2
ended
exit $failed
