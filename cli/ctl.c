/* SPDX-License-Identifier: MIT */
/* fairlead ctl: talk to a running fairlead live. */
#include "cli/ctl.h"

const struct ctl_command ctl_commands[] = {
	{ "status", 0, 0, ctl_status,
	    "usage: fairlead ctl status [--json]\n"
	    "\n"
	    "What runs, since when and by which configuration; interfaces, "
	    "hash "
	    "key,\n"
	    "connection tables, packets, drops by reason, probes.\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl status\n"
	    "  sudo fairlead ctl status --json | jq -r "
	    ".status.plan.hash_key\n" },
	{ "members", 0, 0, ctl_members,
	    "usage: fairlead ctl members [--json]\n"
	    "\n"
	    "Every member: address, state, what its probes last heard and "
	    "since "
	    "when,\n"
	    "flows in the connection table, packets and bytes, and whether its "
	    "next hop\n"
	    "is known.\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl members\n"
	    "  sudo fairlead ctl members --json |\n"
	    "    jq -r '.members[] | select(.state != \"up\") | .name'\n" },
};

const size_t ctl_command_count = LB_COUNT(ctl_commands);

int
ctl_main(int argc, char **argv)
{
	struct ctl_options o;
	int status = ctl_options_read(&o, argc, argv);
	if (status != 0)
		return status == 1 ? cli_flush("ctl") : status;
	return o.command->run(&o);
}
