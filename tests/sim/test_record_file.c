/* SPDX-License-Identifier: MIT */
/* sim/record/record_file.c, and what a reported run keeps: time and keys'
 * names. */
#include <string.h>

#include "model/config/names.h"
#include "tests/sim/scene.h"
#include "tests/unit.h"

#define CLIENTS 5u
#define ROUNDS  40u

static char *
named(const char *text)
{
	char *copy = strdup(text);

	UNIT_NEED(copy);
	return copy;
}

static void *
room(size_t count, size_t size)
{
	void *p = calloc(count, size);

	UNIT_NEED(p);
	return p;
}

/* Every field another number, so that none is taken for its neighbour. */
static void
befall(struct sim_case *c)
{
	c->failovers = room(2, sizeof(*c->failovers));
	c->failover_count = 2;
	c->failovers[0] = (struct sim_failover){ named("crashed"), named("a"),
		1, 2, 3, 4, SIM_NO_TIME, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18,
		19, 16 };
	c->failovers[1].fault = named("instance-down");
	c->unreachable = 17;
	c->clients = (struct sim_clients){ 20, 21, 22, 23, 24, 25, 26, 27, 28,
		29, 30, 31, 34, 35, room(SIM_TIME_BUCKETS, sizeof(uint64_t)),
		52, 53, 54, 55 };
	c->clients.response[0] = 32;
	c->clients.response[SIM_TIME_BUCKETS - 1] = 33;
	c->served = room(1, sizeof(*c->served));
	c->served_count = 1;
	c->served[0] =
	    (struct sim_served){ named("a"), 34, 35, 36, 37, 38, 39, 40 };
	c->instances = room(2, sizeof(*c->instances));
	c->instance_count = 2;
	c->instances[1] = (struct sim_instance){ 41, 42 };
	free(c->nats);
	c->nats = room(1, sizeof(*c->nats));
	c->nat_count = 1;
	c->nats[0] = (struct sim_nat){ named("ssh/a"), named("a"), 46, 0, 48,
		49, 50, { 51, 52, 53, 54, true } };
	c->snat = room(1, sizeof(*c->snat));
	c->snat_count = 1;
	c->snat[0] = (struct sim_snat){ .member = named("a"),
		.frontend = named("f"),
		.full_used = 56,
		.full_allocated = 57,
		.asked = 58,
		.blocked = 59,
		.worst_asked = 60,
		.worst_blocked = 61 };
	c->turns = room(1, sizeof(*c->turns));
	c->turn_count = 1;
	c->turns[0] = (struct sim_snat_turn){ 62, named("b"), named("added"),
		63, 64, 65, 66, 67, 68 };
	c->hairpins = 69;
	c->hairpin_packets = 70;
	c->passed = 51;
	c->rehomed = 43;
	c->rehomed_moved = 44;
	c->rehomed_broken = 45;
}

/* What a synthetic run has; harms are as many as pieces of time. */
static void
live_through(struct sim_record *r)
{
	befall(&r->cases[1]);
	if (r->cases[1].harms == NULL)
		r->cases[1].harms = room(r->bin_count, sizeof(struct sim_harm));
	r->cases[1].harm_count = r->bin_count;
	r->cases[1].harms[3] = (struct sim_harm){ 1, 2, 3, 4, 5, 6, 7 };
	r->synthetic = true;
	r->warm_up_ns = 46;
	r->replications = 2;
	r->replica_count = r->case_count;
	r->replicas = room(r->case_count, sizeof(*r->replicas));
	for (size_t i = 0; i < r->case_count; i++)
		r->replicas[i].name = named(r->cases[i].name);
	befall(&r->replicas[2]);
}

/* Client i speaks i + 1 times a round; a round is 1 s. */
static struct sim_record *
play(struct scene *s)
{
	scene_open(s);
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < CLIENTS; i++)
			for (unsigned n = 0; n <= i; n++) {
				struct frame_spec spec = {
					.src = FRAME_V4(192, 0, 2, i + 1),
					.dst = FRAME_V4(203, 0, 113, 10),
					.proto = LB_PROTO_UDP,
					.sport = (uint16_t)(4000 + round % 2),
					.dport = 5683,
				};
				scene_add(s, round * 1000, &spec);
			}
	s->settings.report = true;
	struct sim_record *r = scene_play(s, NULL);
	CU_ASSERT_EQUAL(
	    sim_record_set(r, "loop", SIM_SETTING_NUMBER, "1", true), 0);
	CU_ASSERT_EQUAL(
	    sim_record_set(r, "filter", SIM_SETTING_TEXT, NULL, false), 0);
	r->cases[0].rules[0].backends[0].weight = 47;
	r->config = strdup("rules: []\n");
	UNIT_NEED(r->config);
	r->assertions = calloc(1, sizeof(*r->assertions));
	UNIT_NEED(r->assertions);
	r->assertion_count = 1;
	char error[128];
	CU_ASSERT_TRUE(lb_assertion_read("drops(ttl, x) < 123456.5",
	    &r->assertions[0], error, sizeof(error)));
	live_through(r);
	return r;
}

static void
expect_befallen(const struct sim_case *c, const struct sim_case *was)
{
	CU_ASSERT_EQUAL_FATAL(c->failover_count, 2);
	const struct sim_failover *f = &c->failovers[0];
	const struct sim_failover *g = &was->failovers[0];
	CU_ASSERT_STRING_EQUAL(f->fault, "crashed");
	CU_ASSERT_STRING_EQUAL(f->member, "a");
	CU_ASSERT_EQUAL(memcmp(&f->at_ns, &g->at_ns,
			    sizeof(*f) - offsetof(struct sim_failover, at_ns)),
	    0);
	CU_ASSERT_EQUAL(c->unreachable, 17);
	CU_ASSERT_EQUAL(memcmp(&c->clients, &was->clients,
			    offsetof(struct sim_clients, response)),
	    0);
	CU_ASSERT_EQUAL(memcmp(c->clients.response, was->clients.response,
			    SIM_TIME_BUCKETS * sizeof(uint64_t)),
	    0);
	CU_ASSERT_EQUAL_FATAL(c->served_count, 1);
	CU_ASSERT_STRING_EQUAL(c->served[0].name, "a");
	CU_ASSERT_EQUAL(c->served[0].served, 34);
	CU_ASSERT_EQUAL(c->served[0].turned_away, 35);
	CU_ASSERT_EQUAL(c->served[0].cut_short, 36);
	CU_ASSERT_EQUAL(c->served[0].busy_ns, 37);
	CU_ASSERT_EQUAL(c->served[0].waited_ns, 38);
	CU_ASSERT_EQUAL(c->served[0].peak_busy, 39);
	CU_ASSERT_EQUAL(c->served[0].peak_queue, 40);
	CU_ASSERT_EQUAL(c->clients.late, 52);
	CU_ASSERT_EQUAL(c->clients.late_elsewhere, 53);
	CU_ASSERT_EQUAL(c->clients.no_port, 54);
	CU_ASSERT_EQUAL(c->clients.came_back, 55);
	CU_ASSERT_EQUAL(c->hairpins, 69);
	CU_ASSERT_EQUAL(c->hairpin_packets, 70);
	CU_ASSERT_EQUAL_FATAL(c->snat_count, 1);
	CU_ASSERT_EQUAL(c->snat[0].full_used, 56);
	CU_ASSERT_EQUAL(c->snat[0].full_allocated, 57);
	CU_ASSERT_EQUAL(c->snat[0].asked, 58);
	CU_ASSERT_EQUAL(c->snat[0].blocked, 59);
	CU_ASSERT_EQUAL(c->snat[0].worst_asked, 60);
	CU_ASSERT_EQUAL(c->snat[0].worst_blocked, 61);
	CU_ASSERT_EQUAL_FATAL(c->turn_count, 1);
	CU_ASSERT_STRING_EQUAL(c->turns[0].member, "b");
	CU_ASSERT_STRING_EQUAL(c->turns[0].fault, "added");
	CU_ASSERT_EQUAL(c->turns[0].at_ns, 62);
	CU_ASSERT_EQUAL(c->turns[0].members, 63);
	CU_ASSERT_EQUAL(c->turns[0].before, 64);
	CU_ASSERT_EQUAL(c->turns[0].after, 65);
	CU_ASSERT_EQUAL(c->turns[0].ports, 66);
	CU_ASSERT_EQUAL(c->turns[0].cut, 67);
	CU_ASSERT_EQUAL(c->turns[0].cut_open, 68);
	CU_ASSERT_EQUAL_FATAL(c->nat_count, 1);
	CU_ASSERT_STRING_EQUAL(c->nats[0].name, "ssh/a");
	CU_ASSERT_STRING_EQUAL(c->nats[0].member, "a");
	CU_ASSERT_EQUAL(c->nats[0].flows, 46);
	CU_ASSERT_EQUAL(c->nats[0].packets, 0);
	CU_ASSERT_EQUAL(c->nats[0].packets_in, 48);
	CU_ASSERT_EQUAL(c->nats[0].bytes, 49);
	CU_ASSERT_EQUAL(c->nats[0].bytes_in, 50);
	CU_ASSERT_EQUAL(c->nats[0].silence.flows, 51);
	CU_ASSERT_EQUAL(c->nats[0].silence.idle_ms, 54);
	CU_ASSERT_TRUE(c->nats[0].silence.reset);
	CU_ASSERT_EQUAL(c->passed, 51);
	CU_ASSERT_EQUAL_FATAL(c->instance_count, 2);
	CU_ASSERT_EQUAL(c->instances[1].flows, 41);
	CU_ASSERT_EQUAL(c->instances[1].packets, 42);
	CU_ASSERT_EQUAL(c->rehomed, 43);
	CU_ASSERT_EQUAL(c->rehomed_moved, 44);
	CU_ASSERT_EQUAL(c->rehomed_broken, 45);
}

static char *
save(const struct sim_record *r, size_t *bytes)
{
	char *data = NULL;
	FILE *to = open_memstream(&data, bytes);

	UNIT_NEED(to);
	CU_ASSERT_EQUAL(sim_record_save(r, to), 0);
	CU_ASSERT_EQUAL(fclose(to), 0);
	return data;
}

static struct sim_record *
load(char *data, size_t bytes, char error[128])
{
	FILE *from = fmemopen(data, bytes, "r");

	UNIT_NEED(from);
	error[0] = '\0';
	struct sim_record *r = sim_record_load(from, error, 128);
	(void)fclose(from);
	CU_ASSERT_EQUAL(r == NULL, error[0] != '\0');
	return r;
}

static void
test_there_and_back(void)
{
	struct scene s;
	struct sim_record *r = play(&s);
	size_t bytes = 0, again_bytes = 0;
	char *data = save(r, &bytes), error[128];
	struct sim_record *back = load(data, bytes, error);

	UNIT_NEED(back);
	char *again = save(back, &again_bytes);
	CU_ASSERT_EQUAL(bytes, again_bytes);
	CU_ASSERT_EQUAL(memcmp(data, again, bytes), 0);
	back->cases[1].unreachable -= 17; /* they were made up */
	scene_check("loaded", back);
	back->cases[1].unreachable += 17;
	CU_ASSERT_STRING_EQUAL(back->cases[2].name, "source-ip-protocol");
	CU_ASSERT_EQUAL(back->cases[0].rules[0].backends[0].weight, 47);
	CU_ASSERT_EQUAL(back->cases[0].rules[0].backends[1].weight,
	    r->cases[0].rules[0].backends[1].weight);
	CU_ASSERT_EQUAL(back->input.flows, 2 * CLIENTS);
	CU_ASSERT_EQUAL(back->bin_count, r->bin_count);
	CU_ASSERT_STRING_EQUAL(back->config, "rules: []\n");
	CU_ASSERT_STRING_EQUAL(back->libraries, FAIRLEAD_LIBRARIES);
	CU_ASSERT_PTR_NULL(back->scenario);
	CU_ASSERT_EQUAL_FATAL(back->assertion_count, 1);
	CU_ASSERT_EQUAL(back->assertions[0].bound, 123456500000);
	CU_ASSERT_EQUAL(back->assertions[0].relation, LB_BELOW);
	CU_ASSERT_STRING_EQUAL(back->assertions[0].object, "ttl");
	CU_ASSERT_PTR_NULL(back->assertions[0].rule);
	CU_ASSERT_EQUAL(back->setting_count, 2);
	CU_ASSERT_STRING_EQUAL(back->settings[0].value, "1");
	CU_ASSERT_PTR_NULL(back->settings[1].value);
	CU_ASSERT_TRUE(back->settings[0].given && !back->settings[1].given);
	CU_ASSERT_EQUAL(memcmp(back->cases[1].hash_key, r->cases[1].hash_key,
			    sizeof(r->cases[1].hash_key)),
	    0);
	CU_ASSERT_EQUAL(back->log_count, 2);
	CU_ASSERT_EQUAL(back->log[1].kind, SIM_EVENT_END);
	CU_ASSERT_EQUAL(back->log[1].at_ns, 39 * LB_NS_PER_MS * 1000);
	expect_befallen(&back->cases[1], &r->cases[1]);
	CU_ASSERT_EQUAL_FATAL(back->cases[1].harm_count, r->bin_count);
	CU_ASSERT_EQUAL(memcmp(&back->cases[1].harms[3], &r->cases[1].harms[3],
			    sizeof(struct sim_harm)),
	    0);
	CU_ASSERT_TRUE(back->synthetic);
	CU_ASSERT_EQUAL(back->warm_up_ns, 46);
	CU_ASSERT_EQUAL(back->replications, 2);
	CU_ASSERT_EQUAL_FATAL(back->replica_count, back->case_count);
	expect_befallen(&back->replicas[2], &r->replicas[2]);
	free(again);
	free(data);
	sim_record_free(back);
	sim_record_free(r);
	scene_close(&s);
}

/* Cut anywhere, changed anywhere, or longer: refused. */
static void
test_damaged(void)
{
	struct scene s;
	struct sim_record *r = play(&s);
	size_t bytes = 0;
	char *data = save(r, &bytes), error[128];

	for (size_t cut = 1; cut < bytes; cut += 3)
		CU_ASSERT_PTR_NULL(load(data, cut, error));
	for (size_t at = 0; at < bytes; at += 5) {
		for (unsigned bit = 0; bit < 8; bit += 7) {
			data[at] = (char)(data[at] ^ 1 << bit);
			CU_ASSERT_PTR_NULL(load(data, bytes, error));
			data[at] = (char)(data[at] ^ 1 << bit);
		}
	}
	char *longer = calloc(bytes + 1, 1);
	UNIT_NEED(longer);
	memcpy(longer, data, bytes);
	CU_ASSERT_PTR_NULL(load(longer, bytes + 1, error));
	CU_ASSERT_STRING_EQUAL(error, "something follows it");
	data[0] ^= 1;
	CU_ASSERT_PTR_NULL(load(data, bytes, error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "no record"));
	free(longer);
	free(data);
	sim_record_free(r);
	scene_close(&s);
}

/* The pieces of time add up to what the backends got. */
static void
test_slices(void)
{
	struct scene s;
	struct sim_record *r = play(&s);

	/* 39 s in at most 240 pieces of 2^n ms. */
	CU_ASSERT_EQUAL(r->bin_ns, 256 * LB_NS_PER_MS);
	CU_ASSERT_EQUAL(r->bin_count, 39000 / 256 + 1);
	for (size_t c = 0; c < r->case_count; c++) {
		const struct sim_rule *rule = &r->cases[c].rules[0];
		const size_t n = rule->backend_count;
		for (size_t b = 0; b < n; b++) {
			struct sim_slice sum = { 0 };
			for (size_t bin = 0; bin < r->bin_count; bin++) {
				sum.bytes += rule->slices[bin * n + b].bytes;
				sum.packets +=
				    rule->slices[bin * n + b].packets;
				sum.flows += rule->slices[bin * n + b].flows;
			}
			CU_ASSERT_EQUAL(sum.bytes, rule->backends[b].bytes);
			CU_ASSERT_EQUAL(sum.packets, rule->backends[b].packets);
			CU_ASSERT_EQUAL(sum.flows, rule->backends[b].flows);
		}
	}
	/* In the first, all clients once: 15 packets. */
	const struct sim_rule *rule = &r->cases[0].rules[0];
	uint64_t packets = 0;
	for (size_t b = 0; b < rule->backend_count; b++)
		packets += rule->slices[b].packets;
	CU_ASSERT_EQUAL(packets, CLIENTS * (CLIENTS + 1) / 2);
	sim_record_free(r);
	scene_close(&s);
}

static const struct sim_heavy *
heaviest(const struct sim_rule *rule)
{
	UNIT_NEED(rule->heavy);
	CU_ASSERT_TRUE_FATAL(rule->heavy_count > 0);
	return &rule->heavy[0];
}

static void
test_names(void)
{
	struct scene s;
	struct sim_record *r = play(&s);
	const struct sim_heavy *flow = heaviest(&r->cases[0].rules[0]);
	const struct sim_heavy *client = heaviest(&r->cases[1].rules[0]);
	const struct sim_heavy *both = heaviest(&r->cases[2].rules[0]);
	char text[46];

	CU_ASSERT_STRING_EQUAL(
	    lb_addr_text(&flow->client, text, sizeof(text)), "192.0.2.5");
	CU_ASSERT_TRUE(flow->has_ports && flow->has_server && flow->has_proto);
	CU_ASSERT_EQUAL(flow->server_port, 5683);
	CU_ASSERT_EQUAL(r->cases[0].rules[0].heavy_count, 10);
	CU_ASSERT_STRING_EQUAL(
	    lb_addr_text(&client->client, text, sizeof(text)), "192.0.2.5");
	CU_ASSERT_TRUE(!client->has_ports && !client->has_server);
	CU_ASSERT_TRUE(!client->has_proto && both->has_proto);
	CU_ASSERT_EQUAL(both->proto, LB_PROTO_UDP);
	CU_ASSERT_EQUAL(r->cases[1].rules[0].heavy_count, CLIENTS);
	/* No two keys have the same number; another run has the same ones. */
	const struct sim_rule *rule = &r->cases[0].rules[0];
	for (size_t a = 0; a < rule->key_count; a++)
		for (size_t b = 0; b < a; b++)
			CU_ASSERT_NOT_EQUAL(rule->key_ids[a], rule->key_ids[b]);
	struct sim_record *again = scene_play(&s, NULL);
	for (size_t a = 0; a < rule->key_count; a++)
		CU_ASSERT_EQUAL(
		    rule->key_ids[a], again->cases[0].rules[0].key_ids[a]);
	sim_record_free(again);
	sim_record_free(r);
	scene_close(&s);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "there and back", test_there_and_back },
		{ "damaged", test_damaged },
		{ "pieces of time", test_slices },
		{ "names of keys", test_names },
		CU_TEST_INFO_NULL,
	};

	return unit_main("record", tests);
}
