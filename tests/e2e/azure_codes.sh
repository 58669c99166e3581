#!/bin/sh
# Load balancers that Azure refuses, as REST bodies: fairlead import takes them,
# and fairlead check names the error that Azure would (AZ 3.1, 4.3, 5.3, 5.4,
# 13.10), or says what is wrong where Azure's code is not known.
set -eu
: "${FAIRLEAD:?}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
command -v python3 >/dev/null || {
	echo "skipped: there is no python3"
	exit 77
}
cd "$tmp"

# cases.py: CASE.json and CASE.want for each
cat >cases.py <<'END'
import json

ID = '/subscriptions/x/resourceGroups/r/providers/Microsoft.Network/loadBalancers/lb/'
FRONTENDS = {'f': '198.51.100.10', 'g': '198.51.100.11', 'i': '10.0.0.10'}


def to(kind, name):
    return {'id': f'{ID}{kind}/{name}'}


def rule(name, frontend, port, **more):
    return {'name': name, 'properties': {
        'frontendIPConfiguration': to('frontendIPConfigurations', frontend),
        'backendAddressPool': to('backendAddressPools', 'p'),
        'protocol': 'Tcp', 'frontendPort': port, 'backendPort': port,
        'idleTimeoutInMinutes': 4, 'disableOutboundSnat': True, **more}}


def out(name, frontend, ports, **more):
    return {'name': name, 'properties': {
        'frontendIPConfigurations': [to('frontendIPConfigurations', frontend)],
        'backendAddressPool': to('backendAddressPools', 'p'),
        'protocol': 'All', 'allocatedOutboundPorts': ports,
        'idleTimeoutInMinutes': 4, **more}}


def body(rules=(), outbound=(), nats=()):
    return {
        'name': 'lb', 'id': ID[:-1], 'sku': {'name': 'Standard'},
        'properties': {
            'frontendIPConfigurations': [
                {'name': n, 'properties': {'privateIPAddress': a}}
                for n, a in FRONTENDS.items()],
            'backendAddressPools': [{'name': 'p', 'properties': {
                'loadBalancerBackendAddresses': [
                    {'name': f'm{i}', 'properties': {'ipAddress': f'10.0.1.{i}'}}
                    for i in range(1, 4)]}}],
            'probes': [], 'loadBalancingRules': list(rules),
            'inboundNatRules': list(nats), 'inboundNatPools': [],
            'outboundRules': list(outbound)}}


def nat(name, first, last, port):
    return {'name': name, 'properties': {
        'frontendIPConfiguration': to('frontendIPConfigurations', 'f'),
        'backendAddressPool': to('backendAddressPools', 'p'),
        'protocol': 'Tcp', 'frontendPortRangeStart': first,
        'frontendPortRangeEnd': last, 'backendPort': port}}


FLOAT = {'enableFloatingIP': True}
ANY = {'protocol': 'All'}
PORTS = 'SpecifiedAllocatedOutboundPortsForOutboundRule'
CASES = {
    'fine': ('', body([rule('a', 'f', 80), rule('b', 'g', 80, **FLOAT)],
                      [out('o', 'g', 1024)], [nat('n', 500, 502, 22)])),
    'same-backend': ('RulesUseSameBackendPortProtocolAndPool',
                     body([rule('a', 'f', 80), rule('b', 'g', 80)])),
    'same-floating': (
        'RulesUseSameBackendPortProtocolAndPoolAndFrontendIPWithFloatingIPEnabled',
        body([rule('a', 'f', 80, **FLOAT),
              rule('b', 'f', 81, backendPort=80, **FLOAT)])),
    'nat-and-rule': (
        'RulesOfSameLoadBalancerTypeUseSameBackendPortProtocolAndIPConfig',
        body([rule('a', 'f', 80)], [], [nat('n', 500, 502, 80)])),
    'too-many-rules': ('LoadBalancerRuleCountLimitReachedForNic',
                       body([rule(f'r{n}', 'f', n) for n in range(1, 302)])),
    'not-eights': (PORTS + 'IsNotAMultipleOfEight', body([], [out('o', 'f', 1001)])),
    'too-many-ports': (PORTS + 'ExceedsTotalNumberOfAllowedPortsPerRule',
                       body([], [out('o', 'f', 64008)])),
    'no-room': (PORTS + 'ExceedsTotalNumberOfAvailablePorts',
                body([], [out('o', 'f', 32000)])),
    'frontend-twice': (
        'MoreThanOneOutboundRuleUsingSameFrontendIPConfigurationAndProtocolIs'
        'NotSupported', body([], [out('o', 'f', 8), out('q', 'f', 8)])),
    'lets-out-twice': (
        'LoadBalancingRuleMustDisableSNATSinceSameFrontendIPConfigurationIs'
        'ReferencedByOutboundRule',
        body([rule('a', 'f', 80, disableOutboundSnat=False)],
             [out('o', 'f', 8)])),
    'public-ha': ('internal frontends only', body([rule('a', 'f', 0, **ANY)])),
    'idle-3': ('4m to 100m', body([rule('a', 'f', 80, idleTimeoutInMinutes=3)])),
    'idle-101': ('4m to 100m',
                 body([rule('a', 'f', 80, idleTimeoutInMinutes=101)])),
    'outbound-121': ('4m to 120m',
                     body([], [out('o', 'f', 8, idleTimeoutInMinutes=121)])),
    'range-full': ('make the range larger', body([], [], [nat('n', 500, 501, 22)])),
}
for name, (want, document) in CASES.items():
    json.dump(document, open(name + '.json', 'w'))
    open(name + '.want', 'w').write(want)
END
python3 cases.py

status=0
for document in *.json; do
	name=${document%.json}
	want=$(cat "$name.want")
	"$FAIRLEAD" import "$document" >"$name.yaml" 2>err || test $? = 4 || {
		echo "FAIL: $name is not imported: $(cat err)"
		status=1
		continue
	}
	got=0
	"$FAIRLEAD" check -c "$name.yaml" >out 2>&1 || got=$?
	if test -z "$want"; then
		test "$got" = 0 || {
			echo "FAIL: $name: exit $got: $(cat out)"
			status=1
		}
	elif test "$got" != 2 || ! grep -q -e "\[$want\]" -e " $want" out; then
		echo "FAIL: $name: exit $got, not a word of $want: $(head -n 3 out)"
		status=1
	else
		echo "$name: $(grep -m 1 -e "\[$want\]" -e " $want" out)"
	fi
done
exit $status
