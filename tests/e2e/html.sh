#!/bin/sh
# report.html by parsers and a browser that are not ours: well-formed, no
# request, no error on the console, every link finds its file, tables sort.
set -eu
: "${FAIRLEAD:?names the program}" "${SRC:?names the source tree}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
failed=0

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

# A capture whose name is not to be trusted, one without packets, many
# backends, one mode alone.
evil="\"><img src=x onerror=alert(1)> ' & <b>.pcap"
cp "$SRC/traces/samples/coap.pcap" "$evil"
head -c 24 "$evil" >empty.pcap
sim() { # DIR ARGUMENT...
	"$FAIRLEAD" sim -q -o "$@" >out 2>&1 ||
	    fail "fairlead sim -o $*: $(cat out)"
}
sim evil "$evil"
sim empty empty.pcap
sim many --backends 200 "$SRC/traces/samples/web.pcap"
sim one --modes five-tuple "$SRC/traces/samples/web.pcap"

echo "== links"
for run in evil empty many one; do
	grep -o 'href="[^"#]*"' $run/report.html | sed 's/href="//;s/"$//' |
	    grep -v '^data:' >links
	test -s links || fail "$run: no link at all"
	while read -r link; do
		test -s "$run/$link" || fail "$run: nothing at $link"
	done <links
done

echo "== parser"
if command -v xmllint >/dev/null; then
	parse='xmllint --noout'
elif command -v python3 >/dev/null; then
	parse='python3 -c "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])"'
else
	parse=
	echo "neither xmllint nor python3: not asked"
fi
for run in evil empty many one; do
	test -z "$parse" || eval "$parse $run/report.html" >parsed 2>&1 ||
	    fail "$run: $(head -3 parsed)"
done

for browser in chromium chromium-browser google-chrome ''; do
	test -n "$browser" || break
	! command -v "$browser" >/dev/null || break
done
if [ -z "$browser" ]; then
	test $failed = 0 || exit 1
	echo "no chromium here: no browser was asked"
	exit 77
fi

# browse FILE: its document when all has run is in dom, what it said in console,
# what it asked the network for in requests
browse() {
	rm -rf profile
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu \
	    --user-data-dir="$dir/profile" --no-first-run \
	    --disable-background-networking --disable-component-update \
	    --disable-sync --disable-extensions \
	    --host-resolver-rules='MAP * ~NOTFOUND' \
	    --log-net-log="$dir/netlog" --enable-logging=stderr \
	    --virtual-time-budget=2000 --dump-dom "file://$dir/$1" \
	    >dom 2>log || fail "$browser does not end well: $(tail -3 log)"
	grep 'CONSOLE' log >console || :
	# The browser itself looks for its updates, the time and an account.
	own='update\.googleapis\.com/service/|clients2\.google\.com/time/'
	own="$own|accounts\.google\.com/ListAccounts"
	grep -o '"url":"[^"]*"' netlog | grep -v '"url":"\(file\|data\):' |
	    grep -Ev "^\"url\":\"https?://($own)" >requests || :
}

for run in evil empty many one; do
	echo "== browser: $run"
	browse $run/report.html
	grep -q '<button type="button">' dom || test $run = one ||
	    fail "$run: the script did not run"
	test ! -s console || fail "$run: $(cat console)"
	test ! -s requests || fail "$run asks for: $(cat requests)"
done

echo "== sort and filter"
# Clicks what a reader would; outside the page's own policy.
cat >click.js <<'CLICK'
var head = document.querySelectorAll('#backends-1 thead th');
function first() {
	return document.querySelector('#backends-1 tbody tr:not([hidden])')
	    .cells[0].textContent;
}
function say(id, text) {
	var p = document.createElement('p');
	p.textContent = 'said ' + id + ' ' + text + '.';
	document.body.appendChild(p);
}
say('before', first());
head[0].querySelector('button').click();
head[0].querySelector('button').click();
say('names', head[0].getAttribute('aria-sort') + ' ' + first());
head[5].querySelector('button').click();
var rows = document.querySelectorAll('#backends-1 tbody tr');
var bytes = Array.from(rows).map(function (row) {
	return Number(row.cells[5].textContent.replace(/\D/g, ''));
});
say('bytes', head[5].getAttribute('aria-sort') + ' ' +
    bytes.every(function (b, i) { return i == 0 || bytes[i - 1] >= b; }) +
    ' ' + bytes.length + ' ' + head[0].hasAttribute('aria-sort'));
var input = document.querySelector('#backends-1').parentNode
    .previousElementSibling.querySelector('input');
input.value = 'BACKEND-17';
input.dispatchEvent(new Event('input'));
say('filter', document.querySelectorAll(
    '#backends-1 tbody tr:not([hidden])').length);
CLICK
{
	sed '/Content-Security-Policy/d; /<\/body>/,$d' many/report.html
	echo '<script>'
	cat click.js
	echo '</script></body></html>'
} >many/clicked.html
browse many/clicked.html
for said in 'before backend-1' 'names descending backend-200' \
    'bytes descending true 200 false' 'filter 11'; do
	grep -q "said $said\\." dom ||
	    fail "sorting: not \"$said\": $(grep -o 'said [^<]*' dom | tr '\n' ' ')"
done
test ! -s console || fail "sorting: $(cat console)"

echo "== policy"
# What got into the page all the same would not run, nor be fetched.
sed 's|</main>|<script>document.title = "owned"</script><img src="http://192.0.2.1/x.png"/></main>|' \
    one/report.html >one/injected.html
browse one/injected.html
! grep -q '<title>owned' dom || fail "a strange script ran"
grep -q 'Content Security Policy' console || fail "the policy forbids nothing"
! grep -q '192\.0\.2\.1' requests || fail "a strange picture was asked for"

exit $failed
