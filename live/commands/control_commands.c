/* SPDX-License-Identifier: MIT */
#include "live/commands/control_commands.h"

#include <string.h>

#include "live/commands/control_rooms.h"

#define KEYS_MAX  4
#define COUNT_MAX ((json_int_t)UINT32_MAX)

/* What a key holds; null is as good as no key. */
enum kind {
	NONE, /* the end of the keys */
	TEXT,
	FLAG,  /* true or false */
	COUNT, /* 0..COUNT_MAX, so that seconds make milliseconds */
};

static const char *const kind_words[] = {
	[TEXT] = "a text",
	[FLAG] = "true or false",
	[COUNT] = "a number from 0 to 4294967295",
};

struct command {
	const char *name;
	live_control_command_of *answer;
	struct {
		enum kind kind;
		const char *name;
	} keys[KEYS_MAX + 1];
};

static const struct command commands[] = {
	{ "status", live_control_status, { { NONE, "" } } },
	{ "members", live_control_members, { { NONE, "" } } },
	{ "nat", live_control_nat, { { NONE, "" } } },
	{ "stats", live_control_stats, { { NONE, "" } } },
	{ "flows", live_control_flows,
	    { { TEXT, "rule" }, { TEXT, "member" }, { TEXT, "client" },
		{ COUNT, "limit" } } },
	{ "snat", live_control_snat,
	    { { TEXT, "rule" }, { TEXT, "member" }, { COUNT, "limit" } } },
	{ "drain", live_control_drain,
	    { { TEXT, "member" }, { FLAG, "wait" } } },
	{ "undrain", live_control_undrain, { { TEXT, "member" } } },
	{ "admin", live_control_admin,
	    { { TEXT, "member" }, { TEXT, "state" } } },
	{ "reload", live_control_reload, { { FLAG, "dry_run" } } },
	{ "capture", live_control_capture,
	    { { TEXT, "frontend" }, { COUNT, "packets" }, { COUNT, "seconds" },
		{ COUNT, "snap" } } },
};

static enum kind
kind_of(const struct command *command, const char *key)
{
	for (size_t i = 0; command->keys[i].kind != NONE; i++)
		if (strcmp(command->keys[i].name, key) == 0)
			return command->keys[i].kind;
	return NONE;
}

static bool
is_kind(enum kind kind, const json_t *value)
{
	const json_int_t number = json_integer_value(value);
	switch (kind) {
	case TEXT:
		return json_is_string(value);
	case FLAG:
		return json_is_boolean(value);
	case COUNT:
		return json_is_integer(value) && number >= 0 &&
		       number <= COUNT_MAX;
	default:
		return false;
	}
}

/* Nothing is done of a request that is not understood whole: who asks for a
 * "dry_run" by another type does not want it done.  false: said what is
 * wrong. */
static bool
check(const struct command *command, struct live_caller *caller,
    const json_t *request)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)request, key, value)
	{
		if (strcmp(key, "command") == 0 || strcmp(key, "protocol") == 0)
			continue;
		enum kind kind = kind_of(command, key);
		if (kind == NONE) {
			live_caller_fail(caller, LIVE_REFUSED_USAGE,
			    "%s has no \"%.64s\": is fairlead live older than "
			    "fairlead ctl?",
			    command->name, key);
			return false;
		}
		if (json_is_null(value) || is_kind(kind, value))
			continue;
		live_caller_fail(caller, LIVE_REFUSED_USAGE, "%s: \"%s\" is %s",
		    command->name, key, kind_words[kind]);
		return false;
	}
	return true;
}

void
live_control_command(
    void *arg, struct live_caller *caller, const json_t *request)
{
	const char *name =
	    json_string_value(json_object_get(request, "command"));
	if (name == NULL) {
		live_caller_fail(caller, LIVE_REFUSED_USAGE,
		    "a request names its \"command\"");
		return;
	}
	for (size_t i = 0; i < LB_COUNT(commands); i++)
		if (strcmp(name, commands[i].name) == 0) {
			if (check(&commands[i], caller, request))
				commands[i].answer(arg, caller, request);
			return;
		}
	live_caller_fail(caller, LIVE_REFUSED_USAGE,
	    "there is no command \"%.64s\": is fairlead live older than "
	    "fairlead ctl?",
	    name);
}
