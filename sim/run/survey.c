/* SPDX-License-Identifier: MIT */
#include "sim/run/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "sim/flows/keys.h"
#include "sim/run/run.h"
#include "sim/replay/run_state.h"
#include "sim/flows/servers.h"

/* What zero configuration balances by. */
static const enum lb_mode modes[SIM_SURVEY_MODE] = {
	LB_MODE_FIVE_TUPLE,
	LB_MODE_SOURCE_IP_ANY_DST,
	LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST,
};

/* Protocols whose other flows, agreed on over this one, must reach the same
 * server. */
static const struct split {
	const char *name;
	uint8_t proto; /* 0: any */
	uint16_t port;
} splits[] = {
	{ "FTP", LB_PROTO_TCP, 21 },
	{ "TFTP", LB_PROTO_UDP, 69 },
	{ "RTSP", LB_PROTO_TCP, 554 },
	{ "H.323", LB_PROTO_TCP, 1720 },
	{ "PPTP", LB_PROTO_TCP, 1723 },
	{ "SIP", 0, 5060 },
};

struct tally {
	struct sim_survey *out;
	struct sim_keys servers, keys[SIM_SURVEY_MODE];
	uint64_t split_flows[LB_COUNT(splits)];
};

/* --- a flow -------------------------------------------------------------- */

/* Is it half open? */
static bool
count_shape(struct sim_survey *s, const struct sim_flow *flow,
    const struct sim_flow_detail *d)
{
	const uint8_t handshake = LB_TCP_SYN | LB_TCP_ACK;

	s->flows++;
	s->packets += d->packets_in + d->packets_out;
	s->bytes += d->bytes_in + d->bytes_out;
	s->only_client += d->packets_out == 0;
	s->only_server += d->packets_in == 0;
	switch (flow->marks >> SIM_FLOW_BY_SHIFT) {
	case SIM_ROLE_BY_SYN:
		s->role_syn++;
		break;
	case SIM_ROLE_BY_PORT:
		s->role_port++;
		break;
	default:
		s->role_first++;
	}
	if (flow->proto != LB_PROTO_TCP)
		return false;
	s->tcp_flows++;
	if ((d->tcp_flags_in & handshake) != LB_TCP_SYN)
		return false;
	s->half_open++;
	s->unanswered += d->packets_out == 0;
	return true;
}

static void
count_splits(struct tally *t, const struct sim_flow *flow)
{
	for (size_t i = 0; i < LB_COUNT(splits); i++)
		if (splits[i].port == lb_be16_get(flow->server_port) &&
		    (splits[i].proto == 0 || splits[i].proto == flow->proto))
			t->split_flows[i]++;
}

static int
add(struct sim_keys *keys, const struct sim_key_id *id,
    const struct sim_key *weight)
{
	uint32_t number = sim_keys_find(keys, id);

	if (number == SIM_KEY_NONE)
		return -1;
	keys->at[number].flows += weight->flows;
	keys->at[number].packets += weight->packets;
	keys->at[number].bytes += weight->bytes;
	return 0;
}

/* What it is balanced by: the engine takes any fragment's ports for none. */
static struct sim_key_id
whole_key(const struct sim_flow *flow, const struct sim_flow_detail *d)
{
	const lb_be16 none = { 0 };
	const bool has_ports =
	    (flow->marks & SIM_FLOW_PORTLESS) == 0 && d->sent != SIM_SENT_FIRST;

	return (struct sim_key_id){
		.src = flow->client,
		.dst = flow->server,
		.ports_proto =
		    sim_key_ports(has_ports ? flow->client_port : none,
			has_ports ? flow->server_port : none, flow->proto),
	};
}

/*
 * The fragments without ports of what a server answered are that answer's;
 * those of what a client sent are a flow of their own, as in the replay.
 */
static int
add_flow(
    struct tally *t, const struct sim_flows *flows, const struct sim_flow *flow)
{
	const struct sim_flow_detail *d = sim_flow_detail(flows, flow);
	struct sim_key weight = {
		.flows = 1,
		.packets = d->packets_in + d->packets_out,
		.bytes = d->bytes_in + d->bytes_out,
	};

	if (d->answers != NULL && d->packets_in == 0) {
		t->out->packets += weight.packets;
		t->out->bytes += weight.bytes;
		weight.flows = 0;
		flow = d->answers;
		d = sim_flow_detail(flows, flow);
	} else {
		if (!count_shape(t->out, flow, d))
			count_splits(t, flow);
	}
	const struct sim_key_id whole = whole_key(flow, d);
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++) {
		struct sim_key_id id =
		    sim_key_mask(&whole, &lb_mode_masks[modes[m]]);
		if (add(&t->keys[m], &id, &weight) != 0)
			return -1;
	}
	const struct sim_key_id server = {
		.src = flow->server,
		.ports_proto = sim_key_ports(
		    (lb_be16){ 0 }, flow->server_port, flow->proto),
	};
	return add(&t->servers, &server, &weight);
}

static int
add_flows(
    struct tally *t, const struct sim_flows *flows, const struct sim_vip *vip)
{
	for (uint32_t i = 0; i < sim_flows_count(flows); i++) {
		const struct sim_flow *flow = sim_flows_at(flows, i);
		if ((flow->marks & SIM_FLOW_COUNTED) != 0 &&
		    sim_vip_has(vip, flow) && add_flow(t, flows, flow) != 0)
			return -1;
	}
	return 0;
}

/* --- the busiest --------------------------------------------------------- */

/* Which is heavier; equal ones stay in order of appearance. */
typedef bool heavier(const struct sim_key *a, const struct sim_key *b);

static bool
by_bytes(const struct sim_key *a, const struct sim_key *b)
{
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes;
	return a->packets > b->packets;
}

static bool
by_flows(const struct sim_key *a, const struct sim_key *b)
{
	if (a->flows != b->flows)
		return a->flows > b->flows;
	return by_bytes(a, b);
}

/* The numbers of the heaviest keys.  Returns how many. */
static size_t
find_top(const struct sim_keys *keys, heavier *is_heavier,
    uint32_t top[SIM_SURVEY_TOP])
{
	size_t count = 0;

	for (uint32_t k = 0; k < keys->count; k++) {
		size_t place = count;
		while (place > 0 &&
		       is_heavier(&keys->at[k], &keys->at[top[place - 1]]))
			place--;
		if (place == SIM_SURVEY_TOP)
			continue;
		if (count < SIM_SURVEY_TOP)
			count++;
		memmove(&top[place + 1], &top[place],
		    (count - place - 1) * sizeof(*top));
		top[place] = k;
	}
	return count;
}

static uint16_t
port_of(uint64_t ports)
{
	return lb_be16_get((lb_be16){ (uint16_t)ports });
}

static const char *
proto_of(const struct sim_key_id *id)
{
	uint8_t proto = (uint8_t)(id->ports_proto >> 32);

	return proto != 0 ? lb_proto_name(proto) : NULL;
}

static void
set_servers(struct sim_survey *out, const struct sim_keys *servers)
{
	uint32_t top[SIM_SURVEY_TOP] = { 0 };
	size_t count = find_top(servers, by_flows, top);

	out->server_count = servers->count;
	for (size_t i = 0; i < count; i++) {
		const struct sim_key_id *id = &servers->ids[top[i]];
		const struct sim_key *weight = &servers->at[top[i]];
		struct sim_survey_end *e = &out->servers[i];
		(void)lb_addr_text(&id->src, e->address, sizeof(e->address));
		e->port = port_of(id->ports_proto >> 16);
		e->proto = proto_of(id);
		e->flows = weight->flows;
		e->packets = weight->packets;
		e->bytes = weight->bytes;
	}
}

static void
set_mode(struct sim_survey_mode *out, enum lb_mode mode, struct sim_keys *keys)
{
	uint32_t top[SIM_SURVEY_TOP] = { 0 };

	out->name = lb_mode_name(mode);
	out->top_count = find_top(keys, by_bytes, top);
	for (size_t i = 0; i < out->top_count; i++) {
		const struct sim_key_id *id = &keys->ids[top[i]];
		struct sim_survey_key *key = &out->top[i];
		key->weight = keys->at[top[i]];
		key->proto = proto_of(id);
		key->client_port = port_of(id->ports_proto);
		key->server_port = port_of(id->ports_proto >> 16);
		(void)lb_addr_text(&id->src, key->client, sizeof(key->client));
		if (lb_mode_masks[mode].dst != 0)
			(void)lb_addr_text(
			    &id->dst, key->server, sizeof(key->server));
	}
	out->keys = keys->at;
	out->key_count = keys->count;
	keys->at = NULL;
}

static int
set_splits(struct sim_survey *out, const struct tally *t)
{
	out->splits = calloc(LB_COUNT(splits), sizeof(*out->splits));
	if (out->splits == NULL)
		return -1;
	for (size_t i = 0; i < LB_COUNT(splits); i++)
		if (t->split_flows[i] > 0)
			out->splits[out->split_count++] =
			    (struct sim_survey_split){
				    .name = splits[i].name,
				    .port = splits[i].port,
				    .flows = t->split_flows[i],
			    };
	return 0;
}

/* --- what was read ------------------------------------------------------- */

static int
set_file(struct sim_survey_file *out, const struct sim_feed_file *file)
{
	struct trace_info info;

	sim_feed_info(file, &info);
	out->format = info.format;
	out->packing = info.packing;
	out->big_endian = info.big_endian;
	out->first_ns = file->first_ns;
	out->last_ns = file->last_ns;
	out->interfaces =
	    calloc(info.interface_count + 1, sizeof(*out->interfaces));
	if (out->interfaces == NULL)
		return -1;
	for (size_t i = 0; i < info.interface_count; i++) {
		const struct trace_interface *from = &info.interfaces[i];
		struct sim_survey_interface *to =
		    &out->interfaces[out->interface_count++];
		*to = (struct sim_survey_interface){
			.link = trace_link_name(from->link_type),
			.link_type = from->link_type,
			.snaplen = from->snaplen,
			.units_per_s = from->units_per_s,
			.packets = from->packets,
		};
		_Static_assert(
		    sizeof(to->name) == sizeof(from->name), "a name fits");
		memcpy(to->name, from->name, sizeof(to->name));
	}
	return 0;
}

static int
set_input(struct sim_survey *out, const struct sim_run *run)
{
	const struct sim_notes *notes = &run->notes;

	out->interrupted = run->interrupted;
	out->partial = run->interrupted;
	out->reverse = run->settings->reverse;
	out->cut = notes->cut;
	out->fragments = notes->fragments;
	out->pauses = notes->pauses;
	out->gap_ns = notes->gap_ns;
	out->gap_from_ns = notes->gap_from_ns;
	out->first_ns = notes->first_ns;
	out->last_ns = notes->last_ns;
	out->version = strdup(PACKAGE_VERSION);
	out->files = calloc(run->feed.file_count + 1, sizeof(*out->files));
	if (out->version == NULL || out->files == NULL ||
	    !sim_build_input(run, &out->input, &out->partial))
		return -1;
	for (size_t i = 0; i < run->feed.file_count; i++)
		if (set_file(&out->files[i], &run->feed.files[i]) != 0)
			return -1;
	return 0;
}

static void
set_vip(struct sim_survey *out, const struct sim_vip *vip)
{
	if (vip->kind != SIM_VIP_ANY)
		(void)lb_addr_port_text(
		    &vip->addr, vip->port, out->vip, sizeof(out->vip));
}

/* All flows are known by now, so that AUTO needs no second reading. */
static int
settle_vip(const struct sim_run *run, struct sim_vip *vip)
{
	struct sim_server server = { 0 };

	*vip = run->settings->vip;
	if (vip->kind != SIM_VIP_AUTO)
		return 0;
	int found = sim_servers_busiest(run->flows, true, &server, 1);
	if (found > 0)
		*vip = (struct sim_vip){
			.kind = SIM_VIP_ADDRESS,
			.addr = server.addr,
		};
	else
		vip->kind = SIM_VIP_ANY;
	return found < 0 ? -1 : 0;
}

static int
fill(struct tally *t, const struct sim_run *run)
{
	struct sim_vip vip;
	int status = sim_keys_init(&t->servers);

	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++)
		status |= sim_keys_init(&t->keys[m]);
	if (status != 0 || set_input(t->out, run) != 0 ||
	    settle_vip(run, &vip) != 0 || add_flows(t, run->flows, &vip) != 0 ||
	    set_splits(t->out, t) != 0)
		return -1;
	set_vip(t->out, &vip);
	set_servers(t->out, &t->servers);
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++)
		set_mode(&t->out->modes[m], modes[m], &t->keys[m]);
	return 0;
}

static struct sim_survey *
build(const struct sim_run *run)
{
	struct tally t = { .out = calloc(1, sizeof(*t.out)) };

	if (t.out != NULL && fill(&t, run) != 0) {
		sim_survey_free(t.out);
		t.out = NULL;
	}
	sim_keys_free(&t.servers);
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++)
		sim_keys_free(&t.keys[m]);
	return t.out;
}

int
sim_survey_make(const struct sim_settings *settings, struct sim_survey **survey,
    struct sim_trouble *trouble)
{
	struct sim_settings all = *settings;
	struct sim_run run = { .settings = &all };

	all.case_count = 0;
	all.details = true;
	*survey = NULL;
	int status = sim_run_open(&run, 0, trouble);
	if (status == SIM_DONE) {
		if (sim_play_all(&run) == 0)
			*survey = build(&run);
		if (*survey == NULL) {
			(void)snprintf(trouble->text, sizeof(trouble->text),
			    "no memory; look at a part of the capture "
			    "(--filter)");
			status = SIM_NO_MEMORY;
		}
	}
	sim_run_close(&run);
	return status;
}

void
sim_survey_free(struct sim_survey *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; s->files != NULL && i < s->input.file_count; i++)
		free(s->files[i].interfaces);
	free(s->files);
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++)
		free(s->modes[m].keys);
	free(s->splits);
	sim_input_free(&s->input);
	free(s->version);
	free(s);
}
