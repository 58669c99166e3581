/* SPDX-License-Identifier: MIT */
#include "cli/modes.h"

#include <string.h>

#include "model/names.h"

static int
add_mode(const char *command, const char *name, struct cli_modes *modes)
{
	int mode = lb_mode_of_name(name);

	if (mode < 0)
		return cli_usage(command,
		    "--modes: there is no distribution \"%s\"; there are "
		    "five-tuple, source-ip and source-ip-protocol",
		    name);
	for (size_t i = 0; i < modes->count; i++)
		if (modes->at[i] == (enum lb_mode)mode)
			return cli_usage(
			    command, "--modes: %s is there twice", name);
	modes->at[modes->count++] = (enum lb_mode)mode;
	return 0;
}

int
cli_modes_read(const char *command, const char *list, struct cli_modes *modes)
{
	modes->count = 0;
	for (;;) {
		size_t bytes = strcspn(list, ",");
		char name[64];
		if (bytes >= sizeof(name))
			bytes = sizeof(name) - 1; /* no mode's name anyhow */
		memcpy(name, list, bytes);
		name[bytes] = '\0';
		int status = add_mode(command, name, modes);
		if (status != 0)
			return status;
		list += strcspn(list, ",");
		if (*list++ == '\0')
			return 0;
	}
}

struct cli_modes
cli_modes_all(void)
{
	return (struct cli_modes){
		.at = { LB_MODE_FIVE_TUPLE, LB_MODE_SOURCE_IP,
		    LB_MODE_SOURCE_IP_PROTOCOL },
		.count = CLI_MODES_MAX,
	};
}

enum lb_mode
cli_mode_any_dst(enum lb_mode mode)
{
	switch (mode) {
	case LB_MODE_SOURCE_IP:
		return LB_MODE_SOURCE_IP_ANY_DST;
	case LB_MODE_SOURCE_IP_PROTOCOL:
		return LB_MODE_SOURCE_IP_PROTOCOL_ANY_DST;
	default:
		return mode;
	}
}
