#!/bin/sh
# How long fairlead live takes to notice a member's fault and to send its flows
# elsewhere, beside what the simulator and the closed form (AZ 2.4) say of the
# same configuration, as a table. 20 members by each kind of fault, all at once
# and each at a moment of its own: a process killed (its kernel refuses), its
# packets dropped by nft (silence), an HTTP 503.
#
# Every detection is in the predicted interval, or at most another of the
# probe's intervals later, for the loop and the machine, or a tenth of one
# sooner: by so much a try may leave after it was due, and meet a fault that came
# in between, before it is called late. The mean of all is as near as that of so
# many drawn at random would be. A machine that let the prober miss its beat is
# excused, and said so.
#
#     tests/live/detection.sh            sku fairlead, every 200 ms
#     DETECTION=azure tests/live/detection.sh
#                                        sku standard, every 5 s, 5 members each
set -eu
# shellcheck source=tests/live/netns.sh
. "${SRC:?names the source tree}/tests/live/netns.sh"
command -v python3 >/dev/null || skip "there is no python3"
command -v nft >/dev/null || skip "there is no nft (Debian: nftables)"
cd "$dir"

sku=fairlead interval=200 each=20
if test "${DETECTION:-}" = azure; then
	sku=standard interval=5000 each=5
fi
threshold=2

# server.py NAME ADDRESS...: at each address, its name to who asks by UDP 8081,
# a handshake on TCP 8081, 200 (after SIGUSR1 503) by HTTP on 8080. With FORK=1
# each address has a process of its own, whose pids are in the file NAME.pids.
cat >server.py <<'EOF'
import os, selectors, signal, socket, sys

name, addresses = sys.argv[1], sys.argv[2:]
status = b'200 OK'

def fail(*_):
    global status
    status = b'503 Service Unavailable'

def udp(s):
    data, who = s.recvfrom(100)
    s.sendto(data[:6] + name.encode(), who)

def tcp(s):
    c, _ = s.accept()
    c.close()

def http(s):
    c, _ = s.accept()
    c.settimeout(1)
    try:
        c.recv(2000)
        c.sendall(b'HTTP/1.1 ' + status + b'\r\nContent-Length: 0\r\n\r\n')
    except OSError:
        pass
    c.close()

def serve(addresses, ready):
    signal.signal(signal.SIGUSR1, fail)
    waits = selectors.DefaultSelector()
    for a in addresses:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((a, 8081))
        waits.register(s, selectors.EVENT_READ, udp)
        for port, what in (8081, tcp), (8080, http):
            s = socket.create_server((a, port), backlog=64)
            waits.register(s, selectors.EVENT_READ, what)
    ready()
    while True:
        for key, _ in waits.select():
            key.data(key.fileobj)

def announce():
    with open(name + '.pids', 'a') as f:
        f.write(f'{os.getpid()} {addresses[0]}\n')

if os.environ.get('FORK') != '1':
    serve(addresses, announce)
for a in addresses:
    if os.fork() == 0:
        addresses = [a]
        serve(addresses, announce)
for a in addresses:
    os.wait()
EOF

# write.py: lb.yaml, sim.yaml and plan.json: who fails how. Rule i, frontend
# port 7000 + i, has a member on s1 that will fail and one on s2 that will not.
cat >write.py <<'EOF'
import json, random, sys
sku, interval, threshold, each = sys.argv[1], *map(int, sys.argv[2:])
kinds = ['refusing', 'crashed', 'http-error']
pools, rules, plan = '', '', []
for i in range(len(kinds) * each):
    kind = kinds[i // each]
    probe = 'page' if kind == 'http-error' else 'port'
    pools += (f'  - {{ name: p{i}, members: [\n'
              f'      {{ name: a{i}, address: 10.77.2.{100 + i} }},\n'
              f'      {{ name: b{i}, address: 10.77.3.{100 + i} }}] }}\n')
    rules += (f'  - {{ name: r{i}, frontend: f, pool: p{i}, probe: {probe},\n'
              f'      protocol: udp, frontend_port: {7000 + i},\n'
              f'      backend_port: 8081, table_size: 101 }}\n')
    plan.append({'index': i, 'kind': kind, 'address': f'10.77.2.{100 + i}',
                 'after': random.random() * 5 * interval / 1000})
open('lb.yaml', 'w').write(f'''load_balancer: {{ sku: {sku} }}
frontends: [{{ name: f, address: 10.77.0.10 }}]
pools:
{pools}probes:
  - {{ name: port, protocol: tcp, port: 8081, interval: {interval}ms,
      probe_threshold: {threshold} }}
  - {{ name: page, protocol: http, port: 8080, request_path: /,
      interval: {interval}ms, probe_threshold: {threshold} }}
rules:
{rules}connection_table: {{ entries: 10000 }}
forwarding: {{ mode: nat, interfaces: [c0, b1, b2] }}
''')
traffic = faults = ''
for n, kind in enumerate(kinds):
    traffic += (f'  - {{ profile: coap-devices, rule: r{n * each}, devices: 25,'
                f' addresses: 5,\n      period: {5 * interval}ms,'
                f' jitter: {interval}ms }}\n')
    faults += (f'  - {{ at: {25 * interval}ms, member: a{n * each},'
               f' state: {kind} }}\n')
open('sim.yaml', 'w').write(f'duration: {50 * interval}ms\ntraffic:\n{traffic}'
                            f'faults:\n{faults}')
json.dump(plan, open('plan.json', 'w'))
EOF

# fail.py: does what the plan says, when it says so, and when that was
cat >fail.py <<'EOF'
import json, os, signal, subprocess, sys, time
pids = dict(reversed(line.split()) for line in open('s1.pids'))
plan = sorted(json.load(open('plan.json')), key=lambda x: x['after'])
began = time.time()
for x in plan:
    time.sleep(max(0, began + x['after'] - time.time()))
    pid, before = int(pids[x['address']]), time.time()
    if x['kind'] == 'refusing':
        os.kill(pid, signal.SIGKILL)
    elif x['kind'] == 'http-error':
        os.kill(pid, signal.SIGUSR1)
    else:
        subprocess.run(['nft', 'add', 'element', 'ip', 'fl', 'dead',
                        '{ ' + x['address'] + ' }'], check=True)
    x['before'], x['at'] = before, time.time()
json.dump(plan, open('faults.json', 'w'))
EOF

# ask.py COUNT GAP: for each rule a flow that s1 answers, asked every GAP
# seconds until there is a file stop; asked.json: the first question after the
# last answer of s1 that s2 answered
cat >ask.py <<'EOF'
import json, os, selectors, socket, sys, time
count, gap = int(sys.argv[1]), float(sys.argv[2])

def flow(port):
    for _ in range(200):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(1)
        s.connect(('10.77.0.10', port))
        s.send(b'000000')
        try:
            if s.recv(100)[6:] == b's1':
                s.setblocking(False)
                return s
        except OSError:
            pass
    sys.exit(f'no flow of port {port} is answered by s1')

flows = [flow(7000 + i) for i in range(count)]
sent = [[] for _ in flows]
moved = [None] * count
waits = selectors.DefaultSelector()
for i, s in enumerate(flows):
    waits.register(s, selectors.EVENT_READ, i)
open('asking', 'w').close()
due = time.time()
while not os.path.exists('stop'):
    for key, _ in waits.select(max(0, due - time.time())):
        try:
            answer = key.fileobj.recv(100)
        except OSError:  # the dead one's kernel refuses
            continue
        if answer[6:] == b's2' and moved[key.data] is None:
            moved[key.data] = sent[key.data][int(answer[:6])]
    if time.time() < due:
        continue
    due += gap
    for i, s in enumerate(flows):
        sent[i].append(time.time())
        try:
            s.send(b'%06d' % (len(sent[i]) - 1))
        except OSError:
            pass
json.dump(moved, open('asked.json', 'w'))
EOF

# table.py INTERVAL THRESHOLD GAP: the table, and whether it is as predicted
cat >table.py <<'EOF'
import datetime, json, sys
interval, threshold, gap = (float(x) for x in sys.argv[1:])
interval /= 1000
faults = {x['index']: x for x in json.load(open('faults.json'))}
moved = json.load(open('asked.json'))
down, counts = {}, None
for line in map(json.loads, open('live.log')):
    if line['event'] == 'down':
        when = datetime.datetime.fromisoformat(line['time'].replace('Z', '+00:00'))
        for m in line['members']:
            down.setdefault(m, when.timestamp())
    if line['event'] == 'probes' and 'sent' in line:
        counts = line
sim = json.load(open('sim.json'))
drawn = sim['replications']['cases'][0]['failover']
busy = counts['missed'] > 0 or counts['late'] > counts['sent'] // 20
wrong = []

def stats(values):
    return f'{min(values):6.3f} {sum(values) / len(values):6.3f} {max(values):6.3f}'

print(f'seconds from the fault       n     min   mean    max   in [a, b]')
for case, now in zip(drawn, sim['cases'][0]['failover']):
    kind = now['fault']
    low, high = now['expected_s']['soonest'], now['expected_s']['latest']
    mine = [x for x in faults.values() if x['kind'] == kind]
    found = [down.get(f"p{x['index']}/a{x['index']}") for x in mine]
    if None in found:
        wrong.append(f'{kind}: {found.count(None)} never noticed')
        continue
    # the log has milliseconds, and nft takes a few
    took = [f - (x['before'] + x['at']) / 2 for x, f in zip(mine, found)]
    blur = [0.002 + (x['at'] - x['before']) / 2 for x in mine]
    strict = sum(low - b <= t <= high + b for t, b in zip(took, blur))
    mean, expect = sum(took) / len(took), (low + high) / 2
    error = (high - low) / (12 * len(took)) ** 0.5
    print(f'{kind:10} closed form              {low:6.3f} {expect:6.3f} {high:6.3f}')
    for what, key in ('detected', 'detected_after_s'), ('rerouted', 'rerouted_after_s'):
        s = case[key]
        print(f"           simulated {what} {s['n']:5} {s['min']:7.3f}"
              f" {s['mean']:6.3f} {s['max']:6.3f}")
    print(f'           live detected      {len(took):5}  {stats(took)}   {strict}'
          f' of {len(took)}, mean {(mean - expect) / error:+.1f} sd')
    early = [t for t, b in zip(took, blur) if t < low - b - interval / 10]
    late = [t for t, b in zip(took, blur) if t > high + b + interval]
    if early and not busy:
        wrong.append(f'{kind}: noticed too early: {early}')
    if late and not busy:
        wrong.append(f'{kind}: noticed too late: {late}')
    if abs(mean - expect) > 4 * error + interval / 8 and not busy:
        wrong.append(f'{kind}: a mean of {mean:.3f}, not {expect:.3f}')
    elsewhere = [moved[x['index']] for x in mine]
    if None in elsewhere:
        wrong.append(f'{kind}: {elsewhere.count(None)} flows never answered by s2')
        continue
    took = [m - x['at'] for m, x in zip(elsewhere, mine)]
    print(f'           live rerouted      {len(took):5}  {stats(took)}')
    # the table is swapped a moment before the log says so
    late = [m - f for m, f in zip(elsewhere, found) if m > f + 2 * gap + interval]
    if late and not busy:
        wrong.append(f'{kind}: moved long after: {late}')
print(f"{counts['sent']} probes, {counts['late']} late, {counts['missed']} missed"
      + (': the machine was too busy for a judgement' if busy else ''))
for w in wrong:
    print('FAIL:', w)
sys.exit(bool(wrong))
EOF

network
count=$((3 * each))
s1='' s2='' i=0
while test $i -lt $count; do
	s1="$s1 10.77.2.$((100 + i))" s2="$s2 10.77.3.$((100 + i))"
	ip -n "$tag-s1" addr add "10.77.2.$((100 + i))/32" dev eth0
	ip -n "$tag-s2" addr add "10.77.3.$((100 + i))/32" dev eth0
	i=$((i + 1))
done
python3 write.py $sku $interval $threshold $each
in_ns balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" --dry-run \
    >out 2>&1 || {
	grep -q 'not permitted' out && skip "BPF is not permitted here"
	fail "--dry-run: $(cat out)"
}
try in_ns s1 nft -f - <<'EOF'
table ip fl {
	set dead { type ipv4_addr; }
	chain in { type filter hook input priority 0; ip daddr @dead drop; }
}
EOF
# shellcheck disable=SC2086 # one word an address
FORK=1 in_background s1 python3 server.py s1 $s1
# shellcheck disable=SC2086
in_background s2 python3 server.py s2 $s2
left=100
until test "$(cat s1.pids s2.pids 2>/dev/null | wc -l)" = $((count + 1)); do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "the servers do not start"
		exit 1
	}
	sleep 0.1
done
while read -r each_pid _; do
	pids="$pids $each_pid"
done <s1.pids

in_background balancer "$FAIRLEAD" live -c lb.yaml --pin-name "$pin" 2>live.log
live=$pid
left=$((100 + interval / 20))
until test "$(grep -c '"event":"up"' live.log)" = $((2 * count)); do
	left=$((left - 1))
	test $left -gt 0 || {
		fail "of $((2 * count)) members $(grep -c '"event":"up"' live.log) came up"
		tail -n 3 live.log
		exit 1
	}
	sleep 0.1
done
gap=$(python3 -c "print($interval / 5000)")
in_background client python3 ask.py $count "$gap"
ask=$pid
left=300
until test -f asking; do
	left=$((left - 1))
	if test $left -eq 0 || ! kill -0 "$ask" 2>/dev/null; then
		fail "the client does not find its flows"
		exit 1
	fi
	sleep 0.1
done
try in_ns s1 python3 fail.py
left=$((50 + interval / 20))
until test "$(grep -c '"event":"down"' live.log)" -ge $count; do
	left=$((left - 1))
	test $left -gt 0 || break
	sleep 0.1
done
sleep "$(python3 -c "print(0.5 + 3 * $gap)")"
touch stop
wait "$ask" || fail "the client: exit $?"
kill "$live"
wait "$live" || fail "SIGTERM: exit $?"
try "$FAIRLEAD" sim -c lb.yaml -s sim.yaml --replications 100 --no-report \
    --json -q >sim.json || fail "sim: exit $?"
try python3 table.py $interval $threshold "$gap" || failed=1
exit $failed
