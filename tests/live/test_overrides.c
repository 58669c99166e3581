/* SPDX-License-Identifier: MIT */
/*
 * live/state/overrides.c: what ctl says of members is applied over what the
 * file says, written down, read back, and forgotten with its member.
 */
#include <string.h>

#include "live/state/overrides.h"
#include "tests/model/config_text.h"

#define CONFIG(members)                                                        \
	"load_balancer: { sku: fairlead }\n"                                   \
	"frontends: [{ name: f, address: 192.0.2.1 }]\n"                       \
	"pools: [{ name: p, members: [" members "] }]\n"                       \
	"rules: [{ name: r, frontend: f, pool: p, protocol: tcp,\n"            \
	"  frontend_port: 1, table_size: 101 }]\n"

#define A "{ name: a, address: 10.0.0.1, admin_state: down }"
#define B "{ name: b, address: 10.0.0.2 }"

static unsigned gone_count;

static struct lb_config *
config_from(const char *text)
{
	struct lb_problems problems;
	struct lb_config *config = config_of(text, &problems);
	lb_problems_free(&problems);
	UNIT_NEED(config);
	return config;
}

static void
count_gone(const struct live_override *o)
{
	CU_ASSERT_STRING_EQUAL(o->pool, "p");
	gone_count++;
}

/* draining, set, state by ctl, the file's: what is in force. */
static void
test_precedence(void)
{
	static const struct {
		bool draining, set;
		enum lb_admin_state said, file, holds;
	} truths[] = {
		{ false, false, LB_ADMIN_NONE, LB_ADMIN_NONE, LB_ADMIN_NONE },
		{ false, false, LB_ADMIN_NONE, LB_ADMIN_DOWN, LB_ADMIN_DOWN },
		{ false, true, LB_ADMIN_UP, LB_ADMIN_DOWN, LB_ADMIN_UP },
		{ false, true, LB_ADMIN_DOWN, LB_ADMIN_UP, LB_ADMIN_DOWN },
		{ true, false, LB_ADMIN_NONE, LB_ADMIN_UP, LB_ADMIN_DOWN },
		{ true, true, LB_ADMIN_UP, LB_ADMIN_UP, LB_ADMIN_DOWN },
	};
	CU_ASSERT_EQUAL(live_override_admin(NULL, LB_ADMIN_UP), LB_ADMIN_UP);
	for (size_t i = 0; i < LB_COUNT(truths); i++) {
		const struct live_override o = { .draining = truths[i].draining,
			.admin_set = truths[i].set,
			.admin = truths[i].said };
		CU_ASSERT_EQUAL(
		    live_override_admin(&o, truths[i].file), truths[i].holds);
	}
}

static void
test_apply(void)
{
	struct live_overrides all = { 0 };
	struct lb_config *config = config_from(CONFIG(A ", " B));
	struct live_override *a = live_override_make(&all, "p", "a");
	UNIT_NEED(a);
	a->admin_set = true;
	a->admin = LB_ADMIN_UP;
	struct live_override *b = live_override_make(&all, "p", "b");
	UNIT_NEED(b);
	b->draining = true;
	CU_ASSERT_PTR_EQUAL(live_override_make(&all, "p", "b"), b);
	enum lb_admin_state *file = live_overrides_apply(&all, config);
	UNIT_NEED(file);
	CU_ASSERT_EQUAL(file[0], LB_ADMIN_DOWN);
	CU_ASSERT_EQUAL(file[1], LB_ADMIN_NONE);
	CU_ASSERT_EQUAL(config->pools[0].members[0].admin_state, LB_ADMIN_UP);
	CU_ASSERT_EQUAL(config->pools[0].members[1].admin_state, LB_ADMIN_DOWN);
	free(file);
	lb_config_free(config);
	/* b is gone */
	config = config_from(CONFIG(A));
	gone_count = 0;
	live_overrides_prune(&all, config, count_gone);
	CU_ASSERT_EQUAL(gone_count, 1);
	CU_ASSERT_EQUAL(all.count, 1);
	CU_ASSERT_PTR_NULL(live_override_of(&all, "p", "b"));
	live_override_of(&all, "p", "a")->admin_set = false;
	live_overrides_tidy(&all);
	CU_ASSERT_EQUAL(all.count, 0);
	lb_config_free(config);
	live_overrides_free(&all);
}

static void
test_written_down(void)
{
	static const char *const damaged[] = { "", "rubbish", "{}", "[7]",
		"[{\"pool\":\"p\"}]", "[{\"pool\":\"p\",\"member\":\"a\"}]",
		"[{\"pool\":1,\"member\":\"a\",\"draining\":true}]" };
	struct live_overrides all = { 0 }, again = { 0 };
	struct live_override *o = live_override_make(&all, "p/\"x", "a\n");
	UNIT_NEED(o);
	o->draining = true;
	o->admin_set = true;
	o->admin = LB_ADMIN_UP;
	size_t bytes;
	char *text = live_overrides_write(&all, &bytes);
	UNIT_NEED(text);
	/* as a map gives it back: longer than it is */
	char value[256] = "";
	memcpy(value, text, bytes);
	live_overrides_read(&again, value, sizeof(value));
	CU_ASSERT_EQUAL(again.count, 1);
	const struct live_override *back =
	    live_override_of(&again, "p/\"x", "a\n");
	UNIT_NEED(back);
	CU_ASSERT(back->draining && back->admin_set);
	CU_ASSERT_EQUAL(back->admin, LB_ADMIN_UP);
	for (size_t i = 0; i < LB_COUNT(damaged); i++)
		live_overrides_read(&again, damaged[i], strlen(damaged[i]));
	CU_ASSERT_EQUAL(again.count, 1);
	free(text);
	live_overrides_free(&all);
	live_overrides_free(&again);
}

int
main(void)
{
	CU_TestInfo tests[] = {
		{ "who has the last word", test_precedence },
		{ "over a configuration", test_apply },
		{ "written down", test_written_down },
		CU_TEST_INFO_NULL,
	};
	return unit_main("overrides", tests);
}
