#!/bin/sh
# Does this kernel's verifier take every program that is loaded in production?
# Nothing is forwarded; a minute on an emulated machine (make check-vm), where
# the other tests take many.
set -eu
# shellcheck disable=SC2034 # for the fixture
servers=s1
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
cd "$dir"

cat >nat.yaml <<'END'
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: 10.77.0.10 }
  - { name: six, address: "fd77::10" }
pools:
  - { name: pool4, members: [{ name: s1, address: 10.77.2.2 }] }
  - { name: pool6, members: [{ name: s1, address: "fd77:2::2" }] }
rules:
  - { name: udp4, frontend: four, pool: pool4, protocol: udp, frontend_port: 5000, backend_port: 5000 }
  - { name: tcp6, frontend: six, pool: pool6, protocol: tcp, frontend_port: 80, backend_port: 80 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0] }
END
sed 's/mode: nat/mode: l2dsr/' nat.yaml >l2dsr.yaml
# A capture of nothing.
printf '\324\303\262\241\2\0\4\0\0\0\0\0\0\0\0\0\0\0\1\0\1\0\0\0' >empty.pcap

network
uname -r

echo "== forward.bpf.o"
for mode in nat l2dsr; do
	in_ns balancer "$FAIRLEAD" live -c $mode.yaml --pin-name "$pin" \
	    --dry-run >dry 2>&1 || {
		grep -q 'not permitted' dry && skip "BPF is not permitted here"
		fail "$mode: $(cat dry)"
	}
done

# starts OPTION...: it attaches, and goes again
starts() {
	in_background balancer "$FAIRLEAD" live -c nat.yaml --pin-name "$pin" \
	    "$@" 2>live.log
	wait_for live.log '"event":"forwarding"' 60
	grep '"event":"attached"' live.log || fail "$*: $(cat live.log)"
	kill "$pid"
	wait "$pid" || :
	"$FAIRLEAD" live --detach --pin-name "$pin" >/dev/null
}
for mode in native generic; do
	echo "== attached, $mode"
	starts --mode $mode
done
if grep -q 'no program extensions\|without libxdp' dry; then
	echo "== beside.bpf.o: not here"
else
	echo "== beside.bpf.o, and forward.bpf.o to be called"
	starts --beside
	grep -q '"by":"dispatcher"' live.log || fail "$(cat live.log)"
fi

echo "== referee.bpf.o"
"$FAIRLEAD" verify -q -c nat.yaml empty.pcap >verified 2>&1 ||
    fail "verify: $(cat verified)"
exit $failed
