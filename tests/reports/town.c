/* SPDX-License-Identifier: MIT */
#include "tests/reports/town.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN_NS UINT64_C(1394352301250000000) /* 2014-03-09 08:05:01.25 */
#define NS_PER_S UINT64_C(1000000000)
#define BYTES    100u

static void *
room(size_t count, size_t size)
{
	void *p = calloc(count + 1, size);
	if (p == NULL)
		abort();
	return p;
}

static void
add(struct sim_key *key, uint64_t bytes)
{
	key->flows++;
	key->packets++;
	key->bytes += bytes;
}

/* The heaviest is the first, the rest is equal. */
static void
set_top(struct sim_survey_mode *m, bool is_flow)
{
	for (size_t i = 0; i < m->key_count && i < SIM_SURVEY_TOP; i++) {
		struct sim_survey_key *key = &m->top[m->top_count++];
		key->weight = m->keys[i];
		(void)snprintf(
		    key->client, sizeof(key->client), "192.0.2.%zu", i + 1);
		if (!is_flow)
			continue;
		(void)snprintf(
		    key->server, sizeof(key->server), "2001:db8::%zu", i + 1);
		key->client_port = (uint16_t)(40000 + i);
		key->server_port = i == 1 ? 0 : 443;
		key->proto = "tcp";
	}
}

static void
set_modes(struct sim_survey *s, const struct town_spec *spec)
{
	static const char *const names[] = { "five-tuple", "source-ip",
		"source-ip-protocol" };
	const size_t flows = spec->clients * spec->flows_each;

	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++) {
		s->modes[m].name = names[m];
		s->modes[m].key_count = m == 0 ? flows : spec->clients;
		s->modes[m].keys =
		    room(s->modes[m].key_count, sizeof(*s->modes[m].keys));
	}
	for (size_t f = 0; f < flows; f++) {
		uint64_t bytes =
		    f == 0 && spec->heavy_bytes > 0 ? spec->heavy_bytes : BYTES;
		s->flows++;
		s->packets++;
		s->bytes += bytes;
		for (unsigned m = 0; m < SIM_SURVEY_MODE; m++)
			add(&s->modes[m]
				 .keys[m == 0 ? f : f / spec->flows_each],
			    bytes);
	}
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++)
		set_top(&s->modes[m], m == 0);
}

static void
set_file(struct sim_survey *s)
{
	s->input.files = room(1, sizeof(*s->input.files));
	s->input.file_count = 1;
	s->input.files[0].name = strdup("town.pcap");
	s->input.files[0].packets = s->packets;
	s->input.packets = s->packets;
	s->input.flows = s->flows;
	s->files = room(1, sizeof(*s->files));
	s->files[0] = (struct sim_survey_file){
		.format = "pcap",
		.first_ns = s->first_ns,
		.last_ns = s->last_ns,
		.interfaces = room(1, sizeof(struct sim_survey_interface)),
		.interface_count = 1,
	};
	s->files[0].interfaces[0] = (struct sim_survey_interface){
		.link = "EN10MB",
		.link_type = 1,
		.snaplen = 65535,
		.units_per_s = 1000000,
		.packets = s->packets,
	};
}

struct sim_survey *
town_survey(const struct town_spec *spec)
{
	struct sim_survey *s = room(1, sizeof(*s));

	s->version = strdup("0.1.0");
	s->first_ns = BEGIN_NS;
	s->last_ns = BEGIN_NS + spec->seconds * NS_PER_S;
	set_modes(s, spec);
	s->tcp_flows = s->role_syn = s->flows;
	s->server_count = s->flows > 0;
	s->servers[0] = (struct sim_survey_end){
		.address = "2001:db8::1",
		.port = 443,
		.proto = "tcp",
		.flows = s->flows,
		.packets = s->packets,
		.bytes = s->bytes,
	};
	set_file(s);
	if (s->version == NULL || s->input.files[0].name == NULL)
		abort();
	return s;
}
