#!/bin/sh
# forwarding.mode l2dsr in network namespaces: only MAC addresses change on the
# way to a member, who has the frontend's address on its loopback and answers
# with it; hop limits stay, and the balancer makes no part of the answers.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v python3 >/dev/null || skip "there is no python3"
cd "$dir"

# server.py NAME: UDP on 8080; its name, to what address it was spoken to, and
# the hop limit that was left.
cat >server.py <<'END'
import socket, sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('0.0.0.0', 8080))
s.setsockopt(socket.IPPROTO_IP, 8, 1)   # PKTINFO
s.setsockopt(socket.IPPROTO_IP, 12, 1)  # RECVTTL
print('ready', flush=True)
while True:
    _, control, _, who = s.recvmsg(100, 200)
    for _, kind, data in control:
        if kind == 8:
            to = data[8:12]
        elif kind == 2:
            ttl = int.from_bytes(data, sys.byteorder)
    text = f'{sys.argv[1]} {socket.inet_ntoa(to)} {ttl}'.encode()
    answer = b'\0\0\0\0' + to + b'\0\0\0\0'  # from where it was spoken to
    s.sendmsg([text], [(socket.IPPROTO_IP, 8, answer)], 0, who)
END
cat >ask.py <<'END'
import socket, sys

names = set()
for i in range(40):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2)
    s.connect(('10.77.0.10', 8080))  # answers from elsewhere are not heard
    s.send(b'hello')
    names.add(s.recv(100).decode())
print(*sorted(names), sep='\n')
END
cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends: [{ name: four, address: 10.77.0.10 }]
pools:
  - name: pool
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
rules:
  - { name: udp, frontend: four, pool: pool, protocol: udp, frontend_port: 8080 }
connection_table: { entries: 1000 }
forwarding: { mode: l2dsr, interfaces: [c0, b1, b2] }
END

network
for s in s1 s2; do
	try ip -n "$tag-$s" addr add 10.77.0.10/32 dev lo
	in_background $s python3 server.py $s >$s.out
	wait_for $s.out ready
done
in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" 2>live.log
wait_for live.log '"event":"\(forwarding\|attach\|load\)"'
grep -q 'not permitted' live.log && skip "BPF is not permitted here"
# heard LINE...: what the members say, once they are found
heard() {
	left=20
	printf '%s\n' "$@" >expected
	until try in_ns client python3 ask.py >out 2>err && cmp -s out expected; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "not '$(cat out)'; $(tail -n 1 err live.log)"
			break
		}
		sleep 0.2
	done
}
heard "s1 10.77.0.10 64" "s2 10.77.0.10 64"

echo "== nobody leaves by it, and no rule would change that"
try "$FAIRLEAD" ctl --pin-name "$pin" snat >out || fail "snat: $?"
tr '\n' ' ' <out | grep 'l2dsr what members send does not pass' ||
    fail "snat: $(cat out)"

echo "== another mode, and back: the program is another one"
cp lb.yaml l2dsr.yaml
sed 's/mode: l2dsr/mode: nat/' l2dsr.yaml >lb.yaml
try "$FAIRLEAD" ctl --pin-name "$pin" reload >out || fail "reload: $(cat out)"
cat out
grep -q '^forwarding: mode l2dsr -> nat$' out || fail "it is not told"
heard "s1 10.77.2.2 63" "s2 10.77.3.2 63"
cp l2dsr.yaml lb.yaml
try "$FAIRLEAD" ctl --pin-name "$pin" reload || fail "reload: $?"
heard "s1 10.77.0.10 64" "s2 10.77.0.10 64"
sed 's/frontend_port: 8080/&, backend_port: 8081/' lb.yaml >wrong.yaml
got=0
try "$FAIRLEAD" check -c wrong.yaml >out 2>&1 || got=$?
test "$got" = 2 || fail "another backend port: exit $got"
grep -q 'l2dsr changes no ports' out || fail "another port: $(cat out)"
exit $failed
