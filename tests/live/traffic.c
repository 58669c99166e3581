/* SPDX-License-Identifier: MIT */
#include "tests/live/traffic.h"

#include <string.h>

#define CLIENTS       48u
#define CLIENT_PORTS  40u
#define HOT_TALKS     64u   /* that are busy */
#define LONG_BYTES    3700u /* more than a test run takes */
#define FRAME_HEADERS 96u   /* where mutations hurt */

enum { UNREACHABLE4 = 3, UNREACHABLE6 = 1, ECHO4 = 8, ECHO6 = 128 };

/* --- who and where ------------------------------------------------------- */

static struct lb_addr
client_address(bool six, uint32_t i)
{
	struct lb_addr addr;
	uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8, 0x00, 0xc1 };

	bytes[15] = (uint8_t)(i + 1);
	memcpy(&addr, bytes, sizeof(addr));
	if (six)
		return addr;
	/* 198.51.100.0/24 as on the wire */
	return lb_addr_v4(198u | 51u << 8 | 100u << 16 | (i + 1) << 24);
}

static void
talk_new(struct traffic *t, struct talk *talk)
{
	struct chance *c = &t->chance;
	struct rich_target to =
	    rich_target(chance_below(c, rich_target_count()));
	bool six = !lb_addr_is_v4(&to.addr);

	*talk = (struct talk){
		.client = client_address(six, chance_below(c, CLIENTS)),
		.cport = (uint16_t)(1024 + chance_below(c, CLIENT_PORTS)),
		.frontend = to.addr,
		.at = to.addr,
		.fport = to.port,
		.proto = to.proto,
		.client_seq = (uint32_t)chance_next(c),
		.member_seq = (uint32_t)chance_next(c),
	};
	if (chance_percent(c, 10)) /* a client beside the members */
		talk->client = rich_address(six, c);
	if (talk->fport == 0)
		talk->fport = (uint16_t)chance_between(c, 79, 83);
	if (talk->proto == 0)
		talk->proto =
		    chance_percent(c, 50) ? LB_PROTO_TCP : LB_PROTO_UDP;
	talk->aport = talk->fport;
}

/* Few enough in the world, so that ports towards them are used up. */
static void
roam_new(struct traffic *t, struct roam *roam)
{
	struct chance *c = &t->chance;
	bool six = chance_percent(c, 30), hot = chance_percent(c, 50);
	bool udp = chance_percent(c, 40);

	*roam = (struct roam){
		.inside =
		    hot ? rich_busy_member(six, udp) : rich_member(six, c),
		.outside = client_address(six, 220 + chance_below(c, 3)),
		.sport = (uint16_t)(20000 + chance_below(c, 4000)),
		.dport = (uint16_t)chance_between(c, 443, 445),
		.proto = udp ? LB_PROTO_UDP : LB_PROTO_TCP,
	};
	if (hot && chance_percent(c, 70)) {
		roam->outside = client_address(six, 220);
		roam->dport = 443;
	}
}

void
traffic_start(struct traffic *t, uint64_t seed)
{
	t->chance.state = seed;
	t->said = NULL;
	t->left = NULL;
	for (uint32_t i = 0; i < TRAFFIC_ROAMS; i++)
		roam_new(t, &t->roams[i]);
	for (uint32_t i = 0; i < TRAFFIC_FLOWS; i++)
		talk_new(t, &t->talks[i]);
}

static struct talk *
talk_pick(struct traffic *t)
{
	struct chance *c = &t->chance;
	uint32_t among = chance_percent(c, 40) ? HOT_TALKS : TRAFFIC_FLOWS;
	struct talk *talk = &t->talks[chance_below(c, among)];

	if (chance_below(c, 200) == 0)
		talk_new(t, talk);
	return talk;
}

/* --- conversations ------------------------------------------------------- */

static struct frame_spec
from_client(const struct talk *talk, uint8_t flags)
{
	return (struct frame_spec){
		.src = talk->client,
		.dst = talk->frontend,
		.proto = talk->proto,
		.sport = talk->cport,
		.dport = talk->fport,
		.tcp_flags = flags,
		.seq = talk->client_seq,
		.ack = (flags & LB_TCP_ACK) != 0 ? talk->member_seq : 0,
	};
}

/* As the member sends it, which is where the client's packets went. */
static struct frame_spec
from_member(const struct talk *talk, uint8_t flags)
{
	return (struct frame_spec){
		.src = talk->at,
		.dst = talk->client,
		.proto = talk->proto,
		.sport = talk->aport,
		.dport = talk->cport,
		.tcp_flags = flags,
		.seq = talk->member_seq,
		.ack = talk->client_seq,
	};
}

enum act {
	ACT_SYN,
	ACT_SYN_ACK,
	ACT_CLIENT,
	ACT_MEMBER,
	ACT_CLIENT_FIN,
	ACT_MEMBER_FIN,
	ACT_CLIENT_RST,
	ACT_MEMBER_RST,
	ACT_ERROR,
	ACT_FRAGMENT,
	ACT_COUNT
};

static uint32_t
act_pick(struct chance *c, const struct talk *talk)
{
	/* clang-format off */
	static const uint8_t tcp[TALK_PHASES][ACT_COUNT] = {
		/*                 SYN SYNACK C   M  CFIN MFIN CRST MRST ERR FRAG */
		[TALK_NEW]      = { 80,  1,   5,  2,  1,   1,   2,   1,  5,  2 },
		[TALK_SYN]      = { 15, 55,  10,  5,  1,   1,   3,   5,  4,  1 },
		[TALK_ANSWERED] = {  3,  5,  70,  8,  2,   2,   3,   2,  4,  1 },
		[TALK_OPEN]     = {  4,  1,  40, 40,  5,   4,   2,   1,  3,  1 },
		[TALK_CLOSED]   = { 40,  1,  12, 12,  8,   8,   3,   3,  9,  4 },
	}, udp[ACT_COUNT] = { 0, 0, 55, 30, 0, 0, 0, 0, 9, 6 };
	/* clang-format on */
	const uint8_t *weights =
	    talk->proto == LB_PROTO_TCP ? tcp[talk->phase] : udp;
	uint32_t total = 0, act = 0;

	for (uint32_t i = 0; i < ACT_COUNT; i++)
		total += weights[i];
	uint32_t at = chance_below(c, total);
	while (at >= weights[act])
		at -= weights[act++];
	return act;
}

/* Something that does not fit into the state of things, too. */
static struct frame_spec
spec_of_act(struct traffic *t, struct talk *talk, uint32_t act)
{
	struct chance *c = &t->chance;
	struct frame_spec spec;

	switch (act) {
	case ACT_SYN:
		talk->phase = TALK_SYN;
		spec = from_client(talk, LB_TCP_SYN);
		break;
	case ACT_SYN_ACK:
		talk->phase = TALK_ANSWERED;
		spec = from_member(talk, LB_TCP_SYN | LB_TCP_ACK);
		break;
	case ACT_CLIENT:
		if (talk->phase == TALK_ANSWERED)
			talk->phase = TALK_OPEN;
		spec = from_client(talk, LB_TCP_ACK);
		spec.payload_bytes = chance_below(c, 64);
		talk->client_seq += spec.payload_bytes;
		break;
	case ACT_MEMBER:
		spec = from_member(talk, LB_TCP_ACK);
		spec.payload_bytes = chance_below(c, 64);
		talk->member_seq += spec.payload_bytes;
		break;
	case ACT_CLIENT_FIN:
	case ACT_CLIENT_RST:
		talk->phase = TALK_CLOSED;
		spec = from_client(talk, act == ACT_CLIENT_FIN
					     ? LB_TCP_FIN | LB_TCP_ACK
					     : LB_TCP_RST);
		break;
	default:
		talk->phase = TALK_CLOSED;
		spec = from_member(talk, act == ACT_MEMBER_FIN
					     ? LB_TCP_FIN | LB_TCP_ACK
					     : LB_TCP_RST | LB_TCP_ACK);
		break;
	}
	return spec;
}

/* Any of what a header may carry, now and then. */
static void
decorate(struct chance *c, struct frame_spec *spec, uint32_t percent)
{
	static const uint8_t exts[] = { FRAME_HOP_BY_HOP, FRAME_ROUTING,
		FRAME_FRAGMENT, FRAME_AUTHENTICATION, FRAME_DESTINATION };

	if (chance_percent(c, percent))
		spec->tags = (uint8_t)chance_below(c, 4);
	if (chance_percent(c, percent))
		spec->ip_option_words = (uint8_t)chance_below(c, 11);
	if (chance_percent(c, percent))
		spec->tcp_option_words = (uint8_t)chance_below(c, 11);
	if (chance_percent(c, percent)) {
		spec->ext_count = (uint8_t)chance_below(c, FRAME_EXT_MAX + 1);
		for (uint32_t i = 0; i < spec->ext_count; i++)
			spec->exts[i] =
			    exts[chance_below(c, (uint32_t)LB_COUNT(exts))];
	}
	if (chance_percent(c, percent))
		spec->no_checksum = true;
	if (chance_percent(c, percent))
		spec->padding_bytes = chance_below(c, 20);
	if (chance_percent(c, percent))
		spec->payload_bytes = chance_below(c, 1400);
	if (chance_percent(c, percent))
		spec->tcp_flags = (uint8_t)chance_next(c);
	if (chance_below(c, 2000) < percent)
		spec->payload_bytes = LONG_BYTES;
}

static void
make_fragment(struct chance *c, struct frame_spec *spec)
{
	spec->more_fragments = chance_percent(c, 50);
	spec->fragment_offset =
	    chance_percent(c, 50) ? 0 : (uint16_t)chance_below(c, 300);
	spec->payload_bytes = 8 * chance_below(c, 100);
	if (!lb_addr_is_v4(&spec->src)) {
		spec->ext_count = 1;
		spec->exts[0] = FRAME_FRAGMENT;
	}
}

/*
 * Of the packet as it was where somebody choked on it: the client's behind
 * the balancer, or the member's before it.
 */
static void
build_error(struct traffic *t, struct talk *talk, struct frame *f)
{
	static const uint8_t types4[] = { 3, 4, 11, 12, 5 };
	struct chance *c = &t->chance;
	bool six = !lb_addr_is_v4(&talk->client);
	bool about_client = chance_percent(c, 50);
	struct frame_spec spec = { 0 }, about = from_client(talk, LB_TCP_ACK);

	if (about_client) {
		about.dst = talk->at;
		about.dport = talk->aport;
	} else {
		about = from_member(talk, LB_TCP_ACK);
		about.src = talk->frontend;
		about.sport = talk->fport;
	}
	about.payload_bytes = chance_below(c, 60);
	decorate(c, &about, 10);
	spec.dst = about.src;
	spec.src = chance_percent(c, 50) ? about.dst : client_address(six, 200);
	if (chance_percent(c, 5))
		spec.dst = rich_address(six, c);
	spec.icmp_type = six ? (uint8_t)chance_between(c, 1, 5)
			     : types4[chance_below(c, LB_COUNT(types4))];
	decorate(c, &spec, 5);
	about.tags = 0;
	frame_build(&t->about, &about);
	frame_build_error(f, &spec, &t->about,
	    chance_percent(c, 50) ? UINT32_MAX : chance_between(c, 20, 90));
}

/* A connection is opened by three acts, and then it is the next one's turn. */
static uint32_t
act_of_crowd(struct traffic *t, struct talk **talk)
{
	static const uint8_t acts[] = { ACT_CLIENT, ACT_SYN_ACK, ACT_SYN };
	uint32_t left = --t->crowd;

	*talk = &t->talks[left / LB_COUNT(acts) % TRAFFIC_FLOWS];
	if ((*talk)->proto == LB_PROTO_TCP)
		return acts[left % LB_COUNT(acts)];
	return left % 2 != 0 ? ACT_CLIENT : ACT_MEMBER;
}

void
traffic_crowd(struct traffic *t)
{
	t->crowd = 3 * TRAFFIC_FLOWS;
}

static void
talk_on(struct traffic *t, struct frame *f)
{
	struct chance *c = &t->chance;
	struct talk *talk = talk_pick(t);
	uint32_t act = act_pick(c, talk);
	struct frame_spec spec;

	t->said = NULL;
	if (t->crowd > 0)
		act = act_of_crowd(t, &talk);
	if (act == ACT_ERROR) {
		build_error(t, talk, f);
		return;
	}
	if (act == ACT_FRAGMENT) {
		spec = chance_percent(c, 60) ? from_client(talk, LB_TCP_ACK)
					     : from_member(talk, LB_TCP_ACK);
		make_fragment(c, &spec);
	} else {
		spec = spec_of_act(t, talk, act);
		if (lb_addr_same(&spec.src, &talk->client))
			t->said = talk;
		decorate(c, &spec, 3);
	}
	frame_build(f, &spec);
}

/* About what left, as the world saw it, or about what came back, as the
 * member did. */
static void
roam_error(struct traffic *t, const struct roam *roam, struct frame *f)
{
	struct chance *c = &t->chance;
	bool six = !lb_addr_is_v4(&roam->inside);
	bool left = chance_percent(c, 50);
	struct frame_spec about = {
		.src = left ? roam->public : roam->outside,
		.dst = left ? roam->outside : roam->inside,
		.proto = roam->proto,
		.sport = left ? roam->port : roam->dport,
		.dport = left ? roam->dport : roam->sport,
		.tcp_flags = LB_TCP_ACK,
		.payload_bytes = chance_below(c, 60),
	};
	struct frame_spec spec = {
		.dst = about.src,
		.src = chance_percent(c, 50) ? about.dst
					     : client_address(six, 200),
		.icmp_type = six ? (uint8_t)chance_between(c, 1, 4) : 3,
	};

	frame_build(&t->about, &about);
	frame_build_error(f, &spec, &t->about,
	    chance_percent(c, 50) ? UINT32_MAX : chance_between(c, 20, 90));
}

/* Who leaves, who comes back, and who only seems to. */
static void
roam_on(struct traffic *t, struct frame *f)
{
	static const uint8_t flags[] = { LB_TCP_SYN, LB_TCP_SYN, LB_TCP_ACK,
		LB_TCP_ACK, LB_TCP_ACK, LB_TCP_FIN | LB_TCP_ACK, LB_TCP_RST };
	struct chance *c = &t->chance;
	struct roam *roam = &t->roams[chance_below(c, TRAFFIC_ROAMS)];
	bool back = roam->heard && chance_percent(c, 40);

	if (chance_below(c, 60) == 0) {
		roam_new(t, roam);
		back = false;
	}
	if (back && chance_percent(c, 10)) {
		t->left = NULL;
		roam_error(t, roam, f);
		return;
	}
	struct frame_spec spec = {
		.src = back ? roam->outside : roam->inside,
		.dst = back ? roam->public : roam->outside,
		.proto = roam->proto,
		.sport = back ? roam->dport : roam->sport,
		.dport = back ? roam->port : roam->dport,
		.tcp_flags = flags[chance_below(c, LB_COUNT(flags))],
		.seq = (uint32_t)chance_next(c),
		.payload_bytes = chance_below(c, 40),
	};
	if (back && chance_percent(c, 10)) /* a port that nobody asked from */
		spec.dport = (uint16_t)(spec.dport + chance_below(c, 3));
	decorate(c, &spec, 2);
	t->said = NULL;
	t->left = back ? NULL : roam;
	frame_build(f, &spec);
}

static void
roam_learn(struct roam *roam, const struct lb_result *r)
{
	if (r->verdict != LB_FORWARD || (r->facts & LB_FACT_SNAT) == 0)
		return;
	roam->heard = true;
	roam->public = r->edit.src;
	roam->port = lb_be16_get(r->edit.sport);
}

void
traffic_learn(struct traffic *t, const struct lb_result *r)
{
	struct talk *talk = t->said;

	if (t->left != NULL)
		roam_learn(t->left, r);
	if (talk == NULL || r->verdict != LB_FORWARD ||
	    (r->facts & LB_FACT_REPLY) != 0)
		return;
	talk->at =
	    (r->edit.what & LB_EDIT_DST) != 0 ? r->edit.dst : talk->frontend;
	talk->aport = (r->edit.what & LB_EDIT_DPORT) != 0
			  ? lb_be16_get(r->edit.dport)
			  : talk->fport;
}

/* --- what nobody would send ---------------------------------------------- */

static uint16_t
some_port(struct chance *c)
{
	static const uint16_t ports[] = { 22, 53, 80, 81, 443, 4000, 4001, 5683,
		5684, 7000, 7001, 8080, 8181, 9000, 9001, 15684, 1024 };

	return ports[chance_below(c, (uint32_t)LB_COUNT(ports))];
}

/* A valid packet of any shape, between any two who matter. */
static void
build_any(struct traffic *t, struct frame *f)
{
	static const uint8_t protos[] = { LB_PROTO_TCP, LB_PROTO_TCP,
		LB_PROTO_UDP, LB_PROTO_UDP, LB_PROTO_ICMP, LB_PROTO_ICMP6, 47 };
	struct chance *c = &t->chance;
	bool six = chance_percent(c, 40), to_client = chance_percent(c, 50);
	struct lb_addr client = client_address(six, chance_below(c, CLIENTS));
	struct lb_addr other = rich_address(six, c);
	struct frame_spec spec = {
		.src = to_client ? other : client,
		.dst = to_client ? client : other,
		.proto = protos[chance_below(c, LB_COUNT(protos))],
		.sport = some_port(c),
		.dport = some_port(c),
		.seq = (uint32_t)chance_next(c),
		.ack = (uint32_t)chance_next(c),
		.tcp_flags = LB_TCP_ACK,
		.icmp_type = six ? ECHO6 : ECHO4,
	};

	if (chance_percent(c, 5))
		spec.src = rich_address(six, c);
	if (chance_percent(c, 20))
		make_fragment(c, &spec);
	decorate(c, &spec, 15);
	frame_build(f, &spec);
}

/* Something in a header that says how much there is, or what comes next. */
static void
break_length(struct chance *c, struct frame *f)
{
	static const struct {
		bool l4;
		uint8_t at;
	} places[] = {
		{ false, 0 }, /* version, header length */
		{ false, 2 }, /* IPv4 total length */
		{ false, 3 },
		{ false, 4 }, /* IPv6 payload length */
		{ false, 5 },
		{ false, 6 }, /* IPv4 flags; IPv6 next header */
		{ false, 7 },
		{ false, 9 },  /* IPv4 protocol */
		{ false, 40 }, /* first extension's next header */
		{ false, 41 }, /* and its length */
		{ true, 0 },   /* ICMP type */
		{ true, 4 },   /* UDP length */
		{ true, 5 },
		{ true, 6 },
		{ true, 12 }, /* TCP header length */
		{ true, 13 },
		{ true, 10 }, /* quoted total length */
		{ true, 11 },
	};
	uint32_t i = chance_below(c, (uint32_t)LB_COUNT(places));
	uint32_t from = places[i].l4 ? f->l4 : f->l3;
	uint32_t at = from + places[i].at;

	if (at >= f->bytes)
		return;
	if (chance_percent(c, 50))
		f->data[at] = (uint8_t)chance_next(c);
	else
		f->data[at] = (uint8_t)chance_below(c, 64);
}

static void
mutate(struct chance *c, struct frame *f)
{
	uint32_t headers = f->bytes < FRAME_HEADERS ? f->bytes : FRAME_HEADERS;
	uint32_t at =
	    chance_below(c, chance_percent(c, 80) ? headers : f->bytes);

	switch (chance_below(c, 8)) {
	case 0:
	case 1:
		f->data[at] ^= (uint8_t)(1u << chance_below(c, 8));
		break;
	case 2:
		f->data[at] = (uint8_t)chance_next(c);
		break;
	case 3:
		f->data[at] = chance_percent(c, 50) ? 0 : 0xff;
		break;
	case 4: /* cut short: anywhere, or near a header's end */
		f->bytes = chance_percent(c, 50)
			       ? chance_between(c, 1, f->bytes)
			       : at + 1;
		break;
	default:
		break_length(c, f);
		break;
	}
}

static void
build_mutated(struct traffic *t, struct frame *f)
{
	struct chance *c = &t->chance;
	uint32_t count = chance_below(c, 5);

	if (chance_percent(c, 20)) {
		roam_on(t, f);
		t->left = NULL;
	} else if (chance_percent(c, 50)) {
		talk_on(t, f);
		t->said = NULL;
	} else {
		build_any(t, f);
	}
	for (uint32_t i = 0; i < count; i++)
		mutate(c, f);
}

static void
build_random(struct traffic *t, struct frame *f)
{
	struct chance *c = &t->chance;

	f->bytes = chance_below(c, chance_percent(c, 5) ? 4000 : 130);
	for (uint32_t i = 0; i < f->bytes; i++)
		f->data[i] = (uint8_t)chance_next(c);
	if (f->bytes < 24 || chance_percent(c, 20))
		return;
	/* Noise seldom says that it is IP. */
	bool six = chance_percent(c, 50);
	f->data[12] = six ? 0x86 : 0x08;
	f->data[13] = six ? 0xdd : 0x00;
	f->data[14] = six ? 0x60 : 0x45;
	if (chance_percent(c, 70))
		f->data[six ? 20 : 23] =
		    chance_percent(c, 50) ? LB_PROTO_TCP : LB_PROTO_UDP;
}

int
traffic_next(struct traffic *t, struct frame *f)
{
	uint32_t at = chance_below(&t->chance, 100);

	t->said = NULL;
	t->left = NULL;
	f->l3 = f->l4 = 0;
	if (at < 15) {
		build_random(t, f);
		return TRAFFIC_RANDOM;
	}
	if (at < 45) {
		build_mutated(t, f);
		return TRAFFIC_MUTATED;
	}
	if (at >= 75 && t->crowd == 0) {
		roam_on(t, f);
		return TRAFFIC_ROAM;
	}
	talk_on(t, f);
	return TRAFFIC_TALK;
}
