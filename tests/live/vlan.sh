#!/bin/sh
# fairlead live on an interface with VLANs on it: the client and one server
# speak tagged on one wire each, the other server untagged. Frames come with
# one tag and leave with another, or with none, and the other way round; what
# is not ours reaches the VLAN's device. Skipped where the kernel has no VLAN
# devices: tests/vm has one that has.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in python3 tcpdump ping; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

cat >echo.py <<'END'
import socket, sys

s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(('::', 8081))
open('ready-' + sys.argv[1], 'w').write('ready\n')
while True:
    data, who = s.recvfrom(2000)
    s.sendto(sys.argv[1].encode(), who)
END
# ask.py ADDRESS COUNT: how many of so many ports each server answered.
cat >ask.py <<'END'
import socket, sys

names = {}
for i in range(int(sys.argv[2])):
    s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET,
                      socket.SOCK_DGRAM)
    s.settimeout(1)
    s.sendto(b'x' * 100, (sys.argv[1], 5000))
    try:
        name = s.recv(100).decode()
    except TimeoutError:
        name = 'nobody'
    names[name] = names.get(name, 0) + 1
    s.close()
print(*(f'{name} {count}' for name, count in sorted(names.items())))
END
two_pools >lb.yaml
cat >>lb.yaml <<'END'
rules:
  - { name: udp4, frontend: four, pool: pool4, protocol: udp, frontend_port: 5000, backend_port: 8081 }
  - { name: udp6, frontend: six, pool: pool6, protocol: udp, frontend_port: 5000, backend_port: 8081 }
END

# tag NAMESPACE DEVICE ID N HOST: its addresses move to a VLAN on it. The tag
# is put into the frame and not beside it, which XDP does not see.
tag() {
	try ip -n "$tag-$1" addr flush dev "$2"
	try ip -n "$tag-$1" link add link "$2" name "v$3" type vlan id "$3" ||
	    skip "no VLAN devices here"
	ip -n "$tag-$1" addr add "10.77.$4.$5/24" dev "v$3"
	ip -n "$tag-$1" addr add "fd77:$4::$5/64" dev "v$3" nodad
	ip -n "$tag-$1" link set "v$3" up
	try in_ns "$1" ethtool -K "$2" txvlan off >/dev/null
}

network
tag client eth0 10 1 2
tag balancer c0 10 1 1
tag s1 eth0 20 2 2
tag balancer b1 20 2 1
for end in client:1:v10 s1:2:v20; do
	IFS=: read -r name n device <<-END
		$end
	END
	ip -n "$tag-$name" route replace default via "10.77.$n.1"
	ip -n "$tag-$name" -6 route replace default via "fd77:$n::1" dev "$device"
done
for s in s1 s2; do
	in_background $s python3 echo.py $s
	wait_for ready-$s ready
done

try in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >dry || :
cat dry
! grep -q 'not among the interfaces' dry || fail "a VLAN is not known as b1's"

for mode in native generic; do
	echo "== $mode"
	in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" \
	    --control "$dir/ctl" --mode $mode 2>live.log
	live=$pid
	wait_for live.log '"event":"forwarding"'
	sleep 1.5 # members are found
	in_background s1 tcpdump -i eth0 -n -e -l -U -w "s1-$mode.pcap" \
	    'udp or vlan' 2>"dump-$mode"
	dump=$pid
	wait_for "dump-$mode" listening
	for address in 10.77.0.10 fd77::10; do
		got=$(try in_ns client python3 ask.py $address 40)
		echo "$got"
		case $got in
		*nobody*) fail "$mode $address: $got" ;;
		"s1 "*" s2 "*) ;;
		*) fail "$mode $address: not both servers: $got" ;;
		esac
	done
	"$FAIRLEAD" ctl status --control "$dir/ctl" | grep '^packets' | tee packets
	# Asked and answered 80 times; the kernel has only who is not known yet.
	awk '{ exit !($3 + 0 >= 150) }' packets ||
	    fail "$mode: the kernel forwarded them"
	try in_ns client ping -c 2 -W 2 10.77.1.1 >/dev/null ||
	    fail "$mode: what is not ours does not reach the VLAN"
	kill "$dump"
	wait "$dump" || :
	tcpdump -r "s1-$mode.pcap" -n -e 'vlan 20 and udp port 8081' 2>/dev/null |
	    grep -q 'vlan 20' || fail "$mode: no tag on s1's wire"
	kill "$live"
	wait "$live" || :
	tail -n 1 live.log
	try in_ns balancer "$FAIRLEAD" live --detach --pin-name "$pin"
done
exit $failed
