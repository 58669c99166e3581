/* SPDX-License-Identifier: MIT */
#include "live/check/precheck.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live/bpf/beside.h"
#include "live/bpf/engine.h"
#include "live/bpf/pins.h"
#include "live/bpf/privilege.h"
#include "live/check/probe_notes.h"
#include "live/check/rule_notes.h"
#include "live/check/switching.h"
#include "live/control/control.h"
#include "live/net/claims.h"
#include "live/net/host.h"
#include "live/net/netlink.h"
#include "live/out/http.h"
#include "live/xdp/forward_io.h"
#include "model/config/names.h"

#define LINKS_MAX  1024u
#define TEXT_BYTES LIVE_PROBE_TEXT_BYTES

/* enum netdev_xdp_act, <linux/netdev.h> since Linux 6.3. */
#define XDP_FEATURE_BASIC 1
#define XDP_FEATURE_XMIT  4

struct precheck {
	const struct live_settings *settings;
	const struct lb_config *config;
	void (*say)(void *arg, enum live_finding finding, const char *about,
	    const char *text);
	void *arg;
	unsigned failures;
	struct live_netlink *netlink;
	struct live_link links[LINKS_MAX];
	size_t link_count;
	char member[2 * LB_NAME_MAX + 2]; /* that is checked: POOL/NAME */
};

static void say(struct precheck *p, enum live_finding finding,
    const char *about, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
say(struct precheck *p, enum live_finding finding, const char *about,
    const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	p->failures += finding == LIVE_WOULD_FAIL;
	p->say(p->arg, finding, about, text);
}

static void
keep_link(void *arg, const struct live_link *link)
{
	struct precheck *p = arg;
	if (p->link_count < LINKS_MAX)
		p->links[p->link_count++] = *link;
}

static const struct live_link *
link_of(const struct precheck *p, const char *name, uint32_t ifindex)
{
	for (size_t i = 0; i < p->link_count; i++)
		if (name != NULL ? strcmp(p->links[i].name, name) == 0
				 : p->links[i].ifindex == ifindex)
			return &p->links[i];
	return NULL;
}

/* --- the machine --------------------------------------------------------- */

static void
check_program(struct precheck *p)
{
	char error[TEXT_BYTES];
	struct lb_problems problems = { 0 };
	struct lb_plan *plan =
	    lb_plan_compile(p->config, NULL, NULL, &problems);
	for (size_t i = 0; i < problems.count; i++)
		say(p,
		    problems.at[i].warning ? LIVE_WOULD_WARN : LIVE_WOULD_FAIL,
		    "plan", "%s", problems.at[i].what);
	lb_problems_free(&problems);
	if (plan == NULL)
		return;
	/* The verifier's answer does not depend on the tables' sizes. */
	plan->buckets4 = plan->buckets6 = plan->port_buckets = 1;
	struct live_engine *engine =
	    live_engine_load("forward.bpf.o", plan, error, sizeof(error));
	if (engine == NULL)
		say(p, LIVE_WOULD_FAIL, "", "%s", error);
	live_engine_free(engine);
	lb_plan_free(plan);
}

static void
check_machine(struct precheck *p)
{
	if (!live_bpffs_mounted())
		say(p, LIVE_WOULD_FAIL, "",
		    "%s is no BPF file system: mount -t bpf bpf %s", LIVE_BPFFS,
		    LIVE_BPFFS);
	if (geteuid() != 0) {
		say(p, LIVE_WOULD_FAIL, "",
		    "not root: loading and attaching BPF programs takes "
		    "privilege");
		return; /* what the kernel would say is not known */
	}
	check_program(p);
	if (!live_can_extend())
		say(p, p->settings->beside ? LIVE_WOULD_WARN : LIVE_WOULD, "",
		    "by a bare bpf_link, one XDP program an "
		    "interface: this kernel has no program extensions, which "
		    "libxdp's dispatcher takes");
	else if (!live_beside_built())
		say(p, p->settings->beside ? LIVE_WOULD_WARN : LIVE_WOULD, "",
		    "by a bare bpf_link, one XDP program an "
		    "interface: this fairlead was built without libxdp");
	else if (p->settings->beside && !live_privilege_admin())
		say(p, LIVE_WOULD_WARN, "",
		    "by a bare bpf_link, one XDP program an interface: "
		    "libxdp's "
		    "dispatcher takes CAP_SYS_ADMIN");
	else if (p->settings->beside)
		say(p, LIVE_WOULD, "",
		    "under libxdp's dispatcher, with room for other XDP "
		    "programs");
	else
		say(p, LIVE_WOULD, "",
		    "by a bare bpf_link, one XDP program an interface, except "
		    "where libxdp's dispatcher is already (or with --beside)");
}

/* --- who is there already ------------------------------------------------- */

static void
check_taken(struct precheck *p)
{
	const struct live_settings *s = p->settings;
	char path[128], error[TEXT_BYTES];
	if (live_pins_busy(s->pin_name))
		say(p, LIVE_WOULD_FAIL, "",
		    "a fairlead live with --pin-name %s is running: end it "
		    "first, or use another name",
		    s->pin_name);
	else if (live_control_taken(
		     s->control != NULL
			 ? s->control
			 : live_control_path(s->pin_name, path, sizeof(path)),
		     error, sizeof(error)))
		say(p, LIVE_WOULD_FAIL, "", "%s", error);
	if (s->metrics != NULL &&
	    live_http_taken(s->metrics, error, sizeof(error)))
		say(p, LIVE_WOULD_FAIL, "", "--metrics: %s", error);
}

/* --- interfaces ---------------------------------------------------------- */

static void
check_driver(struct precheck *p, const struct live_link *link)
{
	const enum live_mode mode = p->settings->mode;
	int64_t features = live_netlink_xdp_features(link->ifindex);
	const char *why = NULL;
	if (features >= 0 && (features & XDP_FEATURE_BASIC) == 0)
		why = "its driver has no native XDP";
	if (mode == LIVE_MODE_GENERIC)
		say(p, LIVE_WOULD, link->name, "generic XDP");
	else if (why == NULL)
		say(p, LIVE_WOULD, link->name, "native XDP%s",
		    features < 0 ? ", if the driver has it" : "");
	else if (mode == LIVE_MODE_NATIVE)
		say(p, LIVE_WOULD_FAIL, link->name, "%s: --mode generic", why);
	else
		say(p, LIVE_WOULD_WARN, link->name,
		    "generic XDP, several times slower: %s", why);
}

static void
check_veth(struct precheck *p, const struct live_link *link)
{
	int64_t features = live_netlink_xdp_features(link->ifindex);
	say(p, LIVE_WOULD_WARN, link->name,
	    "a veth: what is made on its other end comes with unfinished "
	    "checksums, which forwarding by XDP breaks: there, ethtool -K IF "
	    "tx off");
	if (features >= 0 && (features & XDP_FEATURE_XMIT) == 0)
		say(p, LIVE_WOULD_WARN, link->name,
		    "its other end takes no redirected frames, so the kernel "
		    "forwards there, slower: there, ethtool -K IF gro on");
}

static void
check_forwarding(struct precheck *p, const char *name)
{
	bool four = false, six = false;
	for (size_t i = 0; i < p->config->frontend_count; i++) {
		bool is_v4 = lb_addr_is_v4(&p->config->frontends[i].address);
		four |= is_v4;
		six |= !is_v4;
	}
	if (four && live_host_forwards(name, false) == 0)
		say(p, LIVE_WOULD_FAIL, name,
		    "IPv4 forwarding is off, so answers find no way: sysctl "
		    "-w net.ipv4.conf.%s.forwarding=1",
		    name);
	if (six && live_host_forwards(name, true) == 0)
		say(p, LIVE_WOULD_FAIL, name,
		    "IPv6 forwarding is off, so answers find no way: sysctl "
		    "-w net.ipv6.conf.%s.forwarding=1",
		    name);
}

/* As the start would say it. */
static void
say_taken(struct precheck *p, const struct live_link *link)
{
	char who[TEXT_BYTES];
	if (live_attach_who(link->ifindex, who, sizeof(who)))
		say(p, LIVE_WOULD_FAIL, link->name, "%s", who);
	else
		say(p, LIVE_WOULD_FAIL, link->name,
		    "another XDP program is attached: take it off first%s",
		    live_can_extend() && live_beside_built()
			? ", and load it again by xdp-loader"
			: "");
}

static void
check_interface(struct precheck *p, const char *name)
{
	const struct live_link *link = link_of(p, name, 0);
	struct live_pins pins;
	if (link == NULL) {
		say(p, LIVE_WOULD_FAIL, name,
		    "there is no such interface (ip link lists them)");
		return;
	}
	(void)snprintf(pins.folder, sizeof(pins.folder),
	    LIVE_PINS_ROOT "/%u/%s", FORWARD_LAYOUT, p->settings->pin_name);
	bool ours = live_attached(&pins, link->ifindex);
	if (ours)
		say(p, LIVE_WOULD, name, "would be adopted: it forwards now");
	else if (live_can_extend() && live_beside_dispatcher(link->ifindex))
		say(p, LIVE_WOULD, name, "joins libxdp's dispatcher there");
	else if (link->xdp) {
		say_taken(p, link);
		return; /* what would come after that is not the question */
	}
	if (!link->up)
		say(p, LIVE_WOULD_WARN, name, "is down: ip link set %s up",
		    name);
	if (!ours)
		check_driver(p, link);
	if (strcmp(link->kind, "veth") == 0)
		check_veth(p, link);
	if (link->vlan != 0)
		say(p, LIVE_WOULD_WARN, name,
		    "a VLAN: attach to the interface below it, whose frames' "
		    "tags are read");
	if (p->config->forwarding == LB_FORWARDING_NAT)
		check_forwarding(p, name);
}

static void
check_interfaces(struct precheck *p)
{
	const struct live_settings *s = p->settings;
	for (size_t i = 0; i < s->interface_count; i++)
		check_interface(p, s->interfaces[i]);
	if (s->interface_count > 0)
		return;
	for (size_t i = 0; i < p->config->interface_count; i++)
		check_interface(p, p->config->interfaces[i]);
	if (p->config->interface_count == 0)
		say(p, LIVE_WOULD_FAIL, "",
		    "no interface is named (sim needs none): --interface IF, "
		    "or forwarding.interfaces in the configuration");
}

/* --- addresses ----------------------------------------------------------- */

static void
check_frontend(struct precheck *p, const struct lb_config_frontend *frontend)
{
	char address[64];
	(void)lb_addr_text(&frontend->address, address, sizeof(address));
	if (live_host_has(&frontend->address)) {
		if (!live_frontend_closed(
			p->config, (size_t)(frontend - p->config->frontends)))
			say(p, LIVE_WOULD_WARN, frontend->name, "%s is %s",
			    address, LIVE_FRONTEND_OPEN);
		return;
	}
	if (p->config->answer_neighbours)
		say(p, LIVE_WOULD, frontend->name,
		    "%s is answered for on the links of the interfaces, while "
		    "a rule names it: nobody else there may do that",
		    address);
	else
		say(p, LIVE_WOULD_WARN, frontend->name,
		    "%s is no address of this machine, so nobody answers for "
		    "it on the link: clients need a route to it by this "
		    "machine, or set forwarding.answer_neighbours, or ip addr "
		    "add %s/%u dev IF",
		    address, address,
		    lb_addr_is_v4(&frontend->address) ? 32 : 128);
}

/* No connected subnet has it. */
static void
check_gateway(struct precheck *p, const struct live_route *route)
{
	char via[64];
	(void)lb_addr_text(&route->via, via, sizeof(via));
	if (p->config->forwarding == LB_FORWARDING_L2DSR)
		say(p, LIVE_WOULD_FAIL, p->member,
		    "l2dsr changes link addresses only, and it is behind the "
		    "gateway %s: put it on a link of this machine, or use nat",
		    via);
	else
		say(p, LIVE_WOULD_WARN, p->member,
		    "is on no link of this machine but behind the gateway %s, "
		    "which has to send its answers this way, too",
		    via);
}

/* Is the interface of a route one of those with the program? */
static bool
is_watched(const struct precheck *p, const struct live_link *link)
{
	const struct live_settings *s = p->settings;
	size_t count = s->interface_count > 0 ? s->interface_count
					      : p->config->interface_count;
	/* A VLAN's frames pass the interface below it. */
	const struct live_link *below =
	    link->lower != 0 ? link_of(p, NULL, link->lower) : NULL;
	for (size_t i = 0; i < count; i++) {
		const char *name = s->interface_count > 0
				       ? s->interfaces[i]
				       : p->config->interfaces[i];
		if (strcmp(name, link->name) == 0 ||
		    (below != NULL && strcmp(name, below->name) == 0))
			return true;
	}
	return false;
}

/* What members send has to come by here, and what appliances pass on must
 * not. */
static void
check_way_back(struct precheck *p, const struct lb_config_member *member,
    const struct live_link *link, const struct live_pool_use *use)
{
	char address[64];
	(void)lb_addr_text(&member->address, address, sizeof(address));
	bool watched = is_watched(p, link);
	if (!watched && use->answers)
		say(p, LIVE_WOULD_WARN, p->member,
		    "%s is reached by %s, which is not among the interfaces: "
		    "its answers would keep its own address; name %s too",
		    address, link->name, link->name);
	if (watched && use->hop != NULL)
		say(p, LIVE_WOULD_WARN, p->member,
		    "%s is reached by %s, which is among the interfaces, and "
		    "rule %s is the ha_next_hop: what it passes on and sends "
		    "back by %s is taken again, round and round; leave %s out "
		    "of the interfaces",
		    address, link->name, use->hop, link->name, link->name);
}

static void
check_member(struct precheck *p, const struct lb_config_member *member,
    const struct live_pool_use *use)
{
	char address[64];
	struct live_route route;
	(void)lb_addr_text(&member->address, address, sizeof(address));
	int rc = live_netlink_route(p->netlink, &member->address, &route);
	if (rc != 0) {
		say(p, LIVE_WOULD_WARN, p->member,
		    "there is no route to %s (%s): its packets will be lost",
		    address, strerror(-rc));
		return;
	}
	if (route.local) {
		say(p, LIVE_WOULD_WARN, p->member,
		    "%s is this machine itself, whose answers pass no "
		    "interface, and so keep its address",
		    address);
		return;
	}
	if (!lb_addr_same(&route.via, &member->address))
		check_gateway(p, &route);
	const struct live_link *link = link_of(p, NULL, route.ifindex);
	if (link != NULL && p->config->forwarding == LB_FORWARDING_NAT)
		check_way_back(p, member, link, use);
}

/* The interface by which two members or more of a pool are reached without a
 * gateway; NULL: there is none. */
static const struct live_link *
shared_link(const struct precheck *p, const struct lb_config_pool *pool)
{
	uint32_t met[LINKS_MAX] = { 0 };
	uint32_t count = 0;
	for (size_t m = 0; m < pool->member_count; m++) {
		const struct lb_addr *to = &pool->members[m].address;
		struct live_route route;
		if (live_netlink_route(p->netlink, to, &route) != 0 ||
		    route.local || !lb_addr_same(&route.via, to))
			continue;
		for (uint32_t i = 0; i < count; i++)
			if (met[i] == route.ifindex)
				return link_of(p, NULL, route.ifindex);
		if (count < LINKS_MAX)
			met[count++] = route.ifindex;
	}
	return NULL;
}

/* Neighbours answer each other directly. */
static void
check_hairpin(struct precheck *p, const struct lb_config_pool *pool)
{
	const struct live_link *link = shared_link(p, pool);
	if (link != NULL)
		say(p, LIVE_WOULD, pool->name,
		    "members share the link of %s: as clients of their own "
		    "pool's frontends they would get no answer, for it does "
		    "not pass here; give each a route to the others by this "
		    "machine",
		    link->name);
}

static void
check_members(struct precheck *p)
{
	for (size_t i = 0; i < p->config->pool_count; i++) {
		const struct lb_config_pool *pool = &p->config->pools[i];
		const struct live_pool_use use = live_pool_use(p->config, i);
		for (size_t m = 0; m < pool->member_count; m++) {
			(void)snprintf(p->member, sizeof(p->member), "%s/%s",
			    pool->name, pool->members[m].name);
			check_member(p, &pool->members[m], &use);
		}
	}
}

/* Not at a start: it is no fault. */
static void
check_pools(struct precheck *p)
{
	for (size_t i = 0; i < p->config->pool_count; i++)
		if (live_pool_use(p->config, i).hairpin)
			check_hairpin(p, &p->config->pools[i]);
}

static void
check_addresses(struct precheck *p)
{
	for (size_t i = 0; i < p->config->frontend_count; i++)
		check_frontend(p, &p->config->frontends[i]);
	size_t beyond = live_claims_beyond(p->config);
	if (beyond > 0)
		say(p, LIVE_WOULD_WARN, "", "%zu: %s", beyond,
		    LIVE_CLAIMS_BEYOND);
	check_members(p);
	check_pools(p);
}

/* --- probes -------------------------------------------------------------- */

static void
tell_probe(void *arg, enum live_finding finding,
    const struct lb_config_probe *probe, struct lb_where where,
    const char *text)
{
	(void)where;
	say(arg, finding, probe->name, "%s", text);
}

static void
check_probes(struct precheck *p)
{
	char text[LIVE_PROBE_TEXT_BYTES];
	if (p->config->probe_count > 0)
		say(p, LIVE_WOULD, "probes",
		    "a member that is new is no candidate until its probe was "
		    "answered well, probe_threshold times in a row");
	for (size_t i = 0; i < p->config->probe_count; i++) {
		live_probe_describe(&p->config->probes[i], text, sizeof(text));
		say(p, LIVE_WOULD, p->config->probes[i].name, "%s", text);
	}
	(void)live_probe_notes(p->config, tell_probe, p);
}

/* --- rules --------------------------------------------------------------- */

static void
tell_rule(
    void *arg, enum live_finding finding, const char *about, const char *text)
{
	say(arg, finding, about, "%s", text);
}

/* --- sim ----------------------------------------------------------------- */

static void
tell_difference(void *arg, const char *about, const char *text)
{
	say(arg, LIVE_UNLIKE_SIM, about, "%s", text);
}

void
live_precheck_members(const struct live_settings *settings,
    const struct lb_config *config, struct live_netlink *netlink,
    void (*tell)(void *arg, enum live_finding finding, const char *about,
	const char *text),
    void *arg)
{
	struct precheck *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return;
	p->settings = settings;
	p->config = config;
	p->say = tell;
	p->arg = arg;
	p->netlink = netlink;
	if (live_netlink_links(netlink, keep_link, p) == 0)
		check_members(p);
	free(p);
}

unsigned
live_precheck(const struct live_settings *settings,
    const struct lb_config *config,
    void (*tell)(void *arg, enum live_finding finding, const char *about,
	const char *text),
    void *arg)
{
	struct precheck *p = calloc(1, sizeof(*p));
	if (p == NULL) {
		tell(arg, LIVE_WOULD_FAIL, "", "no memory");
		return 1;
	}
	p->settings = settings;
	p->config = config;
	p->say = tell;
	p->arg = arg;
	(void)live_switching(config, tell_difference, p);
	check_machine(p);
	check_taken(p);
	check_probes(p);
	live_rule_notes(p->config, tell_rule, p);
	p->netlink = live_netlink_open();
	if (p->netlink == NULL ||
	    live_netlink_links(p->netlink, keep_link, p) != 0) {
		say(p, LIVE_WOULD_FAIL, "", "rtnetlink: %s", strerror(errno));
	} else {
		check_interfaces(p);
		check_addresses(p);
	}
	unsigned failures = p->failures;
	live_netlink_close(p->netlink);
	free(p);
	return failures;
}
