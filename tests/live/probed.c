/* SPDX-License-Identifier: MIT */
#include "tests/live/probed.h"

#include <stdlib.h>

#include "tests/unit.h"

struct made
made_of(char *text, size_t bytes, const char *file)
{
	struct lb_problems problems = { 0 };
	struct made m = { .config =
			      lb_config_read(text, bytes, file, &problems) };

	lb_problems_print(&problems, "test", stderr);
	UNIT_NEED(m.config);
	m.plan = lb_plan_compile(m.config, NULL, NULL, &problems);
	UNIT_NEED(m.plan);
	lb_problems_free(&problems);
	free(text);
	return m;
}

void
made_free(struct made *m)
{
	lb_plan_free(m->plan);
	lb_config_free(m->config);
}

void
hear(void *arg, int probe, const struct lb_addr *address, enum lb_answer answer,
    uint64_t now_ns, uint64_t latency_ns)
{
	struct heard *h = arg;

	(void)address;
	(void)now_ns;
	(void)latency_ns;
	CU_ASSERT_EQUAL(probe, 0);
	h->by[answer]++;
	if (++h->count == h->until)
		uv_stop(h->loop);
}

static void
on_end(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

void
run_for(uv_loop_t *loop, uint64_t ms)
{
	uv_timer_t end;

	CU_ASSERT(uv_timer_init(loop, &end) == 0);
	CU_ASSERT(uv_timer_start(&end, on_end, ms, 0) == 0);
	(void)uv_run(loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&end, NULL);
	(void)uv_run(loop, UV_RUN_NOWAIT);
}

void
loop_end(uv_loop_t *loop)
{
	(void)uv_run(loop, UV_RUN_DEFAULT);
	CU_ASSERT_EQUAL(uv_loop_close(loop), 0);
}
