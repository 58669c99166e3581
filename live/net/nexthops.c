/* SPDX-License-Identifier: MIT */
#include "live/net/nexthops.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "live/xdp/forward_io.h"

/* Stale neighbours asked again at a time, members' apart. */
#define STALE_MAX 1024u
/* enum netdev_xdp_act: takes frames that another interface redirects. */
#define XDP_FEATURE_XMIT 4

/* A member, by id. */
struct target {
	bool wanted;
	bool routed; /* ifindex and via are known */
	bool fresh;  /* its neighbour is known and not stale */
	bool fixed;  /* its neighbour is written down */
	uint32_t ifindex;
	struct lb_addr addr, via;
};

struct live_nexthops {
	struct live_netlink *netlink;
	uint64_t *words; /* mapped: next_hops */
	int ports_fd, rows_fd;
	struct target *targets;
	uint32_t target_count;
	struct {
		uint32_t ifindex; /* 0: a free row */
		bool seen;        /* by the refresh that is under way */
		struct forward_port port;
	} ports[FORWARD_PORTS_MAX]; /* by row */
	struct live_neighbour stale[STALE_MAX];
	uint32_t stale_count;
};

struct live_nexthops *
live_nexthops_new(struct live_netlink *netlink)
{
	struct live_nexthops *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	h->netlink = netlink;
	h->ports_fd = h->rows_fd = -1;
	return h;
}

static void
let_go(struct live_nexthops *h)
{
	if (h->words != NULL)
		(void)munmap(h->words, FORWARD_MEMBERS * sizeof(*h->words));
	if (h->ports_fd >= 0)
		(void)close(h->ports_fd);
	if (h->rows_fd >= 0)
		(void)close(h->rows_fd);
}

void
live_nexthops_free(struct live_nexthops *h)
{
	if (h == NULL)
		return;
	let_go(h);
	free(h->targets);
	free(h);
}

/* --- interfaces ---------------------------------------------------------- */

/* Linux before 6.3 doesn't tell; of what is made of software most take none. */
static bool
takes_frames(const struct live_link *link)
{
	static const char *const take[] = { "", "veth", "bond", "tun" };
	int64_t features = live_netlink_xdp_features(link->ifindex);
	if (features >= 0)
		return (features & XDP_FEATURE_XMIT) != 0;
	for (size_t i = 0; i < LB_COUNT(take); i++)
		if (strcmp(link->kind, take[i]) == 0)
			return true;
	return false;
}

/* Row of an interface, or with 0 a free one; FORWARD_PORTS_MAX: none. */
static uint32_t
port_row(const struct live_nexthops *h, uint32_t ifindex)
{
	uint32_t row = 0;
	while (row < FORWARD_PORTS_MAX && h->ports[row].ifindex != ifindex)
		row++;
	return row;
}

static void
put_port(struct live_nexthops *h, uint32_t row)
{
	(void)bpf_map_update_elem(h->ports_fd, &row, &h->ports[row].port, 0);
	(void)bpf_map_update_elem(h->rows_fd, &h->ports[row].ifindex, &row, 0);
}

/* What one without tags of its own can do. */
static uint8_t
plain_flags(const struct live_link *link)
{
	uint8_t flags = 0;
	/* A veth's far end takes what XDP_TX sends only from a program. */
	if (strcmp(link->kind, "veth") != 0)
		flags |= FORWARD_PORT_TX;
	if (!takes_frames(link))
		flags |= FORWARD_PORT_KERNEL;
	return flags;
}

/* Of a VLAN, what the one below can, which is in the list already or, if it is
 * not, at the next refresh.  Two tags are the kernel's to write. */
static uint8_t
vlan_flags(const struct live_nexthops *h, const struct live_link *link)
{
	uint32_t row =
	    link->lower != 0 ? port_row(h, link->lower) : FORWARD_PORTS_MAX;
	if (row == FORWARD_PORTS_MAX || h->ports[row].port.vlan != 0)
		return FORWARD_PORT_KERNEL;
	return h->ports[row].port.flags;
}

static struct forward_port
port_of(const struct live_nexthops *h, const struct live_link *link)
{
	struct forward_port port = {
		.ifindex = link->lower != 0 ? link->lower : link->ifindex,
		.mtu = link->mtu,
		.vlan = link->vlan,
		.flags =
		    link->vlan != 0 ? vlan_flags(h, link) : plain_flags(link),
	};
	memcpy(port.mac, link->mac, sizeof(port.mac));
	return port;
}

static void
on_link(void *arg, const struct live_link *link)
{
	struct live_nexthops *h = arg;
	struct forward_port port = port_of(h, link);
	uint32_t row = port_row(h, link->ifindex);
	bool known = row < FORWARD_PORTS_MAX;
	if (!known)
		row = port_row(h, 0);
	if (row == FORWARD_PORTS_MAX)
		return; /* the kernel forwards there */
	h->ports[row].seen = true;
	if (known && memcmp(&h->ports[row].port, &port, sizeof(port)) == 0)
		return;
	h->ports[row].ifindex = link->ifindex;
	h->ports[row].port = port;
	put_port(h, row);
}

/* Rows of interfaces that are no more; nobody's route leads there now. */
static void
free_ports(struct live_nexthops *h)
{
	for (uint32_t row = 0; row < FORWARD_PORTS_MAX; row++) {
		if (h->ports[row].ifindex != 0 && !h->ports[row].seen) {
			(void)bpf_map_delete_elem(
			    h->rows_fd, &h->ports[row].ifindex);
			h->ports[row].ifindex = 0;
		}
		h->ports[row].seen = false;
	}
}

/* --- members ------------------------------------------------------------- */

static void
set_word(struct live_nexthops *h, uint32_t id, uint64_t word)
{
	if (__atomic_load_n(&h->words[id], __ATOMIC_RELAXED) != word)
		__atomic_store_n(&h->words[id], word, __ATOMIC_RELEASE);
}

static uint64_t
word_of(const struct live_nexthops *h, const struct live_neighbour *neighbour)
{
	uint32_t row = port_row(h, neighbour->ifindex);
	uint64_t word = 0;
	if (!neighbour->valid || row == FORWARD_PORTS_MAX)
		return 0;
	memcpy(&word, neighbour->mac, sizeof(neighbour->mac));
	return word | (uint64_t)(row + 1) << FORWARD_HOP_PORT_SHIFT;
}

/* The members behind a neighbour: true when there are any. */
static bool
put_neighbour(struct live_nexthops *h, const struct live_neighbour *neighbour)
{
	uint64_t word = word_of(h, neighbour);
	bool any = false;
	for (uint32_t id = 0; id < h->target_count; id++) {
		struct target *t = &h->targets[id];
		if (!t->routed || t->ifindex != neighbour->ifindex ||
		    !lb_addr_same(&t->via, &neighbour->addr))
			continue;
		t->fresh = word != 0 && !neighbour->stale;
		t->fixed = neighbour->fixed;
		set_word(h, id, word);
		any = true;
	}
	return any;
}

void
live_nexthops_neighbour(
    struct live_nexthops *h, const struct live_neighbour *neighbour)
{
	(void)put_neighbour(h, neighbour);
}

/* Of several members at one address the first: it is one neighbour. */
void
live_nexthops_doubt(struct live_nexthops *h, const struct lb_addr *member)
{
	for (uint32_t id = 0; id < h->target_count; id++) {
		const struct target *t = &h->targets[id];
		if (!t->routed || t->fixed || !lb_addr_same(&t->addr, member) ||
		    !lb_addr_same(&t->via, member))
			continue;
		(void)live_netlink_forget(h->netlink, t->ifindex, &t->via);
		(void)live_netlink_resolve(h->netlink, t->ifindex, &t->via);
		return;
	}
}

static void
on_neighbour(void *arg, const struct live_neighbour *neighbour)
{
	struct live_nexthops *h = arg;
	if (!put_neighbour(h, neighbour) && neighbour->valid &&
	    neighbour->stale && h->stale_count < STALE_MAX)
		h->stale[h->stale_count++] = *neighbour;
}

/* How each member is reached now.  Whose way changed is unknown until its new
 * neighbour turns up in the list that is asked for next. */
static void
find_routes(struct live_nexthops *h)
{
	for (uint32_t id = 0; id < h->target_count; id++) {
		struct target *t = &h->targets[id];
		struct live_route route;
		if (!t->wanted)
			continue;
		bool routed =
		    live_netlink_route(h->netlink, &t->addr, &route) == 0 &&
		    !route.local && route.ifindex != 0;
		if (routed && t->routed && t->ifindex == route.ifindex &&
		    lb_addr_same(&t->via, &route.via)) {
			t->fresh = false;
			continue;
		}
		set_word(h, id, 0);
		t->routed = routed;
		t->fresh = false;
		t->ifindex = route.ifindex;
		t->via = route.via;
	}
}

static void
resolve(struct live_nexthops *h)
{
	for (uint32_t id = 0; id < h->target_count; id++) {
		const struct target *t = &h->targets[id];
		if (t->routed && !t->fresh)
			(void)live_netlink_resolve(
			    h->netlink, t->ifindex, &t->via);
	}
	for (uint32_t i = 0; i < h->stale_count; i++)
		(void)live_netlink_resolve(
		    h->netlink, h->stale[i].ifindex, &h->stale[i].addr);
}

int
live_nexthops_refresh(struct live_nexthops *h)
{
	h->stale_count = 0;
	int rc = live_netlink_links(h->netlink, on_link, h);
	if (rc != 0)
		return rc;
	find_routes(h);
	free_ports(h);
	rc = live_netlink_neighbours(h->netlink, on_neighbour, h);
	if (rc == 0)
		resolve(h);
	return rc;
}

bool
live_nexthops_known(const struct live_nexthops *h, uint16_t member)
{
	return member < h->target_count && h->targets[member].wanted &&
	       h->words[member] != 0;
}

void
live_nexthops_count(
    const struct live_nexthops *h, uint32_t *known, uint32_t *unknown)
{
	*known = *unknown = 0;
	for (uint32_t id = 0; id < h->target_count; id++) {
		if (h->targets[id].wanted && h->words[id] != 0)
			(*known)++;
		else if (h->targets[id].wanted)
			(*unknown)++;
	}
}

/* --- maps ---------------------------------------------------------------- */

static struct target *
targets_of(const struct lb_plan *plan)
{
	struct target *targets =
	    calloc(plan->member_count + 1u, sizeof(*targets));
	for (uint32_t id = 0; targets != NULL && id < plan->member_count; id++)
		if (plan->members[id].name != NULL)
			targets[id] = (struct target){ .wanted = true,
				.addr = plan->members[id].address };
	return targets;
}

/* Who was there already keeps what is known of him; of the others nothing is
 * known, and who had that id before is gone. */
static void
carry_over(const struct live_nexthops *h, struct live_nexthops *new)
{
	for (uint32_t id = 0; id < FORWARD_MEMBERS; id++) {
		uint64_t word = 0;
		if (id < h->target_count && id < new->target_count &&
		    h->targets[id].wanted &&new->targets[id].wanted
			&&lb_addr_same(
			    &h->targets[id].addr, &new->targets[id].addr)) {
			new->targets[id] = h->targets[id];
			word = h->words[id];
		}
		set_word(new, id, word);
	}
}

void
live_nexthops_drop(struct live_nexthops *change)
{
	live_nexthops_free(change);
}

struct live_nexthops *
live_nexthops_prepare(const struct live_nexthops *h,
    const struct live_engine *engine, const struct lb_plan *plan)
{
	struct live_nexthops *new = live_nexthops_new(h->netlink);
	if (new == NULL)
		return NULL;
	new->targets = targets_of(plan);
	new->target_count = plan->member_count;
	new->words = live_engine_mmap(
	    engine, "next_hops", FORWARD_MEMBERS * sizeof(*new->words));
	new->ports_fd = dup(live_engine_map(engine, "ports"));
	new->rows_fd = dup(live_engine_map(engine, "port_rows"));
	if (new->targets != NULL &&new->words != NULL &&new->ports_fd >= 0 &&
	    new->rows_fd >= 0)
		return new;
	int code = errno;
	live_nexthops_drop(new);
	errno = code;
	return NULL;
}

/* What it knows of members and interfaces goes over. */
int
live_nexthops_commit(struct live_nexthops *h, struct live_nexthops *change)
{
	carry_over(h, change);
	let_go(h);
	free(h->targets);
	h->words = change->words;
	h->ports_fd = change->ports_fd;
	h->rows_fd = change->rows_fd;
	h->targets = change->targets;
	h->target_count = change->target_count;
	free(change);
	for (uint32_t row = 0; row < FORWARD_PORTS_MAX; row++)
		if (h->ports[row].ifindex != 0)
			put_port(h, row);
	return live_nexthops_refresh(h);
}

int
live_nexthops_use(struct live_nexthops *h, const struct live_engine *engine,
    const struct lb_plan *plan)
{
	struct live_nexthops *change = live_nexthops_prepare(h, engine, plan);
	return change != NULL ? live_nexthops_commit(h, change) : -errno;
}
