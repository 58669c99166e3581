/* SPDX-License-Identifier: MIT */
/* fairlead ctl: talk to a running fairlead live. */
#include "cli/ctl/ctl.h"

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
	{ "flows", 0, CTL_CHOICE | CTL_CLIENT, ctl_flows,
	    "usage: fairlead ctl flows [OPTION...]\n"
	    "\n"
	    "Live entries of the connection table, as they are read: client, "
	    "frontend,\n"
	    "rule, member, state, and how long it has been silent; of an "
	    "outbound flow,\n"
	    "whose client is a member, also where it goes. What comes and "
	    "goes\n"
	    "meanwhile may be there or not; no flow is shown in part.\n"
	    "\n"
	    "      --rule RULE      only of this rule\n"
	    "      --member MEMBER  only of this member, POOL/NAME\n"
	    "      --client ADDR    only of this client\n"
	    "      --limit N        so many at most\n"
	    "      --json           one JSON document on stdout\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl flows --limit 20\n"
	    "  sudo fairlead ctl flows --member web/web-1 --json\n" },
	{ "snat", 0, CTL_CHOICE, ctl_snat,
	    "usage: fairlead ctl snat [OPTION...]\n"
	    "\n"
	    "The ports that members leave from, by frontend and protocol, the "
	    "fullest\n"
	    "first: which, how many, and how many are used; over 75 % it "
	    "says \"high\",\n"
	    "at 100 % \"full\". Flows, those of them that are closing and hold "
	    "their port\n"
	    "yet, packets that wanted a port and got none, and the "
	    "destination that most\n"
	    "ports are used towards: a port in use towards one is free for "
	    "others.\n"
	    "\n"
	    "      --rule RULE      only of this rule\n"
	    "      --member MEMBER  only of this member, POOL/NAME\n"
	    "      --limit N        so many at most\n"
	    "      --json           one JSON document on stdout\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl snat --limit 10\n"
	    "  sudo fairlead ctl snat --json |\n"
	    "    jq -r '.snat[] | select(.mark == \"full\") | .member'\n" },
	{ "nat", 0, 0, ctl_nat,
	    "usage: fairlead ctl nat [--json]\n"
	    "\n"
	    "The ports of inbound NAT rules, and the member that each leads "
	    "to. They stay\n"
	    "with their members as others come and go, so that fairlead "
	    "check, which\n"
	    "assigns them afresh, may show others of the same "
	    "configuration.\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl nat\n"
	    "  sudo fairlead ctl nat --json |\n"
	    "    jq '.mappings[] | select(.member == \"web-1\") | "
	    ".frontend_port'\n" },
	{ "drain", 1, CTL_WAIT, ctl_drain,
	    "usage: fairlead ctl drain [--wait] POOL/MEMBER\n"
	    "\n"
	    "The member gets no new flows; those it has stay with it. Holds "
	    "through\n"
	    "reloads and restarts, until undrain or until the configuration "
	    "has the\n"
	    "member no more.\n"
	    "\n"
	    "      --wait           until its last flow has gone; Ctrl-C ends "
	    "the waiting\n"
	    "      --json           one JSON document on stdout\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl drain web/web-1\n"
	    "  sudo fairlead ctl drain --wait web/web-1 && reboot-web-1\n" },
	{ "undrain", 1, 0, ctl_undrain,
	    "usage: fairlead ctl undrain POOL/MEMBER\n"
	    "\n"
	    "The member gets new flows again, as its probes and its admin "
	    "state say.\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl undrain web/web-1\n" },
	{ "admin", 2, 0, ctl_admin,
	    "usage: fairlead ctl admin POOL/MEMBER up|down|none\n"
	    "\n"
	    "Azure's admin state in place of the configuration's: up, new "
	    "flows\n"
	    "whatever its probes say; down, none, and what it has stays; none, "
	    "the\n"
	    "configuration's holds again. Holds through reloads and restarts, "
	    "as drain\n"
	    "does, which has the last word.\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl admin web/web-1 down\n"
	    "  sudo fairlead ctl admin web/web-1 none\n" },
	{ "reload", 0, CTL_DRY_RUN, ctl_reload,
	    "usage: fairlead ctl reload [--dry-run]\n"
	    "\n"
	    "Has the configuration read again, as SIGHUP does, and tells what "
	    "that\n"
	    "changed and what share of the new flows goes elsewhere; or what "
	    "is wrong\n"
	    "with it, and the one before stays in force.\n"
	    "\n"
	    "      --dry-run        only tell\n"
	    "      --json           one JSON document on stdout\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl reload --dry-run\n"
	    "  sudo fairlead ctl reload\n" },
	{ "stats", 0, CTL_WATCH, ctl_stats,
	    "usage: fairlead ctl stats [--watch]\n"
	    "\n"
	    "Flows, packets and bytes by frontend, rule and member; as JSON "
	    "all "
	    "that\n"
	    "the metrics have.\n"
	    "\n"
	    "      --watch          again every second, and how much in it\n"
	    "      --json           one JSON document on stdout, or one a "
	    "second\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl stats --watch\n"
	    "  sudo fairlead ctl stats --json | jq .total.tables\n" },
	{ "capture", 1, CTL_CAPTURE, ctl_capture,
	    "usage: fairlead ctl capture FRONTEND[:PORT] -o FILE [OPTION...]\n"
	    "\n"
	    "Packets of a frontend (its name or address, or all), both ways, "
	    "as the\n"
	    "client's side has them, into a capture that fairlead sim "
	    "replays. Ends by\n"
	    "Ctrl-C.\n"
	    "\n"
	    "  -o, --output FILE    the capture (pcap); -: standard output\n"
	    "      --force          replace a file that is there\n"
	    "      --packets N      so many, then end\n"
	    "      --seconds S      so long, then end\n"
	    "      --snap B         bytes of a packet at most\n"
	    "      --json           the summary as JSON\n"
	    "\n"
	    "Examples:\n"
	    "  sudo fairlead ctl capture web:443 -o now.pcap --seconds 60\n"
	    "  sudo fairlead ctl capture 192.0.2.10 -o now.pcap --snap 128\n" },
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
