#!/bin/sh
# fairlead import --addresses: whose address is whose.  A NIC has several IP
# configurations, a name two NICs, a machine both families; what is chosen for
# want of a word is told.  Also which ports and which rules are told of.
set -eu
: "${SRC:?}" "${FAIRLEAD:?}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

status=0
fail() {
	echo "$*"
	status=1
}

# run CODE ARG...: stdout and stderr to $tmp, and the exit code as expected
run() {
	want=$1
	shift
	got=0
	"$FAIRLEAD" import "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	test "$got" = "$want" || fail "import $*: exit $got, not $want"
	what=$*
}

# addresses A B ...: of all members and frontends, in the order of the text
addresses() {
	sed -n 's/^ *address: *//p' "$tmp/out" | tr -d '"' |
	    sed 's/#.*/-/' | tr '\n' ' ' | sed 's/ $//' >"$tmp/have"
	test "$(cat "$tmp/have")" = "$*" ||
	    fail "import $what: addresses $(cat "$tmp/have"), not $*"
}
says() {
	grep -q -F -e "$1" "$tmp/err" ||
	    fail "import $what: not said: $1: $(cat "$tmp/err")"
}
silent() {
	! grep -q -F -e "$1" "$tmp/err" ||
	    fail "import $what: said: $1: $(cat "$tmp/err")"
}

python3 - "$tmp" <<'END_PYTHON'
import json, os, sys
os.chdir(sys.argv[1])
G = "/subscriptions/S/resourceGroups/%s/providers/Microsoft.Network/"
def nic(name, config, group="G"):
    return G % group + "networkInterfaces/%s/ipConfigurations/%s" % (name, config)
def put(name, doc):
    json.dump(doc, open(name, "w"))
def ref(kind, name):
    return {"id": G % "G" + "loadBalancers/lb/%s/%s" % (kind, name)}
def pool(name, *ids, **more):
    return dict({"name": name, "backendIPConfigurations":
        [{"id": i} for i in ids]}, **more)
def rule(name, fe, be, **more):
    return dict({"name": name, "protocol": "Udp", "frontendPort": 53,
        "backendPort": 53,
        "frontendIPConfiguration": ref("frontendIPConfigurations", fe),
        "backendAddressPool": ref("backendAddressPools", be)}, **more)
def lb(fes, pools, rules, **more):
    return dict({"name": "lb", "sku": {"name": "Standard"},
        "frontendIPConfigurations": fes, "backendAddressPools": pools,
        "loadBalancingRules": rules}, **more)
FE = [{"name": "f", "privateIPAddress": "10.0.0.100"}]
def listed(name, *configs, group="G", **more):
    return dict({"name": name, "id": nic(name, "", group).rsplit("/", 2)[0],
        "ipConfigurations": [dict({"id": nic(name, c, group).upper(),
            "name": c, "privateIPAddress": a}, primary=p)
            for c, a, p in configs]}, **more)

# the second configuration of each
put("second.json", lb(FE, [pool("be", nic("n1", "c2"), nic("n2", "c2"))],
    [rule("r", "f", "be")]))
N1 = listed("n1", ("c1", "10.0.0.11", True), ("c2", "10.0.0.21", False))
N2 = listed("n2", ("c1", "10.0.0.12", True), ("c2", "10.0.0.22", False))
put("nics.json", [N1, N2])
# the list has another one only, or others of which none is it
put("one.json", [N1, listed("n2", ("c1", "10.0.0.12", False))])
put("primary.json", [N1, listed("n2", ("c7", "10.0.0.17", False),
    ("c1", "10.0.0.12", True))])
put("elsewhere.json", [N1, listed("n2", ("c2", "10.9.9.9", True),
    group="OTHER")])
put("twice.json", [listed("n1", ("c1", "10.0.0.11", True),
    ("c2", "10.0.0.99", False))])
open("nic-lines", "w").write("n1/C2=10.0.0.31\nn2/c2=10.0.0.32\n")
open("name-twice", "w").write("n1=10.0.0.41\nn1=10.0.0.42\nn2=10.0.0.43\n")
# one name for two configurations, in two pools
put("both.json", lb(FE, [pool("a", nic("n1", "c1")), pool("b",
    nic("n1", "c2"))], []))
open("name", "w").write("n1=10.0.0.51\n")

# both families
def dual(six):
    return lb([{"name": "f4", "publicIPAddress": {"ipAddress": "203.0.113.1"}},
        {"name": "f6", "privateIPAddressVersion": "IPv6",
         "publicIPAddress": {"id": G % "G" + "publicIPAddresses/p"}}],
        [pool("b4", nic("n1", "v4")), pool("b6", nic("n1", six))],
        [rule("r4", "f4", "b4"), rule("r6", "f6", "b6")])
put("dual.json", dual("v6"))
put("dual-renamed.json", dual("new6"))
put("dual-nics.json", [listed("n1", ("v4", "10.0.0.11", True),
    ("v6", "fd00::11", False))])
open("dual-lines", "w").write("f6=2001:db8::1\nn1=10.0.0.61\nn1=fd00::61\n")
open("four-lines", "w").write("f6=2001:db8::1\nn1=10.0.0.61\n")
# a public address called as a NIC is is nobody's member
put("pips.json", [{"name": n, "id": G % "G" + "publicIPAddresses/" + n,
    "ipAddress": a} for n, a in (("n1", "203.0.113.7"), ("p", "2001:db8::1"))])

# a scale set's NICs, and who has which port
put("set.json", lb(FE, [pool("be", "/subscriptions/S/resourceGroups/G/"
    "providers/Microsoft.Compute/virtualMachineScaleSets/s/virtualMachines/0/"
    "networkInterfaces/n/ipConfigurations/c")], []))
def ports(*given):
    return lb(FE, [pool("be", loadBalancerBackendAddresses=[
        {"name": "m%d" % i, "ipAddress": "10.0.0.%d" % (4 + i),
         "inboundNatRulesPortMapping": [{"inboundNatRuleName": "SSH",
            "frontendPort": p, "backendPort": 22}]}
        for i, p in enumerate(given)])], [],
        inboundNatRules=[rule("ssh", "f", "be", protocol="Tcp",
            backendPort=22, frontendPort=0, frontendPortRangeStart=500,
            frontendPortRangeEnd=600)])
put("ports.json", ports(500, 501, 502))
put("other-ports.json", ports(500, 507, 502))
put("open-range.json", ports())
d = ports(500)
del d["inboundNatRules"][0]["frontendPortRangeEnd"]
put("open-range.json", d)

# HA ports
for name, floats in ("floats", True), ("still", False):
    put("ha-%s.json" % name, lb(FE, [pool("be", loadBalancerBackendAddresses=[
        {"name": "m", "ipAddress": "10.0.0.4"}])], [rule("ha", "f", "be",
        protocol="All", frontendPort=0, backendPort=0,
        enableFloatingIP=floats)]))
# what check refuses
put("refused.json", lb(FE, [pool("be", loadBalancerBackendAddresses=[
    {"name": "m", "ipAddress": "10.0.0.4"}])], [rule("r", "f", "be"),
    rule("s", "f", "be", frontendPort=54)]))
END_PYTHON

cd "$tmp"
run 0 second.json --addresses nics.json
addresses 10.0.0.100 10.0.0.21 10.0.0.22
test ! -s err || fail "nothing was chosen, and said is: $(cat err)"
run 0 second.json --addresses one.json
addresses 10.0.0.100 10.0.0.21 10.0.0.12
says "be/n2: --addresses has no IP configuration 'c2' of n2: 10.0.0.12, of its only one 'c1', is taken; n2/c2=ADDRESS says another"
silent be/n1
run 0 second.json --addresses primary.json
addresses 10.0.0.100 10.0.0.21 10.0.0.12
says "of its primary one 'c1'"
run 4 second.json --addresses elsewhere.json
addresses 10.0.0.100 10.0.0.21 -
says '10.9.9.9 in --addresses is that of another: '
run 0 second.json --addresses twice.json --addresses nics.json
addresses 10.0.0.100 10.0.0.99 10.0.0.22
says 'be/n1: lists in --addresses say 10.0.0.99 and 10.0.0.21'
run 0 second.json --addresses nic-lines
addresses 10.0.0.100 10.0.0.31 10.0.0.32
silent addresses
run 0 second.json --addresses nics.json --addresses nic-lines
addresses 10.0.0.100 10.0.0.31 10.0.0.32
says 'be/n1: a list in --addresses says 10.0.0.21, a line 10.0.0.31'
run 0 second.json --addresses name-twice
addresses 10.0.0.100 10.0.0.41 10.0.0.43
says 'be/n1: --addresses gives it 10.0.0.41 and 10.0.0.42: the first'
run 0 both.json --addresses name
addresses 10.0.0.100 10.0.0.51 10.0.0.51
says 'b/n1: n1=10.0.0.51 of --addresses stands for another IP configuration, too: n1/c2=ADDRESS is for this one'

run 0 dual.json --addresses dual-nics.json --addresses pips.json
addresses 203.0.113.1 2001:db8::1 10.0.0.11 fd00::11
test ! -s err || fail "dual stack: $(cat err)"
run 0 dual-renamed.json --addresses dual-nics.json --addresses pips.json
addresses 203.0.113.1 2001:db8::1 10.0.0.11 fd00::11
says "of its only one 'v6'"
run 0 dual.json --addresses dual-lines
addresses 203.0.113.1 2001:db8::1 10.0.0.61 fd00::61
run 4 dual.json --addresses four-lines
addresses 203.0.113.1 2001:db8::1 10.0.0.61 -
says '--addresses gives 10.0.0.61, which is no IPv6'
run 4 dual.json --addresses pips.json
addresses 203.0.113.1 2001:db8::1 - -

run 4 set.json
says 'the output of az vmss nic list'
silent 'az network nic list'
run 4 second.json
says 'the output of az network nic list'

run 0 ports.json
silent inboundNatRulesPortMapping
silent port
run 0 other-ports.json
says 'be/m1: NAT rule SSH: Azure gave it port 507, here it has 501'
test "$(grep -c 'Azure gave' err)" = 1 || fail 'ports that are ours are told'
run 0 open-range.json
says 'frontendPortRangeEnd: the document does not say: 65534'

run 0 ha-floats.json -o ha.yaml
says 'ha: this HA-ports rule takes what is sent to its frontend'
says 'add `forwarding: { ha_next_hop: ha }`'
silent floating_ip
"$FAIRLEAD" check -c ha.yaml 2>&1 | grep -q 'forwarding: { ha_next_hop: ha }' ||
    fail 'check: not said what leads other packets to an HA-ports rule'
"$FAIRLEAD" sim -c ha.yaml "$SRC/traces/samples/dns.pcap" \
    --no-report >sim.out 2>sim.err || :
grep -q "HA-ports rule 'ha' takes those to any destination with forwarding: { ha_next_hop: ha }" \
    sim.err || fail "sim: not said why nothing was balanced: $(cat sim.err)"
grep -q 'none is for the busiest servers' sim.err || fail 'sim: no servers'
echo 'forwarding: { ha_next_hop: ha }' >>ha.yaml
"$FAIRLEAD" check -c ha.yaml >check.out 2>&1 || fail "check: $(cat check.out)"
! grep -q 'takes what is sent' check.out || fail 'check: told though it is there'
run 0 ha-still.json
says '`floating_ip: true` to it'

run 4 refused.json -o refused.yaml
says 'refused.yaml:'
silent 'the configuration:'
says 'give one of the two a different backend_port'

exit $status
