/* SPDX-License-Identifier: MIT */
/*
 * Writes fuzz_packet's first corpus into a folder: conversations of every
 * kind.  (found-* there is what fuzzing added, put end to end.)  Run by hand
 * when a kind is added:
 *
 *     make tests/fuzz/make_packet_seeds
 *     tests/fuzz/make_packet_seeds tests/fuzz/corpus/packet
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/packet_input.h"
#include "tests/support/talk.h"

static struct rig rig;
static uint8_t input[65536];
static size_t input_bytes;

static void
add(const void *from, size_t bytes)
{
	if (bytes > sizeof(input) - input_bytes)
		abort();
	memcpy(input + input_bytes, from, bytes);
	input_bytes += bytes;
}

static void
add_event(enum input_what what, unsigned delay, uint8_t a, uint8_t b)
{
	const uint8_t header[INPUT_HEADER_BYTES] = { INPUT_BYTE0(what, delay),
		a, b, 0 };
	add(header, sizeof(header));
}

static void
add_packet(const struct frame_spec *spec, unsigned delay)
{
	struct frame f;
	frame_build(&f, spec);
	const uint8_t header[INPUT_HEADER_BYTES] = {
		INPUT_BYTE0(spec->raw ? INPUT_IP : INPUT_FRAME, delay),
		(uint8_t)f.bytes, (uint8_t)(f.bytes >> 8), 0
	};
	add(header, sizeof(header));
	add(f.data, f.bytes);
}

static void
save(const char *folder, const char *name)
{
	char path[4096];
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "wbe");
	if (file == NULL ||
	    fwrite(input, 1, input_bytes, file) != input_bytes ||
	    fclose(file) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	input_bytes = 0;
}

/* Letters as in talk.h; the member is who it would be. */
static void
add_talk(struct talk *t, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		struct frame_spec spec = talk_packet(t, *letters);
		spec.payload_bytes = spec.payload_bytes != 0 ? 5 : 0;
		add_packet(&spec, 2);
	}
}

static struct talk
talk_to(enum rig_rule rule, unsigned member)
{
	struct talk t = talk_open(&rig, rule, 40000);
	t.member =
	    rig_member(&rig, (enum rig_pool)rig.rules[rule].pool, member);
	return t;
}

static void
save_talks(const char *folder)
{
	static const struct {
		const char *name, *letters;
		enum rig_rule rule;
	} talks[] = {
		{ "tcp4", "SbADdAFfA", RIG_HTTP },
		{ "tcp4-reset", "SbADr", RIG_RESET },
		{ "tcp4-any-port", "SbADdR", RIG_ANY },
		{ "tcp4-floating", "SADF", RIG_FLOAT_HTTP },
		{ "tcp6", "SbADdAFfA", RIG_HTTP6 },
		{ "tcp6-any-port", "SbAD", RIG_ANY6 },
		{ "udp4", "DdD", RIG_DNS },
		{ "udp4-tracked", "DdDd", RIG_COAP },
		{ "udp4-source", "DdD", RIG_SOURCE_UDP },
		{ "udp6-tracked", "DdDd", RIG_COAP6 },
	};
	for (size_t i = 0; i < LB_COUNT(talks); i++) {
		for (unsigned m = 0; m < RIG_MEMBERS; m++) {
			struct talk t = talk_to(talks[i].rule, m);
			add_talk(&t, talks[i].letters);
			add_event(INPUT_HEALTH, 0, (uint8_t)t.member, 0);
			add_talk(&t, talks[i].letters);
			add_event(INPUT_PLAN, 0, (uint8_t)(m + 1), 0);
			add_talk(&t, talks[i].letters);
			add_event(INPUT_SWEEP, 11, 0, 0);
		}
		save(folder, talks[i].name);
	}
}

static void
save_fragments(const char *folder, const char *name, enum rig_rule rule)
{
	struct talk t = talk_to(rule, 0);
	for (const char *l = "Dd"; *l != '\0'; l++) {
		struct frame_spec spec = talk_packet(&t, *l);
		bool six = !lb_addr_is_v4(&spec.src);
		spec.payload_bytes = 16;
		spec.more_fragments = true;
		spec.ext_count = six ? 1 : 0;
		spec.exts[0] = FRAME_FRAGMENT;
		add_packet(&spec, 0);
		spec.fragment_offset = 3;
		add_packet(&spec, 0);
		spec.more_fragments = false;
		add_packet(&spec, 0);
	}
	save(folder, name);
}

static void
save_errors(const char *folder, const char *name, enum rig_rule rule)
{
	struct talk t = talk_to(rule, 0);
	add_talk(&t, t.proto == LB_PROTO_TCP ? "SbA" : "D");
	for (unsigned i = 0; i < 4; i++) {
		struct frame_spec about = talk_packet(&t, i < 2 ? 'a' : 'A');
		bool six = !lb_addr_is_v4(&about.src);
		if (i < 2) {
			about.src = t.frontend;
			about.sport = t.frontend_port;
		} else {
			about.dst = rig_address(&rig, t.member);
			about.dport = t.backend_port;
		}
		struct frame_spec error = { .src = about.dst,
			.dst = about.src,
			.proto = six ? LB_PROTO_ICMP6 : LB_PROTO_ICMP,
			.icmp_type = six ? 1 : 3,
			.quoted = &about,
			.quote_bytes = i % 2 == 0 ? 0
				       : six      ? 48
						  : 28 };
		add_packet(&error, 0);
	}
	save(folder, name);
}

static void
save_shapes(const char *folder)
{
	struct talk t4 = talk_to(RIG_HTTP, 0), t6 = talk_to(RIG_DNS6, 0);
	struct frame_spec spec = talk_packet(&t4, 'D');
	spec.payload_bytes = 3;
	spec.tags = 2;
	spec.ip_option_words = 3;
	spec.tcp_option_words = 2;
	add_packet(&spec, 0);
	spec.raw = true;
	add_packet(&spec, 0);
	spec = talk_packet(&t6, 'D');
	spec.payload_bytes = 3;
	spec.ext_count = 6;
	memcpy(spec.exts, (uint8_t[]){ 0, 60, 43, 44, 51, 60 }, 6);
	add_packet(&spec, 0);
	spec.raw = true;
	spec.no_checksum = true;
	add_packet(&spec, 0);
	save(folder, "shapes");
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: make_packet_seeds FOLDER\n");
		return EXIT_FAILURE;
	}
	rig_open(&rig);
	rig_start(&rig);
	save_talks(argv[1]);
	save_fragments(argv[1], "fragments4", RIG_ANY);
	save_fragments(argv[1], "fragments6", RIG_ANY6);
	save_errors(argv[1], "errors4", RIG_HTTP);
	save_errors(argv[1], "errors4-udp", RIG_DNS);
	save_errors(argv[1], "errors6", RIG_HTTP6);
	save_errors(argv[1], "errors6-any-port", RIG_ANY6);
	save_shapes(argv[1]);
	rig_close(&rig);
	return EXIT_SUCCESS;
}
