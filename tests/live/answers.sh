#!/bin/sh
# What fairlead live says itself, in network namespaces: echoes to a frontend,
# Time Exceeded on the way through it, and how big a packet may be; as the
# client's and the members' own kernels understand it.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v python3 >/dev/null || skip "there is no python3"
cd "$dir"

# --- who asks ----------------------------------------------------------------

# echo.py ADDRESS BYTES [TTL]: what comes back to an echo request with so many
# bytes behind its header: "reply ADDRESS TTL", "error TYPE CODE ADDRESS", or
# "silence".
cat >echo.py <<'END'
import os, select, socket, struct, sys, time

address, count = sys.argv[1], int(sys.argv[2])
six = ':' in address
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET,
                  socket.SOCK_RAW, 58 if six else 1)
ident = os.getpid() & 0xffff
data = bytes(i & 0xff for i in range(count))

def checksum(b):
    if len(b) % 2:
        b += b'\0'
    total = sum(struct.unpack(f'!{len(b) // 2}H', b))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

head = struct.pack('!BBHHH', 128 if six else 8, 0, 0, ident, 1)
if not six:
    head = struct.pack('!BBHHH', 8, 0, checksum(head + data), ident, 1)
if six:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
s.sendto(head + data, (address, 0))
end = time.time() + 1
while time.time() < end and select.select([s], [], [], end - time.time())[0]:
    got, control, _, who = s.recvmsg(2000, 200)
    if six:
        ttl = struct.unpack('i', control[0][2])[0]
    else:
        ttl, got = got[8], got[(got[0] & 15) * 4:]
    kind, code = got[0], got[1]
    if kind == (129 if six else 0) and got[4:6] == head[4:6]:
        assert got[8:] == data, 'other data'
        print('reply', who[0], ttl)
        break
    if kind in ((1, 3) if six else (3, 11)):
        quoted = got[8:]
        quoted = quoted[40:] if six else quoted[(quoted[0] & 15) * 4:]
        if quoted[4:6] == head[4:6]:
            print('error', kind, code, who[0])
            break
else:
    print('silence')
END

# reach.py tcp|udp ADDRESS PORT HOPS: where a packet with that hop limit ends:
# "ended ADDRESS TYPE CODE", as the socket's error queue has it; or "there".
cat >reach.py <<'END'
import errno, select, socket, struct, sys, time

proto, address, port, ttl = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
six = ':' in address
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET,
                  socket.SOCK_STREAM if proto == 'tcp' else socket.SOCK_DGRAM)
level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
s.setsockopt(level, socket.IPV6_UNICAST_HOPS if six else socket.IP_TTL, ttl)
s.setsockopt(level, 25 if six else 11, 1)  # RECVERR
s.setblocking(False)
end = time.time() + 3
if proto == 'tcp':
    try:
        s.connect((address, port))
    except BlockingIOError:
        pass
else:
    s.connect((address, port))
    s.send(b'hello')
poll = select.poll()
poll.register(s, select.POLLERR | select.POLLIN | (select.POLLOUT if proto == 'tcp' else 0))
while time.time() < end:
    for _, event in poll.poll(200):
        if event & select.POLLERR:
            try:
                _, control, _, _ = s.recvmsg(2000, 500, socket.MSG_ERRQUEUE)
            except OSError:
                continue
            err = control[0][2]
            _, origin, kind, code = struct.unpack('IBBB', err[:7])
            family = struct.unpack('H', err[16:18])[0]
            who = (socket.inet_ntop(socket.AF_INET6, err[24:40])
                   if family == socket.AF_INET6 else
                   socket.inet_ntop(socket.AF_INET, err[20:24]))
            print('ended', who, kind, code)
            sys.exit()
        if event & (select.POLLIN | select.POLLOUT):
            print('there')
            sys.exit()
print('silence')
END

# sink.py: TCP on 8080 that takes as many bytes as the first line says and sends
# as many; UDP on 8081 that says how long the datagram was.
cat >sink.py <<'END'
import socket, threading

def serve(c):
    want, got = b'', 0
    while not want.endswith(b'\n'):
        byte = c.recv(1)
        if not byte:
            return c.close()  # a probe
        want += byte
    up, down = map(int, want.split())
    while got < up:
        data = c.recv(65536)
        if not data:
            return c.close()
        got += len(data)
    c.sendall(b'x' * down)
    c.close()

def tcp():
    l = socket.create_server(('::', 8080), family=socket.AF_INET6,
                             dualstack_ipv6=True)
    while True:
        threading.Thread(target=serve, args=(l.accept()[0],), daemon=True).start()

threading.Thread(target=tcp, daemon=True).start()
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(('::', 8081))
print('ready', flush=True)
while True:
    data, who = s.recvfrom(65536)
    s.sendto(b'%d' % len(data), who)
END

# bulk.py ADDRESS UP DOWN: so many bytes there and back over one connection.
cat >bulk.py <<'END'
import socket, sys

up, down = int(sys.argv[2]), int(sys.argv[3])
s = socket.create_connection((sys.argv[1], 80), timeout=5)
s.settimeout(10)
s.sendall(b'%d %d\n' % (up, down) + b'x' * up)
got = 0
while True:
    data = s.recv(65536)
    if not data:
        break
    got += len(data)
assert got == down, f'{got} of {down} bytes came back'
print('all', up, down)
END

cat >lb.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: 10.77.0.10 }
  - { name: six, address: "fd77::10" }
  - { name: bare, address: 10.77.0.11 }
pools:
  - name: pool4
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
  - name: pool6
    members:
      - { name: s1, address: "fd77:2::2" }
      - { name: s2, address: "fd77:3::2" }
probes:
  - { name: alive, protocol: tcp, port: 8080, interval: 500ms, probe_threshold: 1 }
rules:
  - { name: web4, frontend: four, pool: pool4, protocol: tcp, frontend_port: 80, backend_port: 8080, probe: alive }
  - { name: web6, frontend: six, pool: pool6, protocol: tcp, frontend_port: 80, backend_port: 8080, probe: alive }
  - { name: udp4, frontend: four, pool: pool4, protocol: udp, frontend_port: 5000, backend_port: 8081, probe: alive }
  - { name: udp6, frontend: six, pool: pool6, protocol: udp, frontend_port: 5000, backend_port: 8081, probe: alive }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END

# says WHAT EXPECTED COMMAND...: its output
says() {
	what=$1
	expected=$2
	shift 2
	echo "+ $*" >&2
	"$@" >out 2>err || :
	test "$(cat out)" = "$expected" ||
	    fail "$what: '$(cat out)', not '$expected'; $(tail -n 1 err)"
}

echo_to() {
	in_ns client python3 echo.py "$@"
}

# --- it talks ----------------------------------------------------------------

network
serving=
for s in s1 s2; do
	in_background $s python3 sink.py >$s.out
	serving="$serving $pid"
	wait_for $s.out ready
done
in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" 2>live.log
wait_for live.log '"event":"\(forwarding\|attach\|load\)"'
grep -q 'not permitted' live.log && skip "BPF is not permitted here"
left=10
until in_ns client python3 bulk.py 10.77.0.10 1 1 >out 2>err &&
    in_ns client python3 bulk.py fd77::10 1 1 >out 2>err; do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "nobody comes up: $(tail -n 1 err)"
		break
	}
	sleep 0.1
done

echo "== echoes"
says "echo" "reply 10.77.0.10 64" echo_to 10.77.0.10 56
says "no data" "reply 10.77.0.10 64" echo_to 10.77.0.10 0
says "an odd length" "reply 10.77.0.10 64" echo_to 10.77.0.10 31
says "65 bytes" "silence" echo_to 10.77.0.10 57
says "IPv6" "reply fd77::10 64" echo_to fd77::10 56
says "IPv6, 65 bytes" "silence" echo_to fd77::10 57
says "no rule" "silence" echo_to 10.77.0.11 56
says "the balancer's own" "reply 10.77.1.1 64" echo_to 10.77.1.1 1000
if command -v ping >/dev/null; then
	try in_ns client ping -c 3 -i 0.2 -W 2 10.77.0.10 >out 2>&1 ||
	    fail "ping: $(cat out)"
fi

echo "== where hop limits end"
for address in 10.77.0.10 fd77::10; do
	case $address in
	*:*) first="ended fd77:1::1 3 0" ;;
	*) first="ended 10.77.1.1 11 0" ;;
	esac
	for what in "tcp 80" "udp 5000"; do
		# shellcheck disable=SC2086 # two words
		set -- $what
		says "$1, one hop" "$first" in_ns client python3 reach.py \
		    "$1" $address "$2" 1
		says "$1, two hops" there in_ns client python3 reach.py \
		    "$1" $address "$2" 2
	done
done

echo "== how big a packet may be"
# learnt NAMESPACE ADDRESS MTU: does its kernel know of that way?
learnt() {
	ip -n "$tag-$1" route get "$2" | grep -q "mtu $3"
}

for link in b1 b2; do
	try ip -n "$tag-balancer" link set $link mtu 1400
done
sleep 0.5
for address in 10.77.0.10 fd77::10; do
	says "$address, up" "all 300000 10" in_ns client python3 bulk.py \
	    $address 300000 10
	learnt client $address 1400 || fail "$address: the client did not learn"
done
for link in b1 b2; do
	try ip -n "$tag-balancer" link set $link mtu 1500
done
try ip -n "$tag-balancer" link set c0 mtu 1380
sleep 0.5
for address in 10.77.0.10 fd77::10; do
	says "$address, down" "all 10 300000" in_ns client python3 bulk.py \
	    $address 10 300000
	case $address in
	*:*) client=fd77:1::2 ;;
	*) client=10.77.1.2 ;;
	esac
	learnt s1 $client 1380 || learnt s2 $client 1380 ||
	    fail "$address: no member learnt"
done
try ip -n "$tag-balancer" link set c0 mtu 1500

echo "== nobody is up"
# shellcheck disable=SC2086 # two words
try kill $serving
left=100
until echo_to 10.77.0.10 56 >out && grep -q error out &&
    echo_to fd77::10 56 >out && grep -q error out; do
	left=$((left - 1))
	test $left -gt 0 || break
	sleep 0.1
done
says "IPv4" "error 3 1 10.77.0.10" echo_to 10.77.0.10 56
says "IPv6" "error 1 3 fd77::10" echo_to fd77::10 56
exit $failed
