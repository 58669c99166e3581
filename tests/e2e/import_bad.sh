#!/bin/sh
# fairlead import: what is not understood ends in marks that check refuses and
# in exit code 4; whose child is whose; encodings; addresses of nobody.
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
}

# says TEXT, writes TEXT: in the notes, in the configuration
says() {
	grep -q -F -e "$1" "$tmp/err" || fail "not said: $1: $(head -n 20 "$tmp/err")"
}
writes() {
	grep -q -F -e "$1" "$tmp/out" || fail "not written: $1"
}
writes_not() {
	! grep -q -F -e "$1" "$tmp/out" || fail "written: $1"
}

python3 - "$tmp" <<'END_PYTHON'
import json, os, sys
os.chdir(sys.argv[1])
ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/"
LB = ID + "loadBalancers/lb"
def put(name, doc):
    json.dump(doc, open(name, "w"))
def ref(kind, name, lb=LB):
    return {"id": "%s/%s/%s" % (lb, kind, name)}
def fe(name="fe", **more):
    return dict({"name": name, "privateIPAddress": "10.0.0.100"}, **more)
def pool(name="be", **more):
    return dict({"name": name, "loadBalancerBackendAddresses": [
        {"name": "m", "ipAddress": "10.0.0.4"}]}, **more)
def rule(name="r", **more):
    return dict({"name": name, "protocol": "Tcp", "frontendPort": 443,
        "backendPort": 8443,
        "frontendIPConfiguration": ref("frontendIPConfigurations", "fe"),
        "backendAddressPool": ref("backendAddressPools", "be")}, **more)
def probe(**more):
    return dict({"name": "p", "protocol": "Http", "port": 80,
        "requestPath": "/"}, **more)
def nat(name="n", **more):
    return dict({"name": name, "protocol": "Tcp", "frontendPort": 5000,
        "backendPort": 22,
        "frontendIPConfiguration": ref("frontendIPConfigurations", "fe"),
        "backendAddressPool": ref("backendAddressPools", "be")}, **more)
def out(**more):
    return dict({"name": "o", "protocol": "All",
        "frontendIPConfigurations": [ref("frontendIPConfigurations", "fe")],
        "backendAddressPool": ref("backendAddressPools", "be")}, **more)
def lb(**more):
    return dict({"name": "lb", "sku": {"name": "Standard"},
        "frontendIPConfigurations": [fe()], "backendAddressPools": [pool()],
        "loadBalancingRules": [rule()]}, **more)
def template(*resources, **more):
    return dict({"resources": list(resources)}, **more)
def typed(what, **more):
    return dict({"type": "Microsoft.Network/" + what}, **more)

# One bad value each: file, what the path ends in, the mark's key or none.
IF = "[reference('x').y]"
cases = []
def case(path, key, **more):
    cases.append((path, key))
    put("case%d.json" % len(cases), lb(**more))
def of_rule(key, to, value):
    more = {key: value}
    if key == "probe":
        more = {"probe": {"id": value}}
    case("loadBalancingRules[0]." + key, to,
        probes=[probe()], loadBalancingRules=[rule(**more)])
of_rule("backendPort", "backend_port", IF)
of_rule("backendPort", "backend_port", "eighty")
of_rule("backendPort", "backend_port", False)
of_rule("backendPort", "backend_port", "[add('x', 1)]")
of_rule("backendPort", "backend_port", "[add(9223372036854775807, 1)]")
of_rule("idleTimeoutInMinutes", "idle_timeout", IF)
of_rule("enableTcpReset", "tcp_reset", "yes")
of_rule("enableFloatingIP", "floating_ip", 1)
of_rule("enableConnectionTracking", "connection_tracking", IF)
of_rule("disableOutboundSnat", "outbound_snat", IF)
of_rule("loadDistribution", "distribution", IF)
of_rule("protocol", "protocol", 6)
of_rule("probe", "probe", IF)
of_rule("backendAddressPools", "pool", [{"id": IF}])
of_rule("backendAddressPools", "pool", IF)
for key, to, value in (("intervalInSeconds", "interval", 5.5),
        ("port", "port", {}), ("probeThreshold", "probe_threshold", IF),
        ("requestPath", "request_path", IF), ("protocol", "protocol", IF)):
    case("probes[0]." + key, to, probes=[probe(**{key: value})])
case("probes[0].noHealthyBackendsBehavior", "no_healthy_backends",
    probes=[probe(noHealthyBackendsBehavior=IF)],
    loadBalancingRules=[rule(probe=ref("probes", "P"))])
for key, value in (("zones", IF), ("zones", ["1", IF])):
    case("frontendIPConfigurations[0]." + key, key,
        frontendIPConfigurations=[fe(**{key: value})])
case("frontendIPConfigurations[0].enableConnectionTracking",
    "connection_tracking",
    frontendIPConfigurations=[fe(enableConnectionTracking=IF)])
case("frontendIPConfigurations[0].name", None, loadBalancingRules=[],
    frontendIPConfigurations=[fe(IF)])
case("backendAddressPools[0].loadBalancerBackendAddresses[0].adminState",
    "admin_state", backendAddressPools=[pool(loadBalancerBackendAddresses=[
    {"name": "m", "ipAddress": "10.0.0.4", "adminState": IF}])])
case("backendAddressPools[0].loadBalancerBackendAddresses", None,
    backendAddressPools=[pool(loadBalancerBackendAddresses=IF)])
case("loadBalancingRules", None, loadBalancingRules=IF)
case("copy", None, copy=[{"name": "probes", "count": 2, "input": {}}])
for key, to, value in (("frontendPortRangeStart", "frontend_ports", IF),
        ("backendIPConfiguration", "member", {"id": IF})):
    more = {key: value}
    if key == "backendIPConfiguration":
        more["backendAddressPool"] = None
    case("inboundNatRules[0]." + key, to, inboundNatRules=[nat(**more)])
case("inboundNatRules[0].frontendPortRangeEnd", "frontend_ports",
    inboundNatRules=[nat(frontendPortRangeStart=1, frontendPortRangeEnd=IF)])
case("outboundRules[0].allocatedOutboundPorts", "ports_per_member",
    outboundRules=[out(allocatedOutboundPorts=IF)])
case("outboundRules[0].id", "frontends",
    outboundRules=[out(frontendIPConfigurations=[{"id": IF}])])
case("sku.name", "sku", sku={"name": IF})
case("sku.tier", None, sku={"name": "Standard", "tier": IF})
with open("cases", "w") as f:
    for i, (path, key) in enumerate(cases):
        f.write("case%d %s %s\n" % (i + 1, path, key or "-"))

put("good.json", lb())
put("sums.json", lb(loadBalancingRules=[
    rule(backendPort="[add(8000, int('443'))]",
        idleTimeoutInMinutes="[sub(mul(5, 3), 5)]")]))
put("nopool.json", lb(loadBalancingRules=[rule(backendAddressPool=None)]))
put("nofrontend.json", lb(outboundRules=[out(frontendIPConfigurations=[])]))
put("empty.json", lb(backendAddressPools=[{"name": "be"}]))
put("natpools.json", lb(backendAddressPools=[pool(), pool("be2",
    loadBalancerBackendAddresses=[{"name": "m", "ipAddress": "10.0.0.5"}])],
    inboundNatPools=[dict(nat("np", frontendPortRangeStart=5000,
    frontendPortRangeEnd=5010), backendAddressPool=None)]))
put("badport.json", lb(loadBalancingRules=[rule(frontendPort=65535)]))

n = {"id": "/n/virtualNetworks/v"}
put("ids.json", lb(frontendIPConfigurations=[fe(gatewayLoadBalancer={"id": "/g"},
    mystery={"id": "/m"}),
    {"name": "out", "publicIPPrefix": {"id": ID + "publicIPPrefixes/pp"}}],
    backendAddressPools=[pool(virtualNetwork=n, loadBalancerBackendAddresses=[
    {"name": "a", "ipAddress": "10.0.0.4", "virtualNetwork": n},
    {"name": "b", "ipAddress": "10.0.0.5",
     "virtualNetwork": {"id": "/n/virtualNetworks/w"}}])]))
put("tracking.json", lb(frontendIPConfigurations=[
    fe(enableConnectionTracking=True),
    dict(fe("off", enableConnectionTracking=False),
    privateIPAddress="10.0.0.101")], loadBalancingRules=[rule(),
    rule("r2", backendPort=8444, enableConnectionTracking=True,
    frontendIPConfiguration=ref("frontendIPConfigurations", "off"))]))
put("case-of-ids.json", lb(probes=[probe()],
    frontendIPConfigurations=[{"name": "fe", "privateIPAddress": "20.0.0.1"}],
    loadBalancingRules=[rule(disableOutboundSnat=True,
    frontendIPConfiguration=ref("frontendIPConfigurations", "FE"),
    backendAddressPool=ref("backendAddressPools", "BE"),
    probe=ref("probes", "P"))], outboundRules=[out(
    frontendIPConfigurations=[ref("frontendIPConfigurations", "Fe")],
    backendAddressPool=ref("backendAddressPools", "Be"))]))

child = typed("loadBalancers/backendAddressPools", name="lbB/extra",
    loadBalancerBackendAddresses=[{"name": "y", "ipAddress": "10.0.0.7"}])
two = [typed("loadBalancers", **dict(lb(), name=n)) for n in ("lbA", "lbB")]
put("two.json", template(*two, child))
put("whose.json", template(*two, dict(child, name=IF)))
here = "[concat(resourceId('Microsoft.Network/loadBalancers', 'lb'), '/%s')]"
put("nic.json", template(typed("loadBalancers", **lb(
    backendAddressPools=[{"name": "be"}],
    inboundNatRules=[nat(backendAddressPool=None)])),
    typed("networkInterfaces", name="nic1", properties={"ipConfigurations": [
    {"name": "c", "properties": {"privateIPAddress": "10.0.0.14",
    "loadBalancerBackendAddressPools": [
        {"id": here % "backendAddressPools/BE"}],
    "loadBalancerInboundNatRules": [{"id": here % "inboundNatRules/n"}]}}]}),
    typed("networkInterfaces", name="other", properties={"ipConfigurations": [
    {"name": "c", "properties": {"privateIPAddress": "10.0.0.15",
    "loadBalancerBackendAddressPools": [
        ref("backendAddressPools", "be", ID + "loadBalancers/not")]}}]})))
put("nic-if.json", template(typed("loadBalancers", **lb()),
    typed("networkInterfaces", name="nic1", properties={"ipConfigurations": [
    {"name": "c", "properties": {
    "loadBalancerBackendAddressPools": [{"id": IF}]}}]})))

# Templates: copies that can't be counted, that are none and too many; what
# each function is worth; what has no value in an inner template.
def made(**more):
    return template(typed("loadBalancers", **dict(lb(), **more)))
put("copy-unknown.json", template(typed("loadBalancers", **lb()),
    typed("loadBalancers/probes", name="[concat('lb/p', copyIndex())]",
    copy={"name": "p", "count": IF},
    properties={"protocol": "Tcp", "port": 1, "intervalInSeconds": 5})))
put("copy-none.json", template(typed("loadBalancers", **lb()),
    typed("loadBalancers/probes", name="lb/p", copy={"name": "p", "count": 0})))
many = [typed("loadBalancers/probes",
    name="[concat('lb/p', copyIndex())]", copy={"name": "p", "count": 9999},
    properties={"x": ["y"] * 50}) for i in range(50)]
put("copy-many.json", template(typed("loadBalancers", **lb()), *many))
put("copy-first.json", template(*many, typed("loadBalancers", **lb())))
def within(thing, depth):
    for i in range(depth):
        thing = [thing]
    return thing
put("deep-variables.json", dict(made(tags="[variables('v0')]"), variables=dict(
    {"v%d" % i: within("[variables('v%d')]" % (i + 1), 90)
     for i in range(30)}, v30=within("x", 500))))
values = {"concat('a', 1, true())": "a1True", "format('{0}{{{1}}}', 1, 'x')":
    "1{x}", "if(equals('A', 'a'), 'yes', reference('x').y)": "yes",
    "toUpper(toLower('aBc'))": "ABC", "replace('a.b.c', '.', '-')": "a-b-c",
    "string(div(mod(17, 10), 2))": "3", "first('xyz')": "x",
    "last(createArray('p', 'q'))": "q", "string(range(3, 4)[2])": "5",
    "createObject('k', 'v').k": "v", "createObject('k', 'v')['K']": "v",
    "coalesce(null(), 'c')": "c", "string(and(true(), not(false())))": "True",
    "string(or(false(), reference('x'), true()))": "True",
    "string(contains('abc', 'bc'))": "True", "string(empty(''))": "True",
    "string(less(1, 2))": "True", "string(greaterOrEquals(2, 3))": "False",
    "string(min(4, -2))": "-2", "string(length(createArray(1, 2, 3)))": "3",
    "concat(createArray('a'), createArray('b'))[1]": "b",
    "'it''s [x]'": "it's [x]", "variables('o').p[1]": "two",
    "string(bool('true'))": "True", "string(copyIndex('none'))": None,
    "div(1, 0)": None, "concat('a', reference('x'))": None,
    "if(reference('x'), 'a', 'b')": None, "first(createArray())": None,
    "string(range(0, 100000)[0])": None, "nosuch('a')": None, "concat('a'": None,
    "'open": None, "format('{1}', 'a')": None, "variables('o').q": None,
    "variables('o').r": None, "format('{0:x}', 1)": None}
put("functions.json", dict(made(probes=[probe(requestPath="[%s]" % text)
    for text in values]), variables={"o": {"p": ["one", "two"], "r": IF}}))
put("functions.values", [x if x is None else x.lower() if x in ("True",
    "False") else x.replace("True", "true") for x in values.values()])

# What is none of Azure's JSON about a balancer.
put("tfstate.json", {"version": 4, "terraform_version": "1.9.0",
    "resources": [{"mode": "managed", "type": "azurerm_lb", "name": "lb"}]})
put("tfplan.json", {"format_version": "1.2", "planned_values": {}})
put("tfshow.json", {"format_version": "1.0", "values": {"root_module": {}}})
put("tfconfig.json", {"resource": {"azurerm_lb": {"main": {"name": "lb"}}}})
put("tfattributes.json", {"name": "lb", "frontend_ip_configuration": []})
open("az.yaml", "w").write("backendAddressPools:\n- name: be\n"
    "frontendIPConfigurations: []\nname: lb\n")
open("our.yaml", "w").write("# mine\nfrontends:\n  - name: fe\n")
put("given.json", {"$schema":
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
    "parameters": {"name": {"value": "x"}}})
put("error.json", {"error": {"code": "ResourceNotFound", "message": "no"}})
open("main.bicep", "w").write(
    "param n string\nresource lb 'Microsoft.Network/loadBalancers@2024-05-01' = {}\n")
open("main.tf", "w").write('resource "azurerm_lb" "lb" {\n}\n')

text = open("good.json").read()
for name, how in (("bom", "utf-8-sig"), ("u16", "utf-16"),
        ("u16le", "utf-16-le"), ("u16be", "utf-16-be")):
    open(name + ".json", "wb").write(text.encode(how))
open("u16cut.json", "wb").write(text.encode("utf-16")[:-1])
open("cut.json", "w").write(text[:200])
open("nolist.json", "w").write("[]")
open("nothing.json", "w").write("")
open("lines.txt", "wb").write("fe=10.9.9.9\nnosuch=10.9.9.8\n".encode("utf-16"))
put("pairs.json", {"be/m": "10.9.9.9", "whose": "10.9.9.8"})
put("nics.json", [{"name": "elsewhere", "ipConfigurations": [
    {"name": "c", "privateIPAddress": "10.9.9.7"}]}])
put("large.json", lb(backendAddressPools=[pool(loadBalancerBackendAddresses=[
    {"name": "m%d" % i, "ipAddress": "10.%d.%d.1" % (i // 250, i % 250),
     "nonsense": "x" * 400} for i in range(10000)])]))
END_PYTHON

run 0 "$tmp/good.json"
count=0
while read -r name path key; do
	run 4 "$tmp/$name.json"
	says 'Not understood:'
	says "  $path: "
	count=$((count + 1))
	test "$key" != - || continue
	grep -q -E "$key: (\[|\"?)not-understood" "$tmp/out" ||
	    fail "$name: no mark at $key"
	refused=0
	"$FAIRLEAD" check -c "$tmp/out" >"$tmp/check" 2>&1 || refused=$?
	test "$refused" != 0 || fail "$name: check takes the mark at $key"
	grep -q -e not-understood -e "\`$key\`" "$tmp/check" ||
	    fail "$name: check refuses something else: $(cat "$tmp/check")"
done <"$tmp/cases"
test "$count" -ge 36 || fail "$count cases"

run 0 "$tmp/sums.json"
writes 'backend_port: 8443'
writes 'idle_timeout: 10m'
run 4 "$tmp/nopool.json"
says 'r: the rule has no pool: add `pool: NAME`'
run 4 "$tmp/nofrontend.json"
says 'o: the document names no frontend: add `frontends: [NAME]`'
run 4 "$tmp/natpools.json"
says 'add `pool: NAME` to this rule'
run 4 "$tmp/badport.json"
says 'Refused by fairlead check'
says '65535 is for nobody'

run 0 "$tmp/empty.json"
says 'r: its pool be has no members here'
"$FAIRLEAD" check -c "$tmp/out" >"$tmp/check" 2>&1 || fail 'empty: refused'
grep -q "warning: pool 'be' of rule 'r' has no members" "$tmp/check" ||
    fail 'check does not warn of a rule over an empty pool'

run 4 "$tmp/ids.json"
says 'frontendIPConfigurations[0].gatewayLoadBalancer: {"id":"/g"}: the gateway'
says 'frontendIPConfigurations[0].mystery: {"id":"/m"}: not understood'
says 'backendAddressPools[0].virtualNetwork: {"id":'
says 'backendAddressPools[0].loadBalancerBackendAddresses[1].virtualNetwork: {'
says 'be: its members are in several virtual networks, /n/virtualNetworks/v and /n/virtualNetworks/w, which Azure rejects'
says 'the n addresses of a prefix are n frontends'
writes 'address: # missing: that of publicIPPrefixes/pp'

run 0 "$tmp/tracking.json"
test "$(grep -c 'connection_tracking: true' "$tmp/out")" = 1 ||
    fail 'tracking: a frontend does not override its rules'
sed -n '/name: r$/,/name: r2/p' "$tmp/out" |
    grep -q 'connection_tracking: true' || fail 'tracking: of the other rule'

run 0 "$tmp/case-of-ids.json"
writes '    frontend: fe'
writes '    pool: be'
writes '    probe: p'
writes '    frontends: [fe]'
writes_not BE
writes_not Be

run 0 "$tmp/two.json" --name lbA
writes_not extra
run 0 "$tmp/two.json" --name LBB
writes '  - name: extra'
run 4 "$tmp/whose.json" --name lbA
says "resources[2]: [reference('x').y]: which balancer is it of?"

run 0 "$tmp/nic.json"
writes '      - name: nic1'
writes '        address: 10.0.0.14'
writes '    member: nic1'
writes_not 10.0.0.15
run 4 "$tmp/nic-if.json"
says 'resources[1].ipConfigurations[0].id: "[reference('

run 4 "$tmp/copy-unknown.json"
says "probes[0].name: \"[concat('lb/p', copyIndex())]\""
says 'copy loops of templates are not unrolled'
run 0 "$tmp/copy-none.json"
writes_not 'probes'
run 4 "$tmp/copy-many.json"
says 'come to too much'
run 3 "$tmp/copy-first.json"
says 'come to too much'
run 0 "$tmp/deep-variables.json"
run 4 "$tmp/functions.json"
python3 - "$tmp" <<'END' || fail 'functions of templates'
import json, sys, re
want = json.load(open(sys.argv[1] + "/functions.values"))
got = [json.loads(m) if m.startswith('"') else None if
       m.startswith("not-understood") else m for m in
       re.findall(r"    request_path: (.*)", open(sys.argv[1] + "/out").read())]
for w, g in zip(want, got):
    if w != g:
        print("wanted", w, "got", g)
assert want == got
END

for other in tfstate.json:Terraform tfplan.json:Terraform main.tf:Terraform \
    tfshow.json:Terraform tfconfig.json:Terraform tfattributes.json:Terraform \
    az.yaml:'no JSON, as -o yaml' our.yaml:'fairlead check -c FILE' \
    given.json:parameters error.json:error main.bicep:'az bicep build'; do
	run 3 "$tmp/${other%%:*}"
	says "${other#*:}"
done

# Encodings: the same text, but for the file's name.
run 0 "$tmp/good.json"
tail -n +2 "$tmp/out" >"$tmp/good"
for name in bom u16 u16le u16be; do
	run 0 "$tmp/$name.json"
	tail -n +2 "$tmp/out" | cmp -s - "$tmp/good" || fail "$name: not the same"
done
run 3 "$tmp/u16cut.json"
says 'Out-File -Encoding utf8'
run 3 "$tmp/cut.json"
says 'line 1, column 200'
run 3 "$tmp/nolist.json"
run 3 "$tmp/nothing.json"
run 4 "$tmp/large.json"
says 'Refused by fairlead check'

# Addresses of nobody; a list of NICs has those of others, too.
run 0 "$tmp/good.json" --addresses "$tmp/lines.txt" \
    --addresses "$tmp/pairs.json" --addresses "$tmp/nics.json"
says '  nosuch: --addresses gives it an address, and nobody here is called so'
says '  whose: --addresses'
says '  fe: --addresses gives it 10.9.9.9, the document 10.0.0.100'
says '  be/m: --addresses gives it 10.9.9.9, the document 10.0.0.4'
test "$(grep -c addresses "$tmp/err")" = 4 || fail 'who is used is named, too'

# What is made to cost: variables that name each other many times, one name
# for many members, names that end within a character.
python3 - "$tmp" <<'END'
import json, sys
def put(name, thing):
    json.dump(thing, open(f"{sys.argv[1]}/{name}", "w"), ensure_ascii=False)
def lb(**more):
    return dict({"name": "lb", "sku": {"name": "Standard"},
        "frontendIPConfigurations": [
            {"name": "fe", "privateIPAddress": "10.0.0.1"}]}, **more)
names = {f"v{i}": "[concat(%s)]" % ",".join([f"variables('v{i + 1}')"] * 16)
         for i in range(12)}
put("grows.json", {"variables": dict(names, v12="x"), "resources": [
    {"type": "Microsoft.Network/loadBalancers", "name": "lb",
     "sku": {"name": "Standard"}, "properties": {"frontendIPConfigurations": [
        {"name": "[variables('v0')]",
         "properties": {"privateIPAddress": "10.0.0.1"}}] * 20}}]})
put("same.json", lb(backendAddressPools=[{"name": "be",
    "loadBalancerBackendAddresses": [
        {"name": "same", "ipAddress": f"10.1.{i // 256}.{i % 256}"}
        for i in range(20000)]}]))
# what YAML takes for a line's end, or not at all
odd = "a\x7f\u0085b\u2028#\ufeffc\ufffe"
put("odd.json", dict(lb(), name=odd, probes=[{"name": odd, "port": odd}],
    backendAddressPools=[{"name": "be", "backendIPConfigurations": [
        {"id": "/x/networkInterfaces/" + odd}]}]))
long = "a" * 127 + "\u00e9"
put("long.json", dict(lb(), name=long, frontendIPConfigurations=[
    {"name": long, "privateIPAddress": "10.0.0.1"}]))
END
run 4 "$tmp/grows.json"
run 4 "$tmp/same.json" # more members than a pool may have
writes '- name: same-20000'
run 4 "$tmp/odd.json"
writes '"a\u007f\u0085b\u2028#\ufeffc\ufffe"'
"$FAIRLEAD" check -c "$tmp/out" >"$tmp/all" 2>&1 || :
! grep -q 'YAML\|UTF-8' "$tmp/all" || fail "no YAML: $(cat "$tmp/all")"
run 4 "$tmp/long.json" # longer than Azure's, and cut at a character
"$FAIRLEAD" check -c "$tmp/out" >"$tmp/all" 2>&1 || :
grep -q 'has 127 characters.*InvalidResourceName' "$tmp/all" &&
    grep -q ': 1 error$' "$tmp/all" ||
    fail "a long name: $(cat "$tmp/all")"

exit $status
