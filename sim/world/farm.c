/* SPDX-License-Identifier: MIT */
#include "sim/world/farm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/models.h"

#define LOGNORMAL_SIGMA 1.0
#define LONGEST_NS      0x1p62
#define ROOM_FIRST      16u
#define NO_SERVER       UINT32_MAX

/* Times of requests that wait: when each begins, which never falls. */
struct starts {
	uint64_t *ns; /* a ring of `room`, a power of two */
	uint32_t first, count, room;
};

/* A heap, the least first: when each busy place is free. */
struct places {
	uint64_t *free_ns;
	uint32_t count, room;
};

struct server {
	const struct lb_server *how;
	struct lb_addr address;
	uint16_t member; /* the first that has the address */
	uint32_t epoch;
	uint64_t last_ns; /* the latest request */
	struct places busy;
	struct starts waiting;
	struct sim_served counts;
};

struct sim_farm {
	const struct lb_scene *scene;
	struct server *servers;
	uint32_t server_count, server_room;
	uint32_t *server_of; /* by member id */
	uint32_t member_count;
	uint32_t *by_address; /* a hash: numbers of servers */
	uint32_t slots;       /* of it, a power of two */
};

static const struct lb_server plain = { .queue = UINT32_MAX };

/* --- places and queue ------------------------------------------------------
 */

static void
sift_down(struct places *p, uint32_t i)
{
	for (;;) {
		uint32_t least = 2 * i + 1;

		if (least >= p->count)
			return;
		if (least + 1 < p->count &&
		    p->free_ns[least + 1] < p->free_ns[least])
			least++;
		if (p->free_ns[i] <= p->free_ns[least])
			return;

		uint64_t held = p->free_ns[i];

		p->free_ns[i] = p->free_ns[least];
		p->free_ns[least] = held;
		i = least;
	}
}

static void
add_place(struct places *p, uint64_t free_ns)
{
	uint32_t i = p->count++;

	while (i > 0 && p->free_ns[(i - 1) / 2] > free_ns) {
		p->free_ns[i] = p->free_ns[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	p->free_ns[i] = free_ns;
}

static void
leave_places(struct places *p, uint64_t now_ns)
{
	while (p->count > 0 && p->free_ns[0] <= now_ns) {
		p->free_ns[0] = p->free_ns[--p->count];
		sift_down(p, 0);
	}
}

static uint64_t *
waiting_at(const struct starts *s, uint32_t i)
{
	return &s->ns[(s->first + i) & (s->room - 1)];
}

static void
leave_queue(struct starts *s, uint64_t now_ns)
{
	while (s->count > 0 && *waiting_at(s, 0) <= now_ns) {
		s->first++;
		s->count--;
	}
}

/* Room for one more in each; 0, -1 without memory. */
static int
make_room(struct server *s)
{
	struct places *p = &s->busy;
	struct starts *w = &s->waiting;

	if (p->count == p->room) {
		uint32_t room = p->room == 0 ? ROOM_FIRST : p->room * 2;
		uint64_t *larger = realloc(p->free_ns, room * sizeof(*larger));

		if (larger == NULL)
			return -1;
		p->free_ns = larger;
		p->room = room;
	}
	if (w->count == w->room) {
		uint32_t room = w->room == 0 ? ROOM_FIRST : w->room * 2;
		uint64_t *larger = malloc(room * sizeof(*larger));

		if (larger == NULL)
			return -1;
		for (uint32_t i = 0; i < w->count; i++)
			larger[i] = *waiting_at(w, i);
		free(w->ns);
		*w = (struct starts){ larger, 0, w->count, room };
	}
	return 0;
}

/* --- what is left of requests at some instant ------------------------------
 */

struct left {
	uint64_t requests, busy_ns, waiting_ns;
	uint32_t busy, waiting;
};

/*
 * Who comes before then and is not done.  A place that is busy then is so
 * without a break until it is free: who follows in it has been waiting.
 */
static struct left
left_at(const struct server *s, uint64_t at_ns)
{
	struct left left = { 0 };

	for (uint32_t i = 0; i < s->busy.count; i++) {
		if (s->busy.free_ns[i] <= at_ns)
			continue;
		left.busy++;
		left.busy_ns += s->busy.free_ns[i] - at_ns;
	}
	for (uint32_t i = 0; i < s->waiting.count; i++) {
		uint64_t start_ns = *waiting_at(&s->waiting, i);

		if (start_ns <= at_ns)
			continue;
		left.waiting++;
		left.waiting_ns += start_ns - at_ns;
	}
	left.requests = (uint64_t)left.busy + left.waiting;
	return left;
}

static void
uncount(struct sim_served *counts, const struct left *left)
{
	counts->served -= left->requests;
	counts->busy_ns -= left->busy_ns;
	counts->waited_ns -= left->waiting_ns;
}

/* Has it lost what it had?  Then what was not done at that instant is cut
 * short, and all its places are free. */
static void
follow_epoch(struct server *s, const struct sim_condition *condition)
{
	if (s->epoch == condition->epoch)
		return;

	uint64_t lost_ns = condition->epoch_ns;

	if (lost_ns < s->last_ns) /* which it took, so it had not yet */
		lost_ns = s->last_ns;

	struct left left = left_at(s, lost_ns);

	uncount(&s->counts, &left);
	s->counts.cut_short += left.requests;
	s->busy.count = 0;
	s->waiting.count = 0;
	s->epoch = condition->epoch;
}

/* --- serving ---------------------------------------------------------------
 */

static uint64_t
service_ns(const struct server *s, const struct sim_request *r, uint64_t factor,
    struct sim_dice *dice)
{
	uint64_t mean_ns = s->how->service_ns, ns = mean_ns;

	if (mean_ns == 0)
		return 0;
	if (s->how->distribution == LB_SERVICE_EXPONENTIAL)
		ns = sim_dice_exponential(
		    dice, SIM_DRAW_SERVICE, r->source, r->n, mean_ns);
	else if (s->how->distribution == LB_SERVICE_LOGNORMAL)
		ns = (uint64_t)fmin(LONGEST_NS,
		    trace_lognormal(
			sim_dice_at(dice, SIM_DRAW_SERVICE, r->source, r->n),
			(double)mean_ns, LOGNORMAL_SIGMA));

	unsigned __int128 slowed =
	    (unsigned __int128)ns * factor / LB_SCENE_ONE;

	return slowed < UINT64_MAX ? (uint64_t)slowed : UINT64_MAX;
}

/* The end of a time that begins at start_ns; for ever is the last one but
 * SIM_TURNED_AWAY. */
static uint64_t
end_of(uint64_t start_ns, uint64_t ns)
{
	uint64_t end_ns;

	if (__builtin_add_overflow(start_ns, ns, &end_ns))
		end_ns = UINT64_MAX;
	return end_ns < SIM_TURNED_AWAY ? end_ns : SIM_TURNED_AWAY - 1;
}

static void
count(struct server *s, uint64_t waited_ns, uint64_t busy_ns)
{
	struct sim_served *c = &s->counts;

	c->served++;
	c->waited_ns += waited_ns;
	c->busy_ns += busy_ns;
	if (c->peak_busy < s->busy.count)
		c->peak_busy = s->busy.count;
	if (c->peak_queue < s->waiting.count)
		c->peak_queue = s->waiting.count;
}

/* A place is free: begins now. */
static uint64_t
serve_now(struct server *s, uint64_t now_ns, uint64_t ns)
{
	uint64_t done_ns = end_of(now_ns, ns);

	if (done_ns > now_ns)
		add_place(&s->busy, done_ns);
	count(s, 0, done_ns - now_ns);
	return done_ns;
}

/* None is: begins when the first one is. */
static uint64_t
serve_later(struct server *s, uint64_t now_ns, uint64_t ns)
{
	uint64_t start_ns = s->busy.free_ns[0];
	uint64_t done_ns = end_of(start_ns, ns);

	*waiting_at(&s->waiting, s->waiting.count++) = start_ns;
	s->busy.free_ns[0] = done_ns;
	sift_down(&s->busy, 0);
	count(s, start_ns - now_ns, done_ns - start_ns);
	return done_ns;
}

uint64_t
sim_farm_serve(struct sim_farm *farm, const struct sim_request *request,
    struct sim_condition condition, struct sim_dice *dice)
{
	if (request->member == SIM_OUTSIDE)
		return request->now_ns;
	struct server *s = &farm->servers[farm->server_of[request->member]];
	const uint64_t now_ns = request->now_ns;
	const uint32_t places = s->how->concurrency;

	follow_epoch(s, &condition);
	s->last_ns = now_ns;
	leave_places(&s->busy, now_ns);
	leave_queue(&s->waiting, now_ns);

	bool is_free = places == 0 || s->busy.count < places;

	if ((!is_free && s->waiting.count >= s->how->queue) ||
	    make_room(s) != 0) {
		s->counts.turned_away++;
		return SIM_TURNED_AWAY;
	}

	uint64_t ns = service_ns(s, request, condition.factor, dice);

	return is_free ? serve_now(s, now_ns, ns) : serve_later(s, now_ns, ns);
}

/* --- which server is whose -------------------------------------------------
 */

static const struct lb_server *
how_of(const struct lb_scene *scene, const char *member)
{
	for (size_t i = 0; i < scene->server_count; i++) {
		const struct lb_server *how = &scene->servers[i];

		if (how->member == NULL || strcmp(how->member, member) == 0)
			return how;
	}
	return &plain;
}

/* The slot of by_address where that address is, or would be. */
static uint32_t *
slot_of(const struct sim_farm *farm, const struct lb_addr *address)
{
	uint64_t mixed = (address->word[0] ^ address->word[1]) *
			 UINT64_C(0x9e3779b97f4a7c15);
	uint32_t i = (uint32_t)(mixed >> 32) & (farm->slots - 1);

	while (
	    farm->by_address[i] != NO_SERVER &&
	    !lb_addr_same(&farm->servers[farm->by_address[i]].address, address))
		i = (i + 1) & (farm->slots - 1);
	return &farm->by_address[i];
}

/* Room for as many servers as a plan has members, and a hash at most half
 * full.  0, -1 without memory. */
static int
make_farm_room(struct sim_farm *farm, uint32_t members)
{
	uint32_t room = farm->server_count + members + 1, slots = 16;

	while (slots < 2 * room)
		slots *= 2;

	struct server *servers =
	    realloc(farm->servers, room * sizeof(*servers));

	if (servers == NULL)
		return -1;
	farm->servers = servers;

	uint32_t *server_of = calloc(members + 1, sizeof(*server_of));
	uint32_t *by_address = malloc(slots * sizeof(*by_address));

	if (server_of == NULL || by_address == NULL) {
		free(server_of);
		free(by_address);
		return -1;
	}
	free(farm->server_of);
	free(farm->by_address);
	farm->server_of = server_of;
	farm->member_count = members;
	farm->by_address = by_address;
	farm->slots = slots;
	memset(by_address, 0xff, slots * sizeof(*by_address));
	for (uint32_t i = 0; i < farm->server_count; i++)
		*slot_of(farm, &farm->servers[i].address) = i;
	return 0;
}

static int
add_server(
    struct sim_farm *farm, uint16_t id, const struct lb_plan_member *member)
{
	struct server *s = &farm->servers[farm->server_count];

	*s = (struct server){
		.how = how_of(farm->scene, member->name),
		.address = member->address,
		.member = id,
		.counts.name = strdup(member->name),
	};
	if (s->counts.name == NULL)
		return -1;
	farm->server_count++;
	return 0;
}

int
sim_farm_plan(struct sim_farm *farm, const struct lb_plan *plan)
{
	if (make_farm_room(farm, plan->member_count) != 0)
		return -1;
	for (uint32_t i = 0; i < plan->member_count; i++) {
		const struct lb_plan_member *member = &plan->members[i];

		if (member->name == NULL)
			continue;

		uint32_t *slot = slot_of(farm, &member->address);

		if (*slot == NO_SERVER) {
			if (add_server(farm, (uint16_t)i, member) != 0)
				return -1;
			*slot = farm->server_count - 1;
		}
		farm->server_of[i] = *slot;
	}
	return 0;
}

struct sim_farm *
sim_farm_new(const struct lb_scene *scene, const struct lb_plan *plan)
{
	struct sim_farm *farm = calloc(1, sizeof(*farm));

	if (farm == NULL)
		return NULL;
	farm->scene = scene;
	if (sim_farm_plan(farm, plan) != 0) {
		sim_farm_free(farm);
		return NULL;
	}
	return farm;
}

void
sim_farm_free(struct sim_farm *farm)
{
	if (farm == NULL)
		return;
	for (uint32_t i = 0; i < farm->server_count; i++) {
		free(farm->servers[i].busy.free_ns);
		free(farm->servers[i].waiting.ns);
		free(farm->servers[i].counts.name);
	}
	free(farm->servers);
	free(farm->server_of);
	free(farm->by_address);
	free(farm);
}

/* --- asking ----------------------------------------------------------------
 */

bool
sim_farm_listens(const struct sim_farm *farm, uint16_t member, uint16_t port)
{
	const struct lb_server *how =
	    farm->servers[farm->server_of[member]].how;

	for (size_t i = 0; i < how->port_count; i++)
		if (how->ports[i] == port)
			return true;
	return how->ports == NULL;
}

uint32_t
sim_farm_server(const struct sim_farm *farm, uint16_t member)
{
	return farm->server_of[member];
}

uint32_t
sim_farm_server_count(const struct sim_farm *farm)
{
	return farm->server_count;
}

static void
ask_epoch(struct server *s, const struct sim_outage *outage)
{
	if (outage == NULL)
		return;

	struct sim_condition condition =
	    sim_outage_condition(outage, s->member);

	follow_epoch(s, &condition);
}

void
sim_farm_warmed_up(
    struct sim_farm *farm, const struct sim_outage *outage, uint64_t now_ns)
{
	for (uint32_t i = 0; i < farm->server_count; i++) {
		struct server *s = &farm->servers[i];

		ask_epoch(s, outage);

		struct left left = left_at(s, now_ns);

		s->counts = (struct sim_served){
			.name = s->counts.name,
			.served = left.requests,
			.busy_ns = left.busy_ns,
			.waited_ns = left.waiting_ns,
			.peak_busy = left.busy,
			.peak_queue = left.waiting,
		};
	}
}

int
sim_farm_served(struct sim_farm *farm, const struct sim_outage *outage,
    uint64_t end_ns, struct sim_served *served)
{
	for (uint32_t i = 0; i < farm->server_count; i++) {
		struct server *s = &farm->servers[i];

		ask_epoch(s, outage);

		struct left left = left_at(s, end_ns);

		uncount(&s->counts, &left);
		served[i] = s->counts;
		served[i].name = strdup(s->counts.name);
		if (served[i].name != NULL)
			continue;
		while (i-- > 0)
			free(served[i].name);
		return -1;
	}
	return 0;
}
