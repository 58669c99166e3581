/* SPDX-License-Identifier: MIT */
/* sim/run/survey.c: what small captures are said to be made of. */
#include "tests/sim/scene.h"
#include "tests/unit.h"

#include <string.h>

#define CLIENT FRAME_V4(192, 0, 2, 1)
#define OTHER  FRAME_V4(192, 0, 2, 2)
#define SERVER FRAME_V4(203, 0, 113, 10)
#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)

enum { FIVE_TUPLE, SOURCE_IP, SOURCE_IP_PROTOCOL };

static struct frame_spec
udp(bool reply, uint16_t port)
{
	struct frame_spec spec = { .src = CLIENT,
		.dst = SERVER,
		.proto = LB_PROTO_UDP,
		.sport = port,
		.dport = 53,
		.payload_bytes = 72 };

	if (reply) {
		spec.src = (struct lb_addr)SERVER;
		spec.dst = (struct lb_addr)CLIENT;
		spec.sport = 53;
		spec.dport = port;
	}
	return spec;
}

static struct frame_spec
tcp(bool reply, uint16_t port, uint8_t flags)
{
	struct frame_spec spec = udp(reply, port);

	spec.proto = LB_PROTO_TCP;
	spec.tcp_flags = flags;
	return spec;
}

static struct sim_survey *
look(struct scene *s)
{
	const char *paths[] = { s->path };
	struct sim_settings settings = s->settings;
	struct sim_trouble trouble = { 0 };
	struct sim_survey *survey = NULL;

	CU_ASSERT_EQUAL(fflush(s->file), 0);
	settings.paths = paths;
	settings.path_count = 1;
	CU_ASSERT_EQUAL(
	    sim_survey_make(&settings, &survey, &trouble), SIM_DONE);
	UNIT_NEED(survey);
	return survey;
}

static struct sim_key
sum(const struct sim_survey_mode *m)
{
	struct sim_key sum = { 0 };

	for (size_t k = 0; k < m->key_count; k++) {
		sum.flows += m->keys[k].flows;
		sum.packets += m->keys[k].packets;
		sum.bytes += m->keys[k].bytes;
	}
	return sum;
}

/* Every mode's keys weigh what all flows do. */
static void
check_sums(const struct sim_survey *s)
{
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++) {
		const struct sim_key all = sum(&s->modes[m]);
		UNIT_EQUAL(s->modes[m].name, all.flows, s->flows);
		UNIT_EQUAL(s->modes[m].name, all.packets, s->packets);
		UNIT_EQUAL(s->modes[m].name, all.bytes, s->bytes);
	}
	CU_ASSERT_EQUAL(s->role_syn + s->role_port + s->role_first, s->flows);
}

/* --- flows and keys ------------------------------------------------------ */

/* Two clients, three UDP flows and one TCP flow, one of them answered. */
static void
test_keys(void)
{
	struct scene s;
	const struct frame_spec first = udp(false, 7000);
	const struct frame_spec answer = udp(true, 7000);
	const struct frame_spec second = udp(false, 7001);
	const struct frame_spec syn = tcp(false, 7000, LB_TCP_SYN);
	struct frame_spec other = udp(false, 7000);

	other.src = (struct lb_addr)OTHER;
	scene_open(&s);
	scene_add(&s, 0, &first);
	scene_add(&s, 10, &answer);
	scene_add(&s, 20, &second);
	scene_add(&s, 30, &syn);
	scene_add(&s, 40, &other);
	struct sim_survey *v = look(&s);
	check_sums(v);
	CU_ASSERT_EQUAL(v->flows, 4);
	CU_ASSERT_EQUAL(v->tcp_flows, 1);
	CU_ASSERT_EQUAL(v->packets, 5);
	CU_ASSERT_EQUAL(v->only_client, 3);
	CU_ASSERT_EQUAL(v->only_server, 0);
	CU_ASSERT_EQUAL(v->modes[FIVE_TUPLE].key_count, 4);
	CU_ASSERT_EQUAL(v->modes[SOURCE_IP].key_count, 2);
	CU_ASSERT_EQUAL(v->modes[SOURCE_IP_PROTOCOL].key_count, 3);
	/* 100 bytes a UDP packet, 112 a TCP one */
	const struct sim_survey_key *top = &v->modes[FIVE_TUPLE].top[0];
	CU_ASSERT_STRING_EQUAL(top->client, "192.0.2.1");
	CU_ASSERT_STRING_EQUAL(top->server, "203.0.113.10");
	CU_ASSERT_EQUAL(top->client_port, 7000);
	CU_ASSERT_EQUAL(top->server_port, 53);
	CU_ASSERT_STRING_EQUAL(top->proto, "udp");
	CU_ASSERT_EQUAL(top->weight.packets, 2);
	CU_ASSERT_EQUAL(top->weight.bytes, 200);
	top = &v->modes[SOURCE_IP].top[0];
	CU_ASSERT_STRING_EQUAL(top->client, "192.0.2.1");
	CU_ASSERT_STRING_EQUAL(top->server, "");
	CU_ASSERT_PTR_NULL(top->proto);
	CU_ASSERT_EQUAL(top->weight.flows, 3);
	CU_ASSERT_EQUAL(v->server_count, 2);
	CU_ASSERT_STRING_EQUAL(v->servers[0].proto, "udp");
	CU_ASSERT_EQUAL(v->servers[0].port, 53);
	CU_ASSERT_EQUAL(v->servers[0].flows, 3);
	sim_survey_free(v);

	s.settings.reverse = true;
	v = look(&s);
	check_sums(v);
	CU_ASSERT_EQUAL(v->modes[SOURCE_IP].key_count, 1);
	CU_ASSERT_EQUAL(v->only_server, 3);
	sim_survey_free(v);
	scene_close(&s);
}

static void
check_as_played(const struct sim_survey_mode *m, const struct sim_case *c)
{
	const struct sim_rule *rule = &c->rules[0];

	CU_ASSERT_STRING_EQUAL(m->name, c->name);
	CU_ASSERT_EQUAL_FATAL(m->key_count, rule->key_count);
	for (size_t k = 0; k < rule->key_count; k++) {
		UNIT_EQUAL(c->name, m->keys[k].flows, rule->keys[k].flows);
		UNIT_EQUAL(c->name, m->keys[k].packets, rule->keys[k].packets);
		UNIT_EQUAL(c->name, m->keys[k].bytes, rule->keys[k].bytes);
	}
}

/* What the replay says of the same flows, where it can play them all. */
static void
test_as_played(void)
{
	struct scene s;

	scene_open(&s);
	for (uint16_t i = 0; i < 40; i++) {
		struct frame_spec spec = udp(false, (uint16_t)(7000 + i));
		spec.src = (struct lb_addr)FRAME_V4(192, 0, 2, i % 7);
		spec.payload_bytes = 10u * i;
		spec.more_fragments = i % 5 == 0;
		scene_add(&s, i, &spec);
	}
	struct sim_survey *v = look(&s);
	struct sim_record *r = scene_play(&s, NULL);
	check_sums(v);
	for (unsigned m = 0; m < SIM_SURVEY_MODE; m++)
		check_as_played(&v->modes[m], &r->cases[m]);
	sim_record_free(r);
	sim_survey_free(v);
	scene_close(&s);
}

/* --- fragments ----------------------------------------------------------- */

static void
add_datagram(struct scene *s, uint64_t at_ms, struct frame_spec spec)
{
	spec.more_fragments = true;
	scene_add(s, at_ms, &spec);
	spec.more_fragments = false;
	spec.fragment_offset = 10;
	scene_add(s, at_ms, &spec);
}

/* An answer in fragments is its flow's; a request in fragments is keyed
 * without ports, and two of them have one key. */
static void
test_fragments(void)
{
	struct scene s;
	const struct frame_spec whole = udp(false, 7000);

	scene_open(&s);
	scene_add(&s, 0, &whole);
	add_datagram(&s, 10, udp(true, 7000));
	struct sim_survey *v = look(&s);
	check_sums(v);
	CU_ASSERT_EQUAL(v->fragments, 2);
	CU_ASSERT_EQUAL(v->flows, 1);
	CU_ASSERT_EQUAL(v->modes[FIVE_TUPLE].key_count, 1);
	CU_ASSERT_EQUAL(v->modes[FIVE_TUPLE].keys[0].packets, 3);
	sim_survey_free(v);

	add_datagram(&s, 20, udp(false, 7001));
	add_datagram(&s, 30, udp(false, 7002));
	v = look(&s);
	check_sums(v);
	/* ports 7000, 7001, 7002 and the fragments without: four flows */
	CU_ASSERT_EQUAL(v->flows, 4);
	CU_ASSERT_EQUAL(v->modes[FIVE_TUPLE].key_count, 2);
	CU_ASSERT_EQUAL(v->modes[SOURCE_IP].key_count, 1);
	sim_survey_free(v);
	scene_close(&s);
}

/* --- TCP ----------------------------------------------------------------- */

static void
test_half_open(void)
{
	struct scene s;
	const struct frame_spec packets[] = {
		tcp(false, 7001, LB_TCP_SYN), /* unanswered */
		tcp(false, 7002, LB_TCP_SYN), /* refused */
		tcp(true, 7002, LB_TCP_RST | LB_TCP_ACK),
		tcp(false, 7003, LB_TCP_SYN), /* answered, never acknowledged */
		tcp(true, 7003, LB_TCP_SYN | LB_TCP_ACK),
		tcp(false, 7004, LB_TCP_SYN), /* opened */
		tcp(true, 7004, LB_TCP_SYN | LB_TCP_ACK),
		tcp(false, 7004, LB_TCP_ACK),
		tcp(false, 7005, LB_TCP_ACK),             /* open before */
		tcp(true, 7006, LB_TCP_SYN | LB_TCP_ACK), /* only its answer */
	};

	scene_open(&s);
	for (size_t i = 0; i < LB_COUNT(packets); i++)
		scene_add(&s, i, &packets[i]);
	struct sim_survey *v = look(&s);
	check_sums(v);
	CU_ASSERT_EQUAL(v->tcp_flows, 6);
	CU_ASSERT_EQUAL(v->half_open, 3);
	CU_ASSERT_EQUAL(v->unanswered, 1);
	CU_ASSERT_EQUAL(v->only_client, 2);
	CU_ASSERT_EQUAL(v->only_server, 1);
	CU_ASSERT_EQUAL(v->role_syn, 5);
	CU_ASSERT_EQUAL(v->role_port, 1);
	sim_survey_free(v);
	scene_close(&s);
}

static void
test_splits(void)
{
	struct scene s;
	struct frame_spec ftp = tcp(false, 7000, LB_TCP_ACK);
	struct frame_spec scan = tcp(false, 7001, LB_TCP_SYN);

	ftp.dport = scan.dport = 21;
	scene_open(&s);
	scene_add(&s, 0, &ftp);
	scene_add(&s, 1, &scan);
	struct sim_survey *v = look(&s);
	CU_ASSERT_EQUAL_FATAL(v->split_count, 1);
	CU_ASSERT_STRING_EQUAL(v->splits[0].name, "FTP");
	CU_ASSERT_EQUAL(v->splits[0].flows, 1);
	sim_survey_free(v);
	scene_close(&s);
}

/* --- time ---------------------------------------------------------------- */

static void
test_time(void)
{
	static const uint64_t at_ms[] = { 1000, 2000, 500, 3000,
		3000 + 4 * MINUTE, 3500 + 4 * MINUTE };
	struct scene s;
	const struct frame_spec spec = udp(false, 7000);
	struct frame f;

	scene_open(&s);
	for (size_t i = 0; i < LB_COUNT(at_ms); i++)
		scene_add(&s, at_ms[i], &spec);
	frame_build(&f, &spec);
	scene_add_frame(&s, 4 * MINUTE + 3600, &f, f.bytes - 30, f.bytes);
	struct sim_survey *v = look(&s);
	CU_ASSERT_EQUAL(
	    v->last_ns - v->first_ns, (4 * MINUTE + 3100) * LB_NS_PER_MS);
	CU_ASSERT_EQUAL(v->gap_ns, 4 * MINUTE * LB_NS_PER_MS);
	CU_ASSERT_EQUAL(v->gap_from_ns - v->first_ns, 2500 * LB_NS_PER_MS);
	CU_ASSERT_EQUAL(v->input.backwards, 1);
	CU_ASSERT_EQUAL(v->pauses, 1);
	CU_ASSERT_EQUAL(v->cut, 1);
	CU_ASSERT_EQUAL(v->files[0].first_ns, v->first_ns);
	CU_ASSERT_EQUAL(v->files[0].last_ns, v->last_ns);
	sim_survey_free(v);
	scene_close(&s);
}

/* --- the file ------------------------------------------------------------ */

static void
test_file(void)
{
	struct scene s;

	scene_open(&s);
	struct sim_survey *v = look(&s);
	CU_ASSERT_EQUAL(v->flows, 0);
	CU_ASSERT_EQUAL(v->server_count, 0);
	CU_ASSERT_EQUAL(v->modes[FIVE_TUPLE].top_count, 0);
	CU_ASSERT_FALSE(v->partial);
	CU_ASSERT_STRING_EQUAL(v->files[0].format, "pcap");
	CU_ASSERT_EQUAL_FATAL(v->files[0].interface_count, 1);
	CU_ASSERT_STRING_EQUAL(v->files[0].interfaces[0].link, "EN10MB");
	CU_ASSERT_EQUAL(v->files[0].interfaces[0].snaplen, 262144);
	sim_survey_free(v);
	scene_close(&s);
	v = look(
	    &(struct scene){ .path = "/nonexistent.pcap", .file = stdout });
	CU_ASSERT_TRUE(v->partial);
	CU_ASSERT_TRUE(v->input.files[0].unreadable);
	CU_ASSERT_PTR_NULL(v->files[0].format);
	sim_survey_free(v);
}

/* --- whose --------------------------------------------------------------- */

static void
test_vip(void)
{
	static const struct {
		const char *row;
		struct sim_vip vip;
		uint64_t flows;
		const char *text;
	} rows[] = {
		{ "any", { 0 }, 3, "" },
		{ "address", { SIM_VIP_ADDRESS, SERVER, 0 }, 2,
		    "203.0.113.10" },
		{ "port", { SIM_VIP_ADDRESS, SERVER, 53 }, 1,
		    "203.0.113.10:53" },
		{ "nobody", { SIM_VIP_ADDRESS, OTHER, 0 }, 0, "192.0.2.2" },
		{ "six",
		    { SIM_VIP_ADDRESS,
			FRAME_V6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 80 },
		    0, "[2001:db8::1]:80" },
		{ "auto", { SIM_VIP_AUTO, { { 0 } }, 0 }, 2, "203.0.113.10" },
	};
	struct scene s;
	struct frame_spec away = udp(false, 7002), http = udp(false, 7001);

	away.dst = (struct lb_addr)FRAME_V4(203, 0, 113, 99);
	http.dport = 80;
	scene_open(&s);
	const struct frame_spec dns = udp(false, 7000);
	scene_add(&s, 0, &away);
	scene_add(&s, 1, &dns);
	scene_add(&s, 2, &http);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		s.settings.vip = rows[i].vip;
		struct sim_survey *v = look(&s);
		check_sums(v);
		UNIT_EQUAL(rows[i].row, v->flows, rows[i].flows);
		UNIT_EQUAL(rows[i].row, v->input.flows, 3);
		UNIT_ROW(rows[i].row, strcmp(v->vip, rows[i].text) == 0);
		sim_survey_free(v);
	}
	scene_close(&s);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "keys", test_keys },
		{ "as played", test_as_played },
		{ "fragments", test_fragments },
		{ "half open", test_half_open },
		{ "control channels", test_splits },
		{ "time", test_time },
		{ "the file", test_file },
		{ "whose", test_vip },
		CU_TEST_INFO_NULL,
	};

	return unit_main("sim: survey", tests);
}
