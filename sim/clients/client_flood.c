/* SPDX-License-Identifier: MIT */
/* SYNs that nobody waits for an answer to: random sources, a pool of them, or
 * three.  Servers answer each into nowhere. */
#include "sim/world/world.h"

#define FIXED_SOURCES 3u

static struct lb_addr
spoof(struct sim_world *w, const struct sim_source *source, uint32_t serial)
{
	const struct lb_addr first = sim_crowd_address(source->crowd, 0);
	const uint32_t number = source->number;

	switch (source->traffic->sources) {
	case LB_SOURCES_POOL:
		return sim_crowd_address(source->crowd,
		    sim_crowd_pick(source->crowd, &w->dice, number, serial));
	case LB_SOURCES_FIXED:
		return sim_address_after(
		    first, sim_dice_below(&w->dice, SIM_DRAW_CLIENT, number,
			       serial, FIXED_SOURCES));
	case LB_SOURCES_RANDOM:
		break;
	}
	return sim_address_after(
	    first, sim_dice_bits(&w->dice, SIM_DRAW_CLIENT, number, serial));
}

static void
arrive(struct sim_world *w, struct sim_source *source, uint32_t serial)
{
	const struct lb_addr client = spoof(w, source, serial);
	struct sim_session *s = sim_session_open_anyhow(w, source, serial,
	    &client, sim_port_draw(&w->dice, source->number, serial));

	if (s == NULL)
		return;
	sim_send(w, s, &(struct sim_parcel){ .flags = LB_TCP_SYN });
	sim_session_close(w, s);
}

static void
at_server(struct sim_world *w, struct sim_session *s,
    const struct sim_parcel *parcel, struct sim_condition condition)
{
	(void)condition;
	sim_answer(w, s, parcel->member,
	    &(struct sim_parcel){
		.flags = LB_TCP_SYN | LB_TCP_ACK,
		.ack = 1,
	    });
}

const struct sim_profile sim_profile_syn_flood = {
	.arrive = arrive,
	.at_server = at_server,
	.proto = LB_PROTO_TCP,
};
