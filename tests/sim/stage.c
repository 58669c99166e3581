/* SPDX-License-Identifier: MIT */
#include "tests/sim/stage.h"

#include <string.h>

#include "tests/unit.h"

#define RULE(name, proto, port)                                                \
	"  - { name: " name ", frontend: f, pool: p, protocol: " proto         \
	", frontend_port: " port ", backend_port: " port ", probe: t%s }\n"

static const char usual[] =
    "load_balancer: { sku: standard }\n"
    "frontends:\n  - { name: f, address: 203.0.113.10 }\n"
    "pools:\n  - { name: p, members: [{ name: a, address: 10.0.0.1 },\n"
    "      { name: b, address: 10.0.0.2 },\n"
    "      { name: c, address: 10.0.0.3 }] }\n"
    "probes:\n  - { name: t, protocol: tcp, port: 80, interval: 5s }\n"
    "rules:\n" RULE("web", "tcp", "80") RULE("stay", "tcp", "443")
	RULE("dns", "udp", "53") RULE("udp", "udp", "9000")
	    RULE("coap", "udp", "5683");

void
stage_open(struct stage *s)
{
	*s = (struct stage){ .scene = lb_scene_defaults() };
	s->scene.duration_ms = 100000;
	s->scene.traffic = s->traffic;
	s->scene.servers = s->servers;
	s->settings.seed = 1;
	s->settings.report = true;
}

void
stage_close(struct stage *s)
{
	for (size_t i = 0; i < s->settings.fault_count; i++)
		free(s->faults[i].member);
}

struct lb_traffic *
stage_traffic(struct stage *s, enum lb_profile profile)
{
	CU_ASSERT_FATAL(s->scene.traffic_count < STAGE_MOST);
	struct lb_traffic *t = &s->traffic[s->scene.traffic_count++];
	*t = lb_traffic_defaults(profile);
	return t;
}

struct lb_traffic *
stage_request(struct stage *s)
{
	struct lb_traffic *t = stage_traffic(s, LB_PROFILE_WEB);

	t->arrivals = LB_ARRIVALS_CONSTANT;
	t->rate = LB_SCENE_ONE;
	t->stop_ms = 1;
	t->clients = 1;
	t->requests = LB_SCENE_ONE;
	t->sizes = LB_SIZES_CONSTANT;
	t->size_min = 1000;
	return t;
}

struct lb_server *
stage_server(struct stage *s)
{
	CU_ASSERT_FATAL(s->scene.server_count < STAGE_MOST);
	struct lb_server *server = &s->servers[s->scene.server_count++];
	*server = (struct lb_server){ .queue = UINT32_MAX };
	return server;
}

struct lb_fault *
stage_fault(struct stage *s, uint64_t at_ms, const char *member,
    enum lb_fault_kind kind)
{
	CU_ASSERT_FATAL(s->settings.fault_count < STAGE_MOST);
	struct lb_fault *f = &s->faults[s->settings.fault_count++];
	*f = (struct lb_fault){ .at_ms = at_ms, .kind = kind };
	f->member = strdup(member);
	UNIT_NEED(f->member);
	s->settings.faults = s->faults;
	return f;
}

void
stage_fault_all(struct stage *s, uint64_t at_ms, enum lb_fault_kind kind)
{
	(void)stage_fault(s, at_ms, "a", kind);
	(void)stage_fault(s, at_ms, "b", kind);
	(void)stage_fault(s, at_ms, "c", kind);
}

/* --- playing ------------------------------------------------------------- */

static struct lb_config *
read_config(const char *text)
{
	struct lb_problems problems = { 0 };
	struct lb_config *config =
	    lb_config_read(text, strlen(text), "stage", &problems);

	if (config == NULL)
		lb_problems_print(&problems, "stage", stderr);
	UNIT_NEED(config);
	lb_problems_free(&problems);
	return config;
}

/* The usual configuration with `distribution: mode` in every rule. */
static struct lb_config *
usual_config(const char *mode)
{
	char more[64] = "", text[4096];

	if (mode != NULL)
		(void)snprintf(more, sizeof(more), ", distribution: %s", mode);
	(void)snprintf(text, sizeof(text), usual, more, more, more, more, more);
	return read_config(text);
}

static struct lb_config *
case_config(const struct stage *s, const char *config, size_t i)
{
	static const enum lb_mode zero[] = { LB_MODE_FIVE_TUPLE,
		LB_MODE_SOURCE_IP_ANY_DST, LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST };

	if (config == NULL)
		return usual_config(i < s->mode_count ? s->modes[i] : NULL);
	return config[0] != '\0' ? read_config(config)
				 : lb_config_zero(4, zero[i]);
}

struct sim_record *
stage_play(struct stage *s, const char *config)
{
	static const char *const names[STAGE_MOST] = { "first", "second",
		"third" };
	const bool zero = config != NULL && config[0] == '\0';
	const size_t count = zero ? 3 : s->mode_count > 0 ? s->mode_count : 1;
	struct sim_case_settings cases[STAGE_MOST];
	struct lb_config *configs[STAGE_MOST];
	struct sim_settings settings = s->settings;
	struct sim_record *record = NULL;
	struct sim_trouble trouble = { 0 };

	for (size_t i = 0; i < count; i++) {
		configs[i] = case_config(s, config, i);
		UNIT_NEED(configs[i]);
		cases[i].config = configs[i];
		cases[i].name = names[i];
	}
	settings.cases = cases;
	settings.case_count = count;
	settings.together = zero;
	settings.scene = &s->scene;
	if (sim_run(&settings, &record, &trouble) != SIM_DONE)
		(void)fprintf(stderr, "  %s\n", trouble.text);
	for (size_t i = 0; i < count; i++)
		lb_config_free(configs[i]);
	UNIT_NEED(record);
	stage_check(record);
	return record;
}

/* --- what must hold of any record ---------------------------------------- */

static uint64_t
check_rule(const struct sim_rule *rule)
{
	uint64_t flows = 0, packets = 0, bytes = 0, of_keys = 0;

	for (size_t b = 0; b < rule->backend_count; b++) {
		flows += rule->backends[b].flows;
		packets += rule->backends[b].packets;
		bytes += rule->backends[b].bytes;
	}
	for (size_t k = 0; k < rule->key_count; k++) {
		of_keys += rule->keys[k].packets;
		CU_ASSERT_TRUE(rule->keys[k].packets > 0);
	}
	CU_ASSERT_EQUAL(flows, rule->flows);
	CU_ASSERT_EQUAL(packets, rule->packets);
	CU_ASSERT_EQUAL(of_keys, rule->packets);
	CU_ASSERT_EQUAL(bytes, rule->bytes);
	return packets;
}

static void
check_clients(const struct sim_clients *c)
{
	uint64_t answered = 0;

	for (size_t i = 0; i < SIM_TIME_BUCKETS; i++)
		answered += c->response[i];
	CU_ASSERT_EQUAL(answered, c->answered);
}

void
stage_check(const struct sim_record *record)
{
	const struct sim_input *in = &record->input;

	for (size_t i = 0; i < record->case_count; i++) {
		const struct sim_case *c = &record->cases[i];
		uint64_t packets = in->not_ip + in->truncated + in->malformed +
				   in->other_protocol + in->icmp +
				   in->over_limit + c->reply_suppressed +
				   c->unreachable + c->outbound_packets;
		for (size_t r = 0; r < c->rule_count; r++)
			packets += check_rule(&c->rules[r]);
		for (size_t n = 0; n < c->nat_count; n++)
			packets += c->nats[n].packets;
		for (size_t d = 0; d < c->drop_count; d++)
			packets += c->drops[d].packets;
		/* the input is the first's */
		if (i == 0)
			UNIT_EQUAL("packets", packets, in->packets);
		if (c->clients.response != NULL)
			check_clients(&c->clients);
	}
}
