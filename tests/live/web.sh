#!/bin/sh
# A pool of nginx behind fairlead live: a member is killed under load, and only
# what was on it breaks; TLS passes untouched, down to the member's own
# certificate. Over IPv4 and IPv6.
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
for tool in nginx openssl curl python3 tcpdump; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
cd "$dir"

four=10.77.0.10
six=fd77::10
interval=200

cat >lb.yaml <<END
load_balancer: { sku: fairlead }
frontends:
  - { name: four, address: $four }
  - { name: six, address: "$six" }
pools:
  - name: web4
    members:
      - { name: s1, address: 10.77.2.2 }
      - { name: s2, address: 10.77.3.2 }
  - name: web6
    members:
      - { name: s1, address: "fd77:2::2" }
      - { name: s2, address: "fd77:3::2" }
probes:
  - { name: page, protocol: http, port: 8080, request_path: /, interval: ${interval}ms, probe_threshold: 2 }
rules:
  - { name: http4, frontend: four, pool: web4, probe: page, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: http6, frontend: six, pool: web6, probe: page, protocol: tcp, frontend_port: 80, backend_port: 8080 }
  - { name: https4, frontend: four, pool: web4, probe: page, protocol: tcp, frontend_port: 443, backend_port: 8443 }
  - { name: https6, frontend: six, pool: web6, probe: page, protocol: tcp, frontend_port: 443, backend_port: 8443 }
connection_table: { entries: 10000 }
forwarding: { mode: nat, interfaces: [c0, b1, b2] }
END

# --- who plays ----------------------------------------------------------------

# web NAME: nginx there, in the foreground; its pid is in $pid
web() {
	mkdir -p "$1"
	test -f "$1/cert.pem" ||
	    openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
	    -subj "/CN=$1" -addext subjectAltName=DNS:pool \
	    -keyout "$1/key.pem" -out "$1/cert.pem" 2>/dev/null
	cat >"$1/nginx.conf" <<END
user root;
worker_processes 1;
pid nginx.pid;
error_log error.log;
events { worker_connections 1000; }
http {
	access_log off;
	keepalive_requests 1000000;
	keepalive_timeout 600;
	server {
		listen [::]:8080 ipv6only=off;
		listen [::]:8443 ssl ipv6only=off;
		ssl_certificate cert.pem;
		ssl_certificate_key key.pem;
		location / { return 200 "$1\n"; }
	}
}
END
	echo "+ $1: nginx" >&2
	in_background "$1" nginx -p "$dir/$1" -c nginx.conf -e error.log \
	    -g 'daemon off;'
	left=50
	until in_ns "$1" curl -s -m 1 -o "$1/page" http://127.0.0.1:8080/; do
		left=$((left - 1))
		test $left -gt 0 || {
			fail "$1: nginx does not answer"
			return 0
		}
		sleep 0.1
	done
}

# load.py: 30 connections of each family, asked again and again; new ones all
# the while. Tells in the end, by member: what broke on a connection that was
# open, and what became of new ones before and after the file "noticed".
cat >load.py <<'END'
import collections, http.client, os, threading, time

held = collections.Counter()
broke = collections.Counter()
asked = collections.Counter()
new = collections.Counter()
lock = threading.Lock()
ready = threading.Barrier(61)

def connection(address):
    return http.client.HTTPConnection(address, 80, timeout=5)

def ask(c):
    c.request('GET', '/')
    c.auto_open = 0
    return c.getresponse().read().decode().strip()

def hold(address):
    c = connection(address)
    name = ask(c)
    with lock:
        held[name] += 1
    ready.wait()
    try:
        while not os.path.exists('stop'):
            assert ask(c) == name, 'another member answers'
            with lock:
                asked[name] += 1
            time.sleep(0.05)
    except (OSError, http.client.HTTPException):
        with lock:
            broke[name] += 1

def come_and_go(address):
    while not os.path.exists('stop'):
        when = 'after' if os.path.exists('noticed') else 'before'
        when = 'again' if os.path.exists('returned') else when
        try:
            c = connection(address)
            what = ask(c)
            c.close()
        except (OSError, http.client.HTTPException) as e:
            what = type(e).__name__
        with lock:
            new[when, what] += 1
        time.sleep(0.01)

addresses = '10.77.0.10', 'fd77::10'
threads = [threading.Thread(target=hold, args=(a,)) for a in addresses * 30]
threads += [threading.Thread(target=come_and_go, args=(a,)) for a in addresses]
for t in threads:
    t.start()
ready.wait()
open('ready', 'w').close()
for t in threads:
    t.join()
for name in sorted(held):
    print(f'{held[name]} connections to {name} asked {asked[name]} times:'
          f' {broke[name]} broke')
for (when, what), n in sorted(new.items()):
    print(f'{n} new connections {when}: {what}')
assert broke['s1'] == held['s1'] > 0, 'nginx of s1 was not killed'
assert broke['s2'] == 0 < held['s2'], 'connections of s2 broke'
assert not [w for t, w in new if t != 'before' and w not in ('s1', 's2')], \
    'new connections failed after s1 was known to be dead'
assert not new['after', 's1'] and new['again', 's1'], 'who answers?'
END

# --- what is seen -------------------------------------------------------------

network
web s2
web s1
nginx=$pid
balance
sleep 1 # members are known

echo "== TLS passes untouched"
watch
for s in s1 s2; do
	openssl x509 -in $s/cert.pem -noout -fingerprint -sha256 >$s/print
	sed "s/^/$s /" $s/print >>prints
	cat $s/cert.pem >>both.pem
done
for address in $four "[$six]"; do
	echo "+ client: openssl s_client -connect $address:443 (16 times)"
	: >seen
	i=0
	while test $i -lt 16; do
		in_ns client openssl s_client -connect "$address:443" \
		    </dev/null 2>/dev/null |
		    openssl x509 -noout -fingerprint -sha256 >>seen
		i=$((i + 1))
	done
	sort seen | uniq -c | while read -r n print; do
		echo "$n times the certificate of" \
		    "$(sed -n "s/ $print//p" prints)"
	done
	sort -u seen >seen.once
	cat s1/print s2/print | sort | cmp -s - seen.once ||
	    fail "certificates are not the members': $(cat seen.once)"
	try in_ns client curl -sS -m 5 --cacert both.pem \
	    --resolve "pool:443:$address" https://pool/ ||
	    fail "curl does not like TLS"
done
unwatch
same_as_simulated lb.yaml "$key"

echo "== a member is killed under load"
watch
in_background client python3 load.py >load.out 2>&1
load=$pid
left=100
until test -e ready; do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "no load: $(cat load.out)"
		break
	}
	sleep 0.1
done
unwatch
same_as_simulated lb.yaml "$key"
mark=$(wc -l <live.log)
workers=$(pgrep -P "$nginx" | tr '\n' ' ')
echo "+ s1: kill -9 nginx"
# shellcheck disable=SC2086 # a word each
kill -9 "$nginx" $workers
known s1 down "$mark"
sleep 0.2 # who is on its way already
: >noticed
sleep 1
mark=$(wc -l <live.log)
: >returned
web s1
known s1 up "$mark"
sleep 1
: >stop
wait "$load" || fail "under load"
cat load.out
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
exit $failed
