/* SPDX-License-Identifier: MIT */
#include "live/control_commands.h"

#include <string.h>

#include "live/control_rooms.h"

static const struct {
	const char *name;
	live_control_command_of *answer;
} commands[] = {
	{ "status", live_control_status },
	{ "members", live_control_members },
	{ "stats", live_control_stats },
	{ "flows", live_control_flows },
	{ "drain", live_control_drain },
	{ "undrain", live_control_undrain },
	{ "admin", live_control_admin },
	{ "reload", live_control_reload },
	{ "capture", live_control_capture },
};

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
			commands[i].answer(arg, caller, request);
			return;
		}
	live_caller_fail(caller, LIVE_REFUSED_USAGE,
	    "there is no command \"%.64s\": is fairlead live older than "
	    "fairlead ctl?",
	    name);
}
