#!/bin/sh
# fairlead import: Azure's JSON of every shape, to the byte; what is missing,
# assumed and left out; broken input; exit codes.
set -eu
: "${SRC:?}" "${FAIRLEAD:?}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$SRC/tests/golden/import"

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

# golden NAME: both streams are as they were
golden() {
	{
		cat "$tmp/out"
		echo '--- stderr'
		cat "$tmp/err"
	} >"$tmp/both"
	if test -n "${UPDATE_GOLDEN-}"; then
		cp "$tmp/both" "$1.ok"
	fi
	diff -u "$1.ok" "$tmp/both" || fail "$1.ok is not what was said"
}

run 4 cli-new.json
golden cli-new
run 0 cli-new.json --addresses nics.json --addresses names.txt
golden cli-new-addresses
run 4 cli-old-list.json --name LB0
golden cli-old
run 4 cli-old-list.json --name inner
golden cli-old-inner
run 0 rest.json
golden rest
run 4 template.json
golden template
run 4 nat-pool.json
golden nat-pool
run 0 symbols.json # symbolic names, copies, conditions, children
golden symbols
run 4 nested.json # deployments of both scopes
golden nested
run 4 scale-set.json
golden scale-set
run 4 scale-set.json --addresses vmss-nics.json
golden scale-set-addresses
run 4 shapes.json
golden shapes
run 4 exported.json # of a resource group: its children said twice
golden exported
run 4 parameters-template.json
golden parameters-without
run 0 parameters-template.json --parameters parameters.json
golden parameters
run 4 prefixes.json --addresses prefix-list.json
golden prefixes
run 4 flexible.json # instances whose NICs have names of Azure's
golden flexible

# Keys in any case are the same document, but for where notes say they stand.
python3 - "$tmp" rest.json template.json nat-pool.json shapes.json \
    symbols.json nested.json scale-set.json <<'END'
import json, os, sys


def loud(x):
    if isinstance(x, dict):
        return {k if k.startswith('[') else k.upper(): loud(v)
                for k, v in x.items()}
    return [loud(v) for v in x] if isinstance(x, list) else x


for name in sys.argv[2:]:
    json.dump(loud(json.load(open(name))), open(f'{sys.argv[1]}/loud-{name}', 'w'))
END
for name in rest template nat-pool shapes symbols nested scale-set; do
	"$FAIRLEAD" import $name.json 2>/dev/null | tail -n +2 >"$tmp/as-is" || :
	"$FAIRLEAD" import "$tmp/loud-$name.json" 2>/dev/null |
	    tail -n +2 >"$tmp/loud" || :
	cmp -s "$tmp/as-is" "$tmp/loud" || fail "$name.json: its case matters"
done

# One balancer in every shape of AZ 10.1, and as a template with symbolic names,
# with children, in a deployment: all are the same configuration to check.
python3 - "$tmp" rest.json <<'END'
import copy, json, re, sys
out, rest = sys.argv[1], json.load(open(sys.argv[2]))
rest = rest["value"][0] if "value" in rest else rest
OLD = (("IPConfiguration", "IpConfiguration"), ("FloatingIP", "FloatingIp"),
    ("IPAddress", "IpAddress"))
def flat(x):
    """As the CLI: properties in their parent, a group beside each id."""
    if isinstance(x, list):
        return [flat(v) for v in x]
    if not isinstance(x, dict):
        return x
    made = {k: flat(v) for k, v in x.items() if k != "properties"}
    made.update(flat(x["properties"]) if "properties" in x else {})
    return dict(made, resourceGroup="G") if "id" in made else made
def old(x):
    if isinstance(x, list):
        return [old(v) for v in x]
    if not isinstance(x, dict):
        return x
    made = {}
    for k, v in x.items():
        for a, b in OLD:
            k = k.replace(a, b)
        made[k] = old(v)
    return made
def escaped(x):
    """A text that begins with a bracket is an expression in a template."""
    if isinstance(x, list):
        return [escaped(v) for v in x]
    if isinstance(x, dict):
        return {k: escaped(v) for k, v in x.items()}
    return "[" + x if isinstance(x, str) and x.startswith("[") else x
def put(name, x):
    json.dump(x, open(f"{out}/shape-{name}.json", "w"))
lb = escaped(rest)
lb["type"] = "Microsoft.Network/loadBalancers"
parent = copy.deepcopy(lb)
children = []
for kind in ("backendAddressPools", "inboundNatRules"):
    for one in parent["properties"].pop(kind, None) or []:
        one = {k: v for k, v in one.items() if k not in ("id", "etag", "type")}
        children.append(dict(one, type=kind))
parent["resources"] = children
put("rest", rest)
put("cli", flat(rest))
put("cli-old", old(flat(rest)))
put("list", [flat(rest)])
put("page", {"value": [rest]})
put("template", {"resources": [lb]})
put("symbols", {"languageVersion": "2.0", "resources": {"lb": parent}})
put("nested", {"resources": [{"type": "Microsoft.Resources/deployments",
    "name": "d", "properties": {"template": {"resources": [parent]}}}]})
END
for shape in rest cli cli-old list page template symbols nested; do
	"$FAIRLEAD" import "$tmp/shape-$shape.json" -o "$tmp/shape.yaml" --force \
	    2>"$tmp/err" || fail "shape $shape: $(cat "$tmp/err")"
	"$FAIRLEAD" check --json -c "$tmp/shape.yaml" >"$tmp/shape-$shape.ok" \
	    2>/dev/null || fail "shape $shape is refused"
	sed -i 's/"line": [0-9]*/"line": 0/' "$tmp/shape-$shape.ok"
	diff "$tmp/shape-rest.ok" "$tmp/shape-$shape.ok" ||
	    fail "shape $shape is another configuration"
done

# What is not imported, and why.
run 2 cli-old-list.json
grep -q 'choose one by --name: lb0, inner' "$tmp/err" || fail 'no choice given'
run 2 cli-old-list.json --name other
grep -q 'no load balancer other in it, but lb0, inner' "$tmp/err" ||
    fail 'a wrong name: no names'
run 2 gateway.json
grep -q 'gateway tier.*import the balancer whose frontend is chained' \
    "$tmp/err" || fail 'gateway: not said'
run 2 global.json
grep -q 'global tier.*import the regional balancers' "$tmp/err" ||
    fail 'global: not said'
# What is no such file, or not all of one, is said with what would be.
head -c 700 rest.json >"$tmp/cut.json"
echo '[]' >"$tmp/empty.json"
: >"$tmp/nothing.json"
for bad in "$tmp/cut.json" "$tmp/empty.json" "$tmp/nothing.json" "$SRC/traces/samples/dns.pcap"; do
	run 3 "$bad"
	grep -q 'az network lb show -o json' "$tmp/err" ||
	    fail "$bad: not said what to give"
	test ! -s "$tmp/out" || fail "$bad: something on stdout"
done
run 3 "$SRC/doc/config.yaml"
grep -q 'fairlead check -c FILE' "$tmp/err" || fail 'our own: not said'
run 3 names.txt
grep -q 'names.txt: line 1, column 1' "$tmp/err" || fail 'no JSON: no place'
run 3 nics.json
grep -q 'there is no load balancer in it' "$tmp/err" || fail 'NICs: not said'
run 3 "$tmp/absent"
run 2
run 2 rest.json rest.json
run 2 rest.json --addresses rest.json
echo 'web-1 10.0.0.4' >"$tmp/bad"
run 2 rest.json --addresses "$tmp/bad"
grep -q "line 1: 'web-1 10.0.0.4' is no name=address" "$tmp/err" ||
    fail 'a bad line: not said'

# Parameters: as the Azure CLI takes them, the last one counts.
cp parameters.json "$tmp/a=b.json"
python3 -c 'import json, sys
json.dump(json.load(open("parameters.json"))["parameters"], sys.stdout)' \
    >"$tmp/bare.json"
run 0 parameters-template.json --parameters parameters.json
cp "$tmp/out" "$tmp/wanted"
for given in @parameters.json "$tmp/a=b.json" "$tmp/bare.json"; do
	run 0 parameters-template.json --parameters "$given"
	cmp -s "$tmp/out" "$tmp/wanted" || fail "--parameters $given: another"
done
run 0 parameters-template.json --parameters parameters.json \
    --parameters LBNAME=other --parameters 'ports=[8080]' --parameters no=1
grep -q 'The load balancer other,' "$tmp/out" || fail 'a word does not count'
grep -q 'frontend_port: 8080' "$tmp/out" || fail 'a list does not count'
! grep -q 'frontend_port: 80$' "$tmp/out" || fail 'the file counts, too'
grep -q '  no: --parameters gives it, and the document declares no' \
    "$tmp/err" || fail 'a parameter of nobody: not said'
run 0 parameters-template.json --parameters parameters.json \
    --parameters 'lbName=[resourceGroup().name]' # no expression, Azure says
grep -q 'The load balancer \[resourceGroup().name\],' "$tmp/out" ||
    fail 'a value was evaluated'
run 3 parameters.json
grep -q 'these with --parameters' "$tmp/err" || fail 'parameters alone'
# given TEXT WHAT: no parameters, said why
given() {
	printf '%s' "$1" >"$tmp/given"
	run 2 parameters-template.json --parameters "$tmp/given"
	grep -q -F -e "$2" "$tmp/err" || fail "no parameters: $(cat "$tmp/err")"
}
given '[1]' 'no parameters in this JSON'
given '{}' 'no parameters in this JSON'
given '{"parameters": {"a": 1}}' 'no parameters in this JSON'
given '{"a": ' 'line 1, column'
given "using 'main.bicep'" 'az bicep build-params'
run 2 parameters-template.json --parameters parameters-template.json
grep -q 'this is a template' "$tmp/err" || fail 'a template as parameters'
run 2 parameters-template.json --parameters "$tmp/absent"
run 2 parameters-template.json --parameters =3

# A file is whole, and nobody's is replaced unasked.
run 0 rest.json -o "$tmp/lb.yaml"
run 2 rest.json -o "$tmp/lb.yaml"
grep -q -e --force "$tmp/err" || fail 'a file that is there: no way out'
run 0 rest.json -o "$tmp/lb.yaml" --force
run 0 rest.json
cmp -s "$tmp/out" "$tmp/lb.yaml" || fail 'the file is not what is printed'
run 5 rest.json -o "$tmp/absent/lb.yaml"
"$FAIRLEAD" check -c "$tmp/lb.yaml" >/dev/null 2>"$tmp/err" ||
    fail "what was imported is refused: $(cat "$tmp/err")"

run 0 --json rest.json
python3 - "$tmp/out" "$tmp/lb.yaml" <<'END' || fail 'import --json'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["configuration"] == open(sys.argv[2]).read()
assert d["name"] == "ilb" and d["missing"] == 0
assert {n["kind"] for n in d["notes"]} == \
    {"assumed", "not_modelled", "unknown"}
END

# Where a configuration is wanted, one sentence leads here.
printf '\357\273\277\n ' | cat - rest.json >"$tmp/marked.json"
printf '%s\n' 'backendAddressPools: []' 'frontendIpConfigurations:' '- name: a' \
    >"$tmp/az.yaml"
for f in cli-new.json cli-old-list.json rest.json template.json symbols.json \
    nested.json parameters.json "$tmp/marked.json" "$tmp/az.yaml"; do
	for how in "check -c $f" "sim -c $f $SRC/traces/samples/dns.pcap"; do
		got=0
		"$FAIRLEAD" $how >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
		test "$got" = 2 || fail "$how: exit $got, not 2"
		grep -q "^$f:1:1: this is Azure's.*fairlead import" "$tmp/err" ||
		    fail "$how: not led to import: $(head -n 3 "$tmp/err")"
		test "$(grep -c : "$tmp/err")" -le 2 || fail "$how: says more"
	done
done
# JSON that is one is a configuration.
printf '{ "frontends": [ { "name": "fe", "address": "10.0.0.1" } ] }' \
    >"$tmp/ours.json"
"$FAIRLEAD" check -c "$tmp/ours.json" >/dev/null 2>"$tmp/err" ||
    fail "our own as JSON is refused: $(cat "$tmp/err")"

# Hostile: names that are no YAML, expressions without an end, deep nesting.
python3 - "$tmp" <<'END'
import json, sys
t = sys.argv[1]
lb = {"name": "x", "sku": {"name": "Standard"}, "frontendIPConfigurations": [
    {"name": "a: [b\n# c", "privateIPAddress": "10.0.0.1"},
    {"name": "\"quoted\\", "privateIPAddress": "not: an address"}]}
json.dump(lb, open(t + "/names.json", "w"))
v = {"v%d" % i: "[variables('v%d')]" % ((i + 1) % 3) for i in range(3)}
lb["frontendIPConfigurations"] = [{"name": "[" + "concat(" * 5000},
    {"name": "[variables('v0')]"}, {"name": "[format('{9}')]"}]
json.dump({"variables": v, "resources": [
    dict(lb, type="Microsoft.Network/loadBalancers")]},
    open(t + "/loop.json", "w"))
open(t + "/deep.json", "w").write("[" * 100000)
END
run 4 "$tmp/names.json"
grep -q '^  - name: "a: \[b\\u000a# c"$' "$tmp/out" ||
    fail 'a name escapes from its quotes'
run 4 "$tmp/loop.json"
run 3 "$tmp/deep.json"

exit $status
