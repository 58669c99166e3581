/* SPDX-License-Identifier: MIT */
#include "live/bpf/referee.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model/path/apply.h"
#include "model/path/step.h"

/* Facts of one expire call on each side; more buckets than this hold go in
 * several rounds. */
#define FACTS_MAX 4096u

struct referee {
	struct lb_world *world;
	struct live_engine *engine;
	struct referee_io *io; /* mapped */
	int program;
	struct lb_expired *facts[2];
};

struct referee *
referee_new(const struct lb_plan *plan, char *error, size_t error_bytes)
{
	struct referee *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->facts[0] = calloc(FACTS_MAX, sizeof(struct lb_expired));
	r->facts[1] = calloc(FACTS_MAX, sizeof(struct lb_expired));
	r->world = lb_world_new(plan);
	if (r->world == NULL || r->facts[0] == NULL || r->facts[1] == NULL) {
		(void)snprintf(error, error_bytes, "no memory for the tables");
		errno = ENOMEM;
		goto fail;
	}
	r->engine = live_engine_load("referee.bpf.o", plan, error, error_bytes);
	if (r->engine == NULL)
		goto fail;
	r->program = live_engine_program(r->engine, "fairlead_referee");
	r->io = live_engine_mmap(r->engine, "referee", sizeof(*r->io));
	if (r->program < 0 || r->io == NULL) {
		(void)snprintf(
		    error, error_bytes, "referee.bpf.o is not this version's");
		errno = EINVAL;
		goto fail;
	}
	return r;
fail:;
	int code = errno;
	referee_free(r);
	errno = code;
	return NULL;
}

void
referee_free(struct referee *r)
{
	if (r == NULL)
		return;
	if (r->io != NULL)
		(void)munmap(r->io, sizeof(*r->io));
	live_engine_free(r->engine);
	lb_world_free(r->world);
	free(r->facts[0]);
	free(r->facts[1]);
	free(r);
}

static void
run_native(struct referee *r, uint32_t now_ms, struct referee_side *side)
{
	struct lb_scratch *s = &r->world->scratch;
	uint64_t ctx = lb_world_ctx(r->world);
	side->applied = 0;
	side->parsed = (uint32_t)lb_parse(
	    side->frame, side->frame + side->bytes, 0, &s->packet);
	if (side->parsed != LB_PARSED)
		return;
	lb_step(ctx, &s->packet, now_ms, &s->result);
	side->result = s->result;
	if (lb_result_sends(&s->result))
		side->applied = lb_apply(
		    side->frame, side->frame + side->bytes, &s->result.edit);
}

static int
run_kernel(struct referee *r, const uint8_t *frame, uint32_t now_ms,
    struct referee_side *side)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame,
	    .data_size_in = side->bytes, .data_out = side->frame,
	    .data_size_out = sizeof(side->frame), .repeat = 1);
	r->io->now_ms = now_ms;
	if (bpf_prog_test_run_opts(r->program, &run) != 0)
		return -1;
	if (run.retval != XDP_PASS) { /* its maps are not what it wants */
		errno = EIO;
		return -1;
	}
	side->bytes = run.data_size_out;
	side->parsed = r->io->parsed;
	side->applied = r->io->applied;
	if (side->parsed == LB_PARSED)
		side->result = r->io->result;
	return 0;
}

/* Where `what` does not name a field of the edit, the field has no meaning. */
static const char *
edits_differ(const struct lb_edit *a, const struct lb_edit *b)
{
	if (a->what != b->what)
		return "edit";
	if ((a->what & LB_EDIT_SRC) != 0 && !lb_addr_same(&a->src, &b->src))
		return "edit source";
	if ((a->what & LB_EDIT_DST) != 0 && !lb_addr_same(&a->dst, &b->dst))
		return "edit destination";
	return NULL;
}

static const char *
sides_differ(const struct referee_side *a, const struct referee_side *b)
{
	const struct lb_result *x = &a->result, *y = &b->result;
	if (a->parsed != b->parsed)
		return "parse";
	if (a->bytes != b->bytes || memcmp(a->frame, b->frame, a->bytes) != 0)
		return "bytes";
	if (a->applied != b->applied)
		return "apply";
	if (a->parsed != LB_PARSED)
		return NULL;
	if (x->verdict != y->verdict)
		return "verdict";
	if (x->reason != y->reason)
		return "reason";
	if (x->member != y->member)
		return "member";
	if (x->rule != y->rule)
		return "rule";
	if (x->facts != y->facts || x->bucket != y->bucket ||
	    x->way != y->way || x->state != y->state)
		return "facts";
	return edits_differ(&x->edit, &y->edit);
}

int
referee_packet(struct referee *r, const uint8_t *frame, uint32_t bytes,
    uint32_t now_ms, struct referee_answer *answer)
{
	struct referee_side *native = &answer->native;
	struct referee_side *kernel = &answer->kernel;
	answer->differs = NULL;
	answer->cut = bytes > REFEREE_BYTES_MAX;
	if (answer->cut)
		bytes = REFEREE_BYTES_MAX;
	native->bytes = bytes;
	kernel->bytes = bytes;
	memcpy(native->frame, frame, bytes);
	run_native(r, now_ms, native);
	if (bytes < REFEREE_BYTES_MIN)
		return REFEREE_SHORT;
	if (run_kernel(r, frame, now_ms, kernel) != 0)
		return REFEREE_ERROR;
	answer->differs = sides_differ(native, kernel);
	return answer->differs == NULL ? REFEREE_SAME : REFEREE_DIFFERENT;
}

int
referee_swap(struct referee *r, const struct lb_plan *plan)
{
	lb_world_swap(r->world, plan);
	return live_engine_swap(r->engine, plan);
}

int
referee_health(struct referee *r, const struct lb_plan *plan)
{
	lb_world_swap(r->world, plan);
	return live_engine_health(r->engine, plan);
}

static bool
facts_same(const struct lb_expired *a, const struct lb_expired *b)
{
	return lb_addr_same(&a->src, &b->src) &&
	       lb_addr_same(&a->dst, &b->dst) && a->sport.raw == b->sport.raw &&
	       a->dport.raw == b->dport.raw && a->proto == b->proto &&
	       a->state == b->state && a->member == b->member &&
	       a->rule == b->rule && a->bucket == b->bucket &&
	       a->seen_ms == b->seen_ms && a->client_ack == b->client_ack &&
	       a->client_end == b->client_end && a->kind == b->kind &&
	       a->snat == b->snat && a->xlat_port.raw == b->xlat_port.raw;
}

static int
expire_family(struct referee *r, bool six, uint32_t now_ms, uint64_t *ended)
{
	const struct lb_tables *tables[2] = { &r->world->tables,
		live_engine_tables(r->engine) };
	uint32_t buckets = six ? tables[0]->buckets6 : tables[0]->buckets4;
	for (uint32_t from = 0; from < buckets;) {
		struct lb_expired_list list[2] = {
			{ r->facts[0], FACTS_MAX, 0 },
			{ r->facts[1], FACTS_MAX, 0 },
		};
		uint32_t to[2];
		for (int i = 0; i < 2; i++)
			to[i] = lb_expire(tables[i], six, now_ms, from,
			    buckets - from, &list[i]);
		if (to[0] != to[1] || list[0].count != list[1].count)
			return REFEREE_DIFFERENT;
		for (uint32_t k = 0; k < list[0].count; k++) {
			if (!facts_same(&list[0].at[k], &list[1].at[k]))
				return REFEREE_DIFFERENT;
			if (ended != NULL)
				ended[list[0].at[k].state]++;
		}
		from = to[0];
	}
	return REFEREE_SAME;
}

int
referee_expire(
    struct referee *r, uint32_t now_ms, uint64_t ended[LB_CONN_CLOSING_RST + 1])
{
	const struct lb_tables *kernel = live_engine_tables(r->engine);
	int four = expire_family(r, false, now_ms, ended);
	int six = expire_family(r, true, now_ms, ended);
	lb_expire_ports(&r->world->tables, 0, UINT32_MAX);
	lb_expire_ports(kernel, 0, UINT32_MAX);
	return four == REFEREE_SAME ? six : four;
}

int
referee_memory(const struct referee *r, uint32_t *bucket)
{
	const struct lb_tables *a = &r->world->tables;
	const struct lb_tables *b = live_engine_tables(r->engine);
	for (uint32_t i = 0; i < a->buckets4; i++) {
		if (memcmp(&a->conn4[i], &b->conn4[i], sizeof(*a->conn4)) !=
		    0) {
			*bucket = i;
			return REFEREE_DIFFERENT;
		}
	}
	for (uint32_t i = 0; i < a->buckets6; i++) {
		if (memcmp(&a->conn6[i], &b->conn6[i], sizeof(*a->conn6)) !=
		    0) {
			*bucket = i | UINT32_C(1) << 31;
			return REFEREE_DIFFERENT;
		}
	}
	for (uint32_t i = 0; i < a->port_buckets; i++) {
		if (memcmp(&a->ports[i], &b->ports[i], sizeof(*a->ports)) !=
		    0) {
			*bucket = i | REFEREE_PORTS;
			return REFEREE_DIFFERENT;
		}
	}
	return REFEREE_SAME;
}

struct lb_world *
referee_world(struct referee *r)
{
	return r->world;
}

struct live_engine *
referee_engine(struct referee *r)
{
	return r->engine;
}
