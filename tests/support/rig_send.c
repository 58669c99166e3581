/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "model/path/apply.h"
#include "model/path/step.h"
#include "tests/support/edit_scope.h"
#include "tests/support/rig.h"
#include "tests/support/table_fault.h"
#include "tests/unit.h"

static void
copy(const struct frame *from, struct frame *to)
{
	memcpy(to, from, offsetof(struct frame, data) + from->bytes);
}

static void
check_forwarded(struct rig *rig)
{
	struct frame_sums before, after;
	const struct lb_edit *edit = &rig->result.edit;
	struct frame *out = &rig->out;
	CU_ASSERT_EQUAL(rig->result.reason, LB_REASON_NONE);
	CU_ASSERT_EQUAL(lb_apply(out->data, out->data + out->bytes, edit), 0);
	frame_sums(rig->in.data, rig->in.bytes, &before);
	frame_sums(out->data, out->bytes, &after);
	const char *differ = frame_sums_differ(&before, &after);
	if (differ != NULL)
		(void)fprintf(stderr, "  %s differs\n", differ);
	CU_ASSERT_PTR_NULL(differ);
	CU_ASSERT_EQUAL(before.right, after.right);
	for (size_t i = 0; i < out->bytes; i++)
		if (out->data[i] != rig->in.data[i] &&
		    (edit->what == 0 || !edit_may_change(edit, i))) {
			(void)fprintf(stderr, "  byte %zu changed\n", i);
			CU_FAIL("a byte changed that the edit does not name");
		}
}

/* The entry that the result names is the one that it speaks of. */
static void
check_entry(const struct rig *rig)
{
	const struct lb_result *r = &rig->result;
	if ((r->facts & (LB_FACT_MADE | LB_FACT_HIT)) == 0)
		return;
	const struct lb_tables *t = &rig->world->tables;
	uint64_t w2 = rig->packet.ip.family == 6
			  ? t->conn6[r->bucket].entry[r->way].w2
			  : t->conn4[r->bucket].entry[r->way].w2;
	CU_ASSERT_EQUAL(lb_ctl_state(*rig_ctl(rig)), r->state);
	CU_ASSERT_EQUAL(lb_w2_member(w2), r->member);
	if ((r->facts & LB_FACT_REPLY) == 0)
		CU_ASSERT_EQUAL(lb_w2_rule(w2), r->rule);
}

const struct lb_result *
rig_send_frame(struct rig *rig, uint32_t now_ms)
{
	struct frame *in = &rig->in;
	memset(&rig->packet, 0x5a, sizeof(rig->packet));
	memset(&rig->result, 0x5a, sizeof(rig->result));
	int parsed = lb_parse(in->data, in->data + in->bytes, 0, &rig->packet);
	CU_ASSERT_EQUAL(parsed, LB_PARSED);
	if (parsed != LB_PARSED)
		return &rig->result;
	lb_step(lb_world_ctx(rig->world), &rig->packet, now_ms, &rig->result);
	copy(in, &rig->out);
	if (lb_result_sends(&rig->result))
		check_forwarded(rig);
	else if (rig->result.verdict == LB_PASS)
		CU_ASSERT_EQUAL(rig->result.edit.what, 0);
	if (rig->result.verdict == LB_DROP)
		CU_ASSERT_NOT_EQUAL(rig->result.reason, LB_REASON_NONE);
	check_entry(rig);
	const char *fault = table_fault(&rig->world->tables, rig->plan);
	if (fault != NULL)
		(void)fprintf(stderr, "  %s\n", fault);
	CU_ASSERT_PTR_NULL(fault);
	return &rig->result;
}

const struct lb_result *
rig_send(struct rig *rig, const struct frame_spec *spec, uint32_t now_ms)
{
	frame_build(&rig->in, spec);
	return rig_send_frame(rig, now_ms);
}

bool
rig_left_as(const struct rig *rig, const struct frame_spec *spec)
{
	struct frame expect;
	frame_build(&expect, spec);
	return expect.bytes == rig->out.bytes &&
	       memcmp(expect.data, rig->out.data, expect.bytes) == 0;
}
