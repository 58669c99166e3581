/* SPDX-License-Identifier: MIT */
#include "live/net/claims.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live/net/announce.h"
#include "live/net/host.h"
#include "live/out/log.h"
#include "model/config/names.h"

#define ANNOUNCEMENTS 3u /* RFC 5227 1.1 has 2; RFC 4861 10 at most 3 */
#define ANNOUNCE_MS   1000u
#define CONFLICT_NS   (10 * LB_NS_PER_S)
_Static_assert(FORWARD_OWNED_MAX == 4096, "LIVE_CLAIMS_BEYOND says so");
#define INTERFACES_MAX 256u /* as many as there can be with the program */

struct address {
	struct lb_addr addr;
	bool own;         /* the machine's: the kernel answers */
	bool joined;      /* its group, in all places that join */
	unsigned left;    /* announcements to come */
	uint64_t told_ns; /* when a conflict was logged; 0: never */
};

/* Where the link is told: an interface with the program, or a VLAN above it,
 * whose questions pass there and are answered with its link address. */
struct place {
	uint32_t ifindex;
	uint8_t mac[6];
	bool running, joins;
	unsigned left;
};

struct live_claims {
	struct live_netlink *netlink;
	uv_timer_t *timer; /* freed by its closing */
	int packet_fd, owned_fd;
	bool routes;
	struct address *addresses; /* all that might be answered for */
	size_t address_count;
	struct place places[INTERFACES_MAX];
	size_t place_count;
};

/* --- addresses ----------------------------------------------------------- */

static bool
is_new(const struct address *addresses, size_t count, const struct lb_addr *a)
{
	for (size_t i = 0; i < count; i++)
		if (lb_addr_same(&addresses[i].addr, a))
			return false;
	return true;
}

static void
mark(bool *used, int frontend)
{
	if (frontend >= 0)
		used[frontend] = true;
}

/* By frontend: does a rule of any kind name it?  NULL: no memory. */
static bool *
used_frontends(const struct lb_config *config)
{
	bool *used = calloc(config->frontend_count + 1, sizeof(*used));
	if (used == NULL)
		return NULL;
	for (size_t i = 0; i < config->rule_count; i++)
		mark(used, config->rules[i].frontend);
	for (size_t i = 0; i < config->nat_count; i++)
		mark(used, config->nats[i].frontend);
	for (size_t i = 0; i < config->outbound_count; i++)
		for (size_t f = 0; f < config->outbounds[i].frontend_count; f++)
			mark(used, config->outbounds[i].frontends[f]);
	return used;
}

/* As many as the program's map has room for; beyond: those for which it has
 * not. */
static struct address *
addresses_of(const struct lb_config *config, size_t *count, size_t *beyond)
{
	bool *used = used_frontends(config);
	struct address *to = calloc(config->frontend_count + 1, sizeof(*to));
	*count = *beyond = 0;
	if (used == NULL || to == NULL) {
		free(used);
		free(to);
		return NULL;
	}
	for (size_t i = 0;
	     config->answer_neighbours && i < config->frontend_count; i++)
		if (used[i] &&
		    is_new(to, *count, &config->frontends[i].address))
			to[(*count)++].addr = config->frontends[i].address;
	free(used);
	if (*count > FORWARD_OWNED_MAX) {
		*beyond = *count - FORWARD_OWNED_MAX;
		*count = FORWARD_OWNED_MAX;
	}
	return to;
}

size_t
live_claims_beyond(const struct lb_config *config)
{
	size_t count, beyond;
	free(addresses_of(config, &count, &beyond));
	return beyond;
}

static void
log_beyond(size_t beyond)
{
	if (beyond > 0)
		live_log(LIVE_WARNING, "addresses", "s:I, s:s", "beyond",
		    (json_int_t)beyond, "message", LIVE_CLAIMS_BEYOND);
}

/* --- groups -------------------------------------------------------------- */

/* The kernel counts who shares a group, and of an interface that is gone its
 * groups are, too. */
static void
change_group(
    const struct live_claims *c, const struct lb_addr *addr, int change)
{
	for (size_t p = 0; p < c->place_count; p++) {
		struct packet_mreq group = { .mr_ifindex =
						 (int)c->places[p].ifindex,
			.mr_type = PACKET_MR_MULTICAST,
			.mr_alen = 6 };
		if (!c->places[p].joins)
			continue;
		live_solicited_group(addr, group.mr_address);
		(void)setsockopt(
		    c->packet_fd, SOL_PACKET, change, &group, sizeof(group));
	}
}

static void
leave_groups(struct live_claims *c)
{
	for (size_t a = 0; a < c->address_count; a++) {
		if (c->addresses[a].joined)
			change_group(
			    c, &c->addresses[a].addr, PACKET_DROP_MEMBERSHIP);
		c->addresses[a].joined = false;
	}
}

static void
join_groups(struct live_claims *c)
{
	for (size_t a = 0; a < c->address_count; a++) {
		struct address *address = &c->addresses[a];
		address->joined =
		    !address->own && !lb_addr_is_v4(&address->addr);
		if (address->joined)
			change_group(c, &address->addr, PACKET_ADD_MEMBERSHIP);
	}
}

/* --- announcements ------------------------------------------------------- */

static void
announce(const struct live_claims *c, const struct place *place,
    const struct lb_addr *addr)
{
	uint8_t frame[LIVE_ANNOUNCEMENT_BYTES];
	size_t bytes = live_announcement(addr, place->mac, c->routes, frame);
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)place->ifindex,
		.sll_halen = 6 };
	memcpy(&to.sll_protocol, frame + 12, sizeof(to.sll_protocol));
	memcpy(to.sll_addr, frame, 6);
	/* What does not go out now is said again. */
	(void)sendto(c->packet_fd, frame, bytes, MSG_DONTWAIT,
	    (const struct sockaddr *)&to, sizeof(to));
}

/* Those whose turn it is: false when there are no more. */
static bool
announce_all(struct live_claims *c)
{
	bool more = false;
	for (size_t p = 0; p < c->place_count; p++)
		for (size_t a = 0; a < c->address_count; a++)
			if (c->places[p].running && !c->addresses[a].own &&
			    (c->places[p].left > 0 || c->addresses[a].left > 0))
				announce(
				    c, &c->places[p], &c->addresses[a].addr);
	for (size_t p = 0; p < c->place_count; p++)
		if (c->places[p].running && c->places[p].left > 0)
			more |= --c->places[p].left > 0;
	for (size_t a = 0; a < c->address_count; a++)
		if (c->addresses[a].left > 0)
			more |= --c->addresses[a].left > 0;
	return more;
}

static void
on_timer(uv_timer_t *timer)
{
	if (!announce_all(timer->data))
		(void)uv_timer_stop(timer);
}

static bool
somebody_waits(const struct live_claims *c)
{
	for (size_t p = 0; p < c->place_count; p++)
		if (c->places[p].running && c->places[p].left > 0)
			return true;
	for (size_t a = 0; a < c->address_count; a++)
		if (c->addresses[a].left > 0)
			return true;
	return false;
}

/* The first at once: what is under way goes on at its own pace. */
static void
announce_soon(struct live_claims *c)
{
	if (somebody_waits(c) && !uv_is_active((uv_handle_t *)c->timer))
		(void)uv_timer_start(c->timer, on_timer, 0, ANNOUNCE_MS);
}

/* --- interfaces ---------------------------------------------------------- */

/* Of all links, on the way to the places. */
struct search {
	uint32_t attached[INTERFACES_MAX];
	size_t attached_count;
	struct place found[INTERFACES_MAX];
	uint32_t lower[INTERFACES_MAX]; /* of found; 0: has the program */
	size_t count;
};

static bool
has_program(const struct search *s, uint32_t ifindex)
{
	for (size_t i = 0; i < s->attached_count; i++)
		if (s->attached[i] == ifindex)
			return true;
	return false;
}

static void
on_link(void *arg, const struct live_link *link)
{
	struct search *s = arg;
	bool has = has_program(s, link->ifindex);
	bool above = !has && link->lower != 0 && has_program(s, link->lower);
	if ((!has && !above) || s->count == INTERFACES_MAX)
		return;
	struct place *place = &s->found[s->count];
	*place = (struct place){ .ifindex = link->ifindex,
		.running = link->up && link->carrier,
		.joins = has };
	memcpy(place->mac, link->mac, sizeof(place->mac));
	s->lower[s->count++] = above ? link->lower : 0;
}

static const struct place *
place_of(const struct place *places, size_t count, uint32_t ifindex)
{
	for (size_t i = 0; i < count; i++)
		if (places[i].ifindex == ifindex)
			return &places[i];
	return NULL;
}

/* A VLAN's questions are answered with the link address below. */
static void
give_lower_macs(struct search *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct place *lower =
		    s->lower[i] != 0 ? place_of(s->found, s->count, s->lower[i])
				     : NULL;
		if (lower != NULL)
			memcpy(s->found[i].mac, lower->mac,
			    sizeof(s->found[i].mac));
	}
}

/* Is it new, or back, or has it got another link address? */
static bool
to_be_told(const struct place *before, const struct place *now)
{
	return now->running &&
	       (before == NULL || !before->running ||
		   memcmp(before->mac, now->mac, sizeof(now->mac)) != 0);
}

static int
find_places(const struct live_claims *c, const struct live_forwarder *forwarder,
    struct search *s)
{
	*s = (struct search){ 0 };
	if (c->address_count == 0)
		return 0;
	s->attached_count =
	    live_forwarder_links(forwarder, s->attached, INTERFACES_MAX);
	int rc = live_netlink_links(c->netlink, on_link, s);
	give_lower_macs(s);
	for (size_t i = 0; i < s->count; i++) {
		const struct place *before =
		    place_of(c->places, c->place_count, s->found[i].ifindex);
		s->found[i].left = to_be_told(before, &s->found[i])
				       ? ANNOUNCEMENTS
				   : before != NULL ? before->left
						    : 0;
	}
	return rc;
}

/* --- both ---------------------------------------------------------------- */

/* What the program answers for is what is not the machine's own. */
static int
put_address(const struct live_claims *c, const struct address *address)
{
	uint32_t one = 1;
	if (c->owned_fd < 0)
		return 0;
	if (!address->own)
		return bpf_map_update_elem(
			   c->owned_fd, &address->addr, &one, 0) == 0
			   ? 0
			   : -errno;
	(void)bpf_map_delete_elem(c->owned_fd, &address->addr);
	return 0;
}

struct own_search {
	const struct live_claims *claims;
	bool *own; /* by address */
};

static void
on_own(void *arg, const struct lb_addr *addr)
{
	const struct own_search *s = arg;
	for (size_t i = 0; i < s->claims->address_count; i++)
		if (lb_addr_same(&s->claims->addresses[i].addr, addr))
			s->own[i] = true;
}

/* Which are the machine's own now: true where that changed for one. */
static bool
look_at_own(struct live_claims *c)
{
	bool changed = false;
	struct own_search s = { c,
		calloc(c->address_count + 1, sizeof(*s.own)) };
	if (s.own == NULL || live_host_each(on_own, &s) != 0) {
		free(s.own);
		return false; /* next time */
	}
	for (size_t i = 0; i < c->address_count; i++) {
		struct address *a = &c->addresses[i];
		changed |= s.own[i] != a->own;
		if (a->own && !s.own[i])
			a->left = ANNOUNCEMENTS;
		a->own = s.own[i];
	}
	free(s.own);
	return changed;
}

static int
put_all(const struct live_claims *c)
{
	int rc = 0;
	for (size_t i = 0; i < c->address_count; i++) {
		int one = put_address(c, &c->addresses[i]);
		rc = rc == 0 ? one : rc;
	}
	return rc;
}

static bool
same_places(const struct live_claims *c, const struct search *s)
{
	bool same = c->place_count == s->count;
	for (size_t i = 0; same && i < s->count; i++)
		same = c->places[i].ifindex == s->found[i].ifindex &&
		       c->places[i].joins == s->found[i].joins;
	return same;
}

int
live_claims_refresh(
    struct live_claims *c, const struct live_forwarder *forwarder)
{
	struct search s;
	int rc = find_places(c, forwarder, &s);
	if (rc != 0)
		return rc;
	const bool own_changed = look_at_own(c);
	const bool rejoin = own_changed || !same_places(c, &s);
	if (rejoin)
		leave_groups(c);
	memcpy(c->places, s.found, sizeof(c->places));
	c->place_count = s.count;
	if (rejoin)
		join_groups(c);
	if (own_changed)
		rc = put_all(c);
	announce_soon(c);
	return rc;
}

/* What is not among the new ones goes from the map; of those that stay is
 * known what was. */
static void
replace_addresses(struct live_claims *c, struct address *new, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		new[i].left = ANNOUNCEMENTS;
		for (size_t k = 0; k < c->address_count; k++)
			if (lb_addr_same(&c->addresses[k].addr, &new[i].addr))
				new[i] = c->addresses[k];
	}
	for (size_t k = 0; c->owned_fd >= 0 && k < c->address_count; k++)
		if (is_new(new, count, &c->addresses[k].addr))
			(void)bpf_map_delete_elem(
			    c->owned_fd, &c->addresses[k].addr);
	free(c->addresses);
	c->addresses = new;
	c->address_count = count;
}

int
live_claims_use(struct live_claims *c, const struct live_forwarder *forwarder,
    const struct lb_config *config)
{
	size_t count, beyond;
	const struct live_engine *engine = live_forwarder_engine(forwarder);
	struct address *new = addresses_of(config, &count, &beyond);
	if (new == NULL)
		return -ENOMEM;
	log_beyond(beyond);
	leave_groups(c);
	replace_addresses(c, new, count);
	(void)look_at_own(c);
	join_groups(c);
	c->routes = config->forwarding == LB_FORWARDING_NAT;
	if (c->owned_fd >= 0)
		(void)close(c->owned_fd);
	c->owned_fd = dup(live_engine_map(engine, "owned"));
	if (c->owned_fd < 0)
		return -errno;
	announce_soon(c);
	return put_all(c);
}

/* --- conflicts ----------------------------------------------------------- */

static bool
is_ours(const struct live_claims *c, const uint8_t mac[6])
{
	for (size_t i = 0; i < c->place_count; i++)
		if (memcmp(c->places[i].mac, mac, 6) == 0)
			return true;
	return false;
}

static void
log_conflict(const struct lb_addr *addr, const uint8_t mac[6], uint32_t ifindex)
{
	char text[64], who[18], where[IF_NAMESIZE] = "";
	(void)lb_addr_text(addr, text, sizeof(text));
	(void)snprintf(who, sizeof(who), "%02x:%02x:%02x:%02x:%02x:%02x",
	    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	(void)if_indextoname(ifindex, where);
	live_log(LIVE_WARNING, "conflict", "s:s, s:s, s:s, s:s", "address",
	    text, "mac", who, "interface", where, "message",
	    "another machine says that it has this frontend: a second "
	    "balancer, or a member that shows it to the link (arp_ignore=1 and "
	    "arp_announce=2 hide it)");
}

void
live_claims_heard(struct live_claims *c, const struct live_tap_packet *packet)
{
	struct lb_addr addr;
	uint8_t mac[6];
	const uint64_t now = uv_hrtime();
	if (!live_claim_read(packet->frame, packet->bytes, &addr, mac) ||
	    is_ours(c, mac))
		return;
	for (size_t i = 0; i < c->address_count; i++) {
		struct address *a = &c->addresses[i];
		if (!lb_addr_same(&a->addr, &addr) ||
		    (a->told_ns != 0 && now - a->told_ns < CONFLICT_NS))
			continue;
		a->told_ns = now;
		log_conflict(&addr, mac, packet->ifindex);
	}
}

/* --- open and close ------------------------------------------------------ */

static void
on_closed(uv_handle_t *handle)
{
	free(handle);
}

struct live_claims *
live_claims_open(uv_loop_t *loop, struct live_netlink *netlink)
{
	struct live_claims *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->netlink = netlink;
	c->owned_fd = -1;
	/* Of protocol 0: it hears nothing. */
	c->packet_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int rc = c->packet_fd >= 0 ? 0 : -errno;
	if (rc == 0)
		c->timer = calloc(1, sizeof(*c->timer));
	if (rc == 0 && c->timer == NULL)
		rc = -ENOMEM;
	if (rc == 0)
		rc = uv_timer_init(loop, c->timer);
	if (rc == 0) {
		c->timer->data = c;
		return c;
	}
	free(c->timer);
	c->timer = NULL;
	live_claims_close(c);
	errno = -rc;
	return NULL;
}

void
live_claims_close(struct live_claims *c)
{
	if (c == NULL)
		return;
	if (c->timer != NULL)
		uv_close((uv_handle_t *)c->timer, on_closed);
	if (c->packet_fd >= 0)
		(void)close(c->packet_fd);
	if (c->owned_fd >= 0)
		(void)close(c->owned_fd);
	free(c->addresses);
	free(c);
}
