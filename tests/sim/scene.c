/* SPDX-License-Identifier: MIT */
#include "tests/sim/scene.h"

#include <string.h>
#include <unistd.h>

#include "tests/unit.h"

#define EPOCH_S    UINT64_C(1700000000)
#define MAGIC_NS   0xa1b23c4du
#define SNAP_BYTES 262144u
#define BACKENDS   4u
#define MODES      3u
#define LINK_ETHER 1u

void
scene_open(struct scene *s)
{
	static const uint32_t header[] = { MAGIC_NS, 0x00040002, 0, 0,
		SNAP_BYTES, LINK_ETHER };

	*s = (struct scene){ .path = "/tmp/fairlead-scene-XXXXXX" };
	int fd = mkstemp(s->path);
	CU_ASSERT_FATAL(fd >= 0);
	s->file = fdopen(fd, "wb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->file);
	CU_ASSERT_EQUAL(fwrite(header, sizeof(header), 1, s->file), 1);
}

void
scene_close(struct scene *s)
{
	CU_ASSERT_EQUAL(fclose(s->file), 0);
	(void)unlink(s->path);
}

void
scene_add_frame(struct scene *s, uint64_t at_ms, const struct frame *f,
    uint32_t captured_bytes, uint32_t wire_bytes)
{
	const uint32_t record[] = { (uint32_t)(EPOCH_S + at_ms / 1000),
		(uint32_t)(at_ms % 1000 * 1000000), captured_bytes,
		wire_bytes };

	CU_ASSERT_EQUAL(fwrite(record, sizeof(record), 1, s->file), 1);
	CU_ASSERT_EQUAL(fwrite(f->data, captured_bytes, 1, s->file), 1);
}

void
scene_add(struct scene *s, uint64_t at_ms, const struct frame_spec *spec)
{
	struct frame f;

	frame_build(&f, spec);
	scene_add_frame(s, at_ms, &f, f.bytes, f.bytes);
}

static struct lb_config *
read_config(const char *text)
{
	struct lb_problems problems = { 0 };
	struct lb_config *config =
	    lb_config_read(text, strlen(text), "scene", &problems);

	if (config == NULL)
		lb_problems_print(&problems, "scene", stderr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(config);
	lb_problems_free(&problems);
	return config;
}

struct sim_record *
scene_play(struct scene *s, const char *config)
{
	static const struct {
		const char *name;
		enum lb_mode mode;
	} modes[MODES] = {
		{ "five-tuple", LB_MODE_FIVE_TUPLE },
		{ "source-ip", LB_MODE_SOURCE_IP_ANY_DST },
		{ "source-ip-protocol", LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST },
	};
	const size_t count = config == NULL ? MODES : 1;
	struct sim_case_settings cases[MODES];
	struct lb_config *configs[MODES];
	const char *paths[] = { s->path };
	struct sim_settings settings = s->settings;
	struct sim_record *record = NULL;
	struct sim_trouble trouble = { 0 };

	CU_ASSERT_EQUAL(fflush(s->file), 0);
	for (size_t i = 0; i < count; i++) {
		configs[i] = config == NULL
				 ? lb_config_zero(BACKENDS, modes[i].mode)
				 : read_config(config);
		CU_ASSERT_PTR_NOT_NULL_FATAL(configs[i]);
		cases[i].config = configs[i];
		cases[i].name = config == NULL ? modes[i].name : "configured";
	}
	if (settings.path_count == 0) {
		settings.paths = paths;
		settings.path_count = 1;
	}
	settings.cases = cases;
	settings.case_count = count;
	settings.together = config == NULL;
	CU_ASSERT_EQUAL(sim_run(&settings, &record, &trouble), SIM_DONE);
	for (size_t i = 0; i < count; i++)
		lb_config_free(configs[i]);
	if (record == NULL)
		abort(); /* and no test goes on */
	scene_check(s->path, record);
	return record;
}

/* --- what must hold of any record ---------------------------------------- */

static void
check_keys(const char *row, const struct sim_rule *rule)
{
	uint64_t flows = 0, packets = 0, bytes = 0;

	for (size_t k = 0; k < rule->key_count; k++) {
		flows += rule->keys[k].flows;
		packets += rule->keys[k].packets;
		bytes += rule->keys[k].bytes;
		UNIT_ROW(row, rule->keys[k].packets > 0);
		UNIT_ROW(row, rule->keys[k].backend < rule->backend_count);
	}
	UNIT_EQUAL(row, flows, rule->flows);
	UNIT_EQUAL(row, packets, rule->packets);
	UNIT_EQUAL(row, bytes, rule->bytes);
}

static void
check_rule(const char *row, const struct sim_rule *rule)
{
	uint64_t flows = 0, packets = 0, bytes = 0;

	for (size_t b = 0; b < rule->backend_count; b++) {
		const struct sim_backend *backend = &rule->backends[b];
		flows += backend->flows;
		packets += backend->packets;
		bytes += backend->bytes;
		UNIT_ROW(row, backend->packets_in <= backend->packets);
		UNIT_ROW(row, backend->bytes_in <= backend->bytes);
		UNIT_ROW(row, backend->flows <= backend->packets_in);
	}
	UNIT_EQUAL(row, flows, rule->flows);
	UNIT_EQUAL(row, packets, rule->packets);
	UNIT_EQUAL(row, bytes, rule->bytes);
	check_keys(row, rule);
}

static void
check_case(
    const char *row, const struct sim_input *in, const struct sim_case *c)
{
	uint64_t bytes = 0;
	uint64_t packets = in->not_ip + in->truncated + in->malformed +
			   in->other_protocol + in->icmp + in->over_limit +
			   c->reply_suppressed + c->outbound_packets +
			   c->unreachable;

	for (size_t r = 0; r < c->rule_count; r++) {
		check_rule(row, &c->rules[r]);
		packets += c->rules[r].packets;
		bytes += c->rules[r].bytes;
		UNIT_ROW(row, c->rules[r].flows <= in->flows);
	}
	for (size_t n = 0; n < c->nat_count; n++)
		packets += c->nats[n].packets;
	for (size_t d = 0; d < c->drop_count; d++)
		packets += c->drops[d].packets;
	UNIT_EQUAL(row, packets, in->packets);
	UNIT_ROW(row, bytes <= in->bytes);
}

void
scene_check(const char *row, const struct sim_record *record)
{
	const struct sim_input *in = &record->input;
	uint64_t packets = 0;

	for (size_t i = 0; i < in->file_count; i++)
		packets += in->files[i].packets;
	UNIT_EQUAL(row, packets * in->loop, in->packets);
	UNIT_EQUAL(
	    row, in->role_syn + in->role_port + in->role_first, in->flows);
	for (size_t i = 0; i < record->case_count; i++)
		check_case(row, in, &record->cases[i]);
}

uint64_t
scene_drops(const struct sim_case *c, const char *reason)
{
	for (size_t d = 0; d < c->drop_count; d++)
		if (strcmp(c->drops[d].reason, reason) == 0)
			return c->drops[d].packets;
	CU_FAIL("no such reason");
	return 0;
}

const struct sim_backend *
scene_backend(const struct sim_rule *rule)
{
	const struct sim_backend *best = &rule->backends[0];

	for (size_t b = 1; b < rule->backend_count; b++)
		if (rule->backends[b].packets > best->packets)
			best = &rule->backends[b];
	return best;
}
