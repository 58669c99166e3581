#!/bin/sh
# What the pages say where members' own connections, or inbound NAT rules, are
# the news, or all there was.
set -eu
. "${SRC:?names the source tree}/tests/e2e/expect.sh"

scenarios=$SRC/sim/scenarios

has() { # FILE TEXT...: all of them, in that file
	of=$1
	shift
	for text; do
		grep -qF "$text" "$of" || fail "$of does not say: $text"
	done
}

lacks() {
	! grep -qF "$2" "$1" || fail "$1 says: $2"
}

narrow=$(printf '\342\200\257')

echo "== exhaustion is the headline"
expect 0 sim -q -s "$scenarios/snat-exhaustion.yaml" -o exhausted
grep '<h1>' exhausted/report.html | sed 's/<[^>]*>//g' >h1
has h1 "2 of 2 members ran out of SNAT ports, worst web-2" \
    "its 1${narrow}024 were used up after 3.56" \
    "attempts towards 198.51.100.20:443 failed (" "at least 1${narrow}280"
has exhausted/report.html 'What clients saw' 'id="snat-ports"'
lacks exhausted/report.html 'What the failures did'
test -s exhausted/balance.png || fail "no picture of the balance"

echo "== nothing but members' own connections"
cp "$scenarios/snat-exhaustion.lb.yaml" .
cat >out.yaml <<'END'
config: snat-exhaustion.lb.yaml
seed: 7
duration: 2m
traffic:
  - { profile: web, from_pool: web, server: 198.51.100.20, port: 443, rate: 3/s }
faults:
  - { at: 1m, member: web-2, state: crashed }
assertions:
  - { metric: snat_blocking, at_most: 0.1% }
  - { metric: snat_peak_share, at_most: 75% }
END
expect 0 sim -q -s out.yaml -o outbound
has out "PASS  snat_blocking(configured) <= 0.001: 0" \
    "PASS  snat_peak_share(configured) <= 0.75: 0."
has outbound/report.html 'No attempt failed: ' 'What the failures did' \
    'web-2 crashed' 'charts/response.svg' 'charts/snat.svg'
lacks outbound/report.html balance.png
test ! -e outbound/balance.png || fail "an empty picture is written"
for file in $(sed -n 's/.*href="\([a-z][^"#:]*\)".*/\1/p' outbound/report.html |
    tr ' ' '\n' | sort -u); do
	test -s "outbound/$file" || fail "the page names $file, which is not there"
done
expect 1 sim -q -s out.yaml --no-report --assert 'snat_peak_ports() <= 10' \
    --assert 'hairpin_failures() == 0'
has out "FAIL  snat_peak_ports(configured) <= 10: " \
    "PASS  hairpin_failures(configured) == 0: 0"

echo "== bursts are not Erlang's"
sed -e 's/rate: 3\/s/rate: 3\/s, arrivals: bursts/' -e '/^faults/,$d' out.yaml \
    >bursts.yaml
expect 0 sim -q -s bursts.yaml -o bursts
lacks out Erlang
expect 0 sweep -q -s bursts.yaml --no-report --vary pool.size=1,2
lacks out Erlang
lacks out Jain
has out "ports were in use"

echo "== inbound NAT rules"
cat >nat.lb.yaml <<'END'
load_balancer: { sku: standard }
frontends: [ { name: pub, address: 203.0.113.10 } ]
pools:
  - name: web
    members:
END
echo "config: nat.lb.yaml
duration: 5s
traffic:" >nat.yaml
for i in $(seq 1 25); do
	echo "      - { name: vm-$i, address: 10.0.1.$i }" >>nat.lb.yaml
	echo "  - { profile: web, rule: ssh, port: $((2200 + i)), rate: 5/s }" \
	    >>nat.yaml
done
cat >>nat.lb.yaml <<'END'
nat_rules:
  - { name: ssh, frontend: pub, protocol: tcp, frontend_ports: 2201-2250,
      backend_port: 22, pool: web }
END
expect 0 sim -q -s nat.yaml -o nat
has out "and 5 more of 25; summary.json (--json) has all"
has nat/report.html 'id="nat-rules-each"' 'ssh/vm-25'
test "$(grep -c '<bdi>ssh/vm-' nat/report.html)" -ge 25 ||
    grep -o '<bdi>ssh/vm-[0-9]*<' nat/report.html | sort -u | wc -l |
    grep -qx 25 || fail "not all NAT rules are in the page"
if command -v pdftotext >/dev/null; then
	pdftotext -layout nat/report.pdf nat.txt
	has nat.txt "Inbound NAT rules" ssh/vm-1 ssh/vm-25
fi
