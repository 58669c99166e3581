/* SPDX-License-Identifier: MIT */
#include "live/bpf/memo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "fl-memo" and its version. */
#define MEMO_MAGIC UINT64_C(0x026f6d656d2d6c66)

struct memo_head {
	uint64_t magic, bytes;
	uint32_t plan_version, row_count;
	uint32_t member_count, rule_count, lut_count, probe_count;
	uint32_t class_count, buckets4, buckets6, snat_count;
	uint64_t block_count;
	uint64_t rule_classes;
	uint8_t hash_key[16];
	struct lb_class classes[LB_CLASS_MAX];
};

enum memo_kind { MEMO_FREE, MEMO_LIVE, MEMO_TOMBSTONE };

/* --- writing ------------------------------------------------------------- */

static void
put(FILE *to, const void *from, size_t bytes)
{
	(void)fwrite(from, 1, bytes, to);
}

static void
put_byte(FILE *to, unsigned value)
{
	(void)fputc((int)(value & 0xff), to);
}

static void
put_text(FILE *to, const char *text)
{
	put(to, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 1);
}

static unsigned
kind_of(const char *name, bool tombstone)
{
	if (name == NULL)
		return MEMO_FREE;
	return tombstone ? MEMO_TOMBSTONE : MEMO_LIVE;
}

static void
put_ids(FILE *to, const struct lb_plan *plan)
{
	for (uint32_t id = 0; id < plan->member_count; id++) {
		const struct lb_plan_member *m = &plan->members[id];
		put_byte(to, kind_of(m->name, m->tombstone));
		put(to, &m->address, sizeof(m->address));
		put_text(to, m->pool);
		put_text(to, m->name);
	}
	for (uint32_t id = 0; id < plan->rule_count; id++) {
		const struct lb_plan_rule *r = &plan->rules[id];
		put_byte(to, kind_of(r->name, r->tombstone));
		put_text(to, r->name);
	}
}

static void
put_shared(FILE *to, const struct lb_plan *plan)
{
	for (uint32_t i = 0; i < plan->lut_count; i++) {
		const struct lb_plan_lut *lut = &plan->luts[i];
		put_byte(to, lut->slots != NULL ? MEMO_LIVE : MEMO_FREE);
		put(to, &lut->size, sizeof(lut->size));
		put_byte(to, lut->algorithm);
		put_byte(to, lut->all_down);
		put_byte(to, lut->bit);
		put_text(to, lut->pool_name);
		put_text(to, lut->probe_name);
	}
	for (uint32_t i = 0; i < plan->probe_count; i++) {
		const struct lb_plan_probe *probe = &plan->probes[i];
		put_byte(to, probe->all_down);
		put_byte(to, probe->bit);
		put_text(to, probe->pool_name);
		put_text(to, probe->probe_name);
	}
}

/* Who leaves from where. */
static void
put_snat(FILE *to, const struct lb_plan *plan)
{
	for (uint32_t i = 0; i < plan->snat_count; i++) {
		put_byte(to, (plan->snats[i].live ? 1u : 0u) |
				 (plan->snats[i].wanted ? 2u : 0u));
		put(to, &plan->snats[i].address, sizeof(struct lb_addr));
	}
	for (uint32_t i = 0; i < plan->block_count; i++) {
		const struct lb_plan_block *block = &plan->blocks[i];
		put(to, &block->member, sizeof(block->member));
		put_byte(to, block->udp);
		put(to, &block->row, sizeof(block->row));
	}
}

static struct memo_head
head_of(const struct lb_plan *plan)
{
	struct memo_head head = {
		.magic = MEMO_MAGIC,
		.plan_version = LB_PLAN_VERSION,
		.row_count = plan->row_count,
		.member_count = plan->member_count,
		.rule_count = plan->rule_count,
		.lut_count = plan->lut_count,
		.probe_count = plan->probe_count,
		.class_count = plan->class_count,
		.buckets4 = plan->buckets4,
		.buckets6 = plan->buckets6,
		.snat_count = plan->snat_count,
		.block_count = plan->block_count,
		.rule_classes = plan->rule_classes,
	};
	memcpy(head.hash_key, plan->hash_key, sizeof(head.hash_key));
	memcpy(head.classes, plan->classes, sizeof(head.classes));
	return head;
}

void *
live_memo_write(const struct lb_plan *plan, size_t *bytes)
{
	char *memo = NULL;
	FILE *to = open_memstream(&memo, bytes);
	struct memo_head head = head_of(plan);
	if (to == NULL)
		return NULL;
	put(to, &head, sizeof(head));
	put(to, plan->rows, (size_t)plan->row_count * LB_ROW_BYTES);
	put_ids(to, plan);
	put_shared(to, plan);
	put_snat(to, plan);
	bool failed = ferror(to) != 0;
	failed |= fclose(to) != 0;
	if (failed) {
		free(memo);
		return NULL;
	}
	head.bytes = *bytes;
	memcpy(memo, &head, sizeof(head));
	return memo;
}

/* --- reading ------------------------------------------------------------- */

struct cursor {
	const char *at, *end;
	bool bad; /* it ended too early, or there was no memory */
};

static void
get(struct cursor *c, void *to, size_t bytes)
{
	memset(to, 0, bytes);
	if (c->bad || (size_t)(c->end - c->at) < bytes) {
		c->bad = true;
		return;
	}
	memcpy(to, c->at, bytes);
	c->at += bytes;
}

static uint8_t
get_byte(struct cursor *c)
{
	uint8_t value;
	get(c, &value, sizeof(value));
	return value;
}

/* NULL for an empty one. */
static char *
get_text(struct cursor *c)
{
	size_t left = (size_t)(c->end - c->at);
	size_t length = c->bad ? left : strnlen(c->at, left);
	if (length == left) {
		c->bad = true;
		return NULL;
	}
	char *text = length > 0 ? strdup(c->at) : NULL;
	c->bad |= length > 0 && text == NULL;
	c->at += length + 1;
	return text;
}

static void
get_ids(struct cursor *c, struct lb_plan *plan)
{
	for (uint32_t id = 0; id < plan->member_count && !c->bad; id++) {
		struct lb_plan_member *m = &plan->members[id];
		m->tombstone = get_byte(c) == MEMO_TOMBSTONE;
		get(c, &m->address, sizeof(m->address));
		m->pool = get_text(c);
		m->name = get_text(c);
		m->pool_index = m->member_index = -1;
		c->bad |= (m->pool == NULL) != (m->name == NULL);
	}
	for (uint32_t id = 0; id < plan->rule_count && !c->bad; id++) {
		struct lb_plan_rule *r = &plan->rules[id];
		r->tombstone = get_byte(c) == MEMO_TOMBSTONE;
		r->name = get_text(c);
		r->rule_index = -1;
	}
}

static void
get_shared(struct cursor *c, struct lb_plan *plan)
{
	for (uint32_t i = 0; i < plan->lut_count && !c->bad; i++) {
		struct lb_plan_lut *lut = &plan->luts[i];
		if (get_byte(c) == MEMO_LIVE) /* it only has to be there */
			lut->slots = aligned_alloc(LB_ROW_BYTES, LB_ROW_BYTES);
		get(c, &lut->size, sizeof(lut->size));
		lut->algorithm = get_byte(c);
		lut->all_down = get_byte(c);
		lut->bit = get_byte(c);
		lut->pool_name = get_text(c);
		lut->probe_name = get_text(c);
		lut->pool = lut->probe = -1;
		c->bad |= lut->slots != NULL && lut->pool_name == NULL;
	}
	for (uint32_t i = 0; i < plan->probe_count && !c->bad; i++) {
		struct lb_plan_probe *probe = &plan->probes[i];
		probe->all_down = get_byte(c);
		probe->bit = get_byte(c);
		probe->pool_name = get_text(c);
		probe->probe_name = get_text(c);
		probe->pool = probe->probe = -1;
		c->bad |= probe->bit > LB_PROBE_MAX ||
			  probe->pool_name == NULL || probe->probe_name == NULL;
	}
}

static void
get_snat(struct cursor *c, struct lb_plan *plan)
{
	for (uint32_t i = 0; i < plan->snat_count && !c->bad; i++) {
		unsigned bits = get_byte(c);
		plan->snats[i].live = (bits & 1) != 0;
		plan->snats[i].wanted = (bits & 2) != 0;
		get(c, &plan->snats[i].address, sizeof(struct lb_addr));
	}
	for (uint32_t i = 0; i < plan->block_count && !c->bad; i++) {
		struct lb_plan_block *block = &plan->blocks[i];
		get(c, &block->member, sizeof(block->member));
		block->udp = get_byte(c) != 0;
		get(c, &block->row, sizeof(block->row));
		c->bad |= block->row.first > block->row.last;
	}
}

static bool
head_fits(const struct memo_head *head, size_t bytes)
{
	return head->magic == MEMO_MAGIC && head->bytes <= bytes &&
	       head->plan_version == LB_PLAN_VERSION && head->row_count > 1 &&
	       head->row_count <= bytes / LB_ROW_BYTES &&
	       head->member_count <= LB_MEMBER_MAX &&
	       head->rule_count <= LB_MEMBER_MAX &&
	       head->lut_count <= LB_LUT_MAX &&
	       head->probe_count <= LB_LUT_MAX &&
	       head->class_count <= LB_CLASS_MAX &&
	       head->snat_count <= LB_SNAT_ADDRESS_MAX &&
	       head->block_count <= bytes / sizeof(struct lb_snat_block);
}

static struct lb_plan *
plan_of_head(const struct memo_head *head)
{
	struct lb_plan *plan = calloc(1, sizeof(*plan));
	if (plan == NULL)
		return NULL;
	plan->rows = calloc(head->row_count, sizeof(*plan->rows));
	plan->members = calloc(head->member_count + 1u, sizeof(*plan->members));
	plan->rules = calloc(head->rule_count + 1u, sizeof(*plan->rules));
	plan->luts = calloc(head->lut_count + 1u, sizeof(*plan->luts));
	plan->probes = calloc(head->probe_count + 1u, sizeof(*plan->probes));
	plan->blocks = calloc(head->block_count + 1u, sizeof(*plan->blocks));
	if (plan->rows == NULL || plan->members == NULL ||
	    plan->rules == NULL || plan->luts == NULL || plan->probes == NULL ||
	    plan->blocks == NULL) {
		lb_plan_free(plan);
		return NULL;
	}
	plan->row_count = head->row_count;
	plan->member_count = head->member_count;
	plan->rule_count = head->rule_count;
	plan->lut_count = head->lut_count;
	plan->probe_count = head->probe_count;
	plan->class_count = head->class_count;
	plan->snat_count = head->snat_count;
	plan->block_count = (uint32_t)head->block_count;
	plan->rule_classes = head->rule_classes;
	plan->buckets4 = head->buckets4;
	plan->buckets6 = head->buckets6;
	memcpy(plan->hash_key, head->hash_key, sizeof(plan->hash_key));
	memcpy(plan->classes, head->classes, sizeof(plan->classes));
	return plan;
}

/* The sections that the header names lie in the rows that there are. */
static bool
rows_fit(const struct lb_plan *plan)
{
	const struct lb_plan_header *h = lb_plan_header_of(plan);
	uint64_t rows = plan->row_count;
	return h->version == LB_PLAN_VERSION &&
	       (uint64_t)h->endpoint_at + h->endpoint_mask < rows &&
	       (uint64_t)h->rule_at + h->rule_count <= rows &&
	       h->rule_count >= plan->rule_count;
}

struct lb_plan *
live_memo_read(const void *memo, size_t bytes)
{
	struct memo_head head;
	struct cursor c = { memo, (const char *)memo + bytes, false };
	get(&c, &head, sizeof(head));
	if (c.bad || !head_fits(&head, bytes))
		return NULL;
	struct lb_plan *plan = plan_of_head(&head);
	if (plan == NULL)
		return NULL;
	get(&c, plan->rows, (size_t)plan->row_count * LB_ROW_BYTES);
	get_ids(&c, plan);
	get_shared(&c, plan);
	get_snat(&c, plan);
	if (!c.bad && rows_fit(plan))
		return plan;
	lb_plan_free(plan);
	return NULL;
}
