/* SPDX-License-Identifier: MIT */
#include "live/seen/metrics.h"

#include <stdlib.h>

#include "live/seen/metrics_parts.h"
#include "model/config/names.h"

#define FIELD(type, name)                                                      \
	{                                                                      \
		offsetof(struct type, name), sizeof(((struct type *)0)->name)  \
	}
#define ONE(name, type, field, help)                                           \
	{                                                                      \
		name, type, help, live_metrics_one,                            \
		    FIELD(live_figures, field),                                \
		{                                                              \
			0, 0                                                   \
		}                                                              \
	}
#define FROM(name, type, write, help)                                          \
	{                                                                      \
		name, type, help, write, { 0, 0 },                             \
		{                                                              \
			0, 0                                                   \
		}                                                              \
	}
#define EACH(name, type, write, from, field, help)                             \
	{                                                                      \
		name, type, help, write, FIELD(from, field),                   \
		{                                                              \
			0, 0                                                   \
		}                                                              \
	}
#define WAYS(name, write, from, what, help)                                    \
	{                                                                      \
		name, "counter", help, write, FIELD(from, traffic.in.what),    \
		    FIELD(from, traffic.out.what)                              \
	}

static const struct live_metrics_family families[] = {
	FROM("fairlead_build_info", "gauge", live_metrics_build,
	    "1; the version is its label."),
	FROM("process_start_time_seconds", "gauge", live_metrics_started,
	    "When the control process began, since 1970."),
	FROM("process_cpu_seconds_total", "counter", live_metrics_cpu,
	    "User and system time of the control process."),
	ONE("process_resident_memory_bytes", "gauge", process.resident_bytes,
	    "Resident memory of the control process."),
	ONE("process_open_fds", "gauge", process.open_files,
	    "Open files of the control process."),
	ONE("process_max_fds", "gauge", process.open_files_max,
	    "How many files it may open."),
	FROM("fairlead_loop_late_seconds_total", "counter", live_metrics_late,
	    "By how much the control process's loop was late, looked at once "
	    "a second."),
	ONE("fairlead_loop_stalls_total", "counter", process.loop_stalls,
	    "How often it was late by more than a second; a large reload "
	    "does that."),
	ONE("fairlead_plan_generation", "gauge", plan.generation,
	    "Which configuration of this process is in force: 1 is the "
	    "first."),
	FROM("fairlead_plan_timestamp_seconds", "gauge", live_metrics_since,
	    "Since when the configuration is in force, since 1970."),
	ONE("fairlead_reloads_refused_total", "counter", plan.reloads_refused,
	    "Configurations that were not taken."),
	FROM("fairlead_interface_attached", "gauge", live_metrics_interfaces,
	    "1: packets that come in there are forwarded."),
	ONE("fairlead_seen_packets_total", "counter", total.packets,
	    "Packets that came in at the interfaces."),
	FROM("fairlead_handled_packets_total", "counter", live_metrics_outcomes,
	    "What became of them: their sum is all that were seen."),
	FROM("fairlead_dropped_packets_total", "counter", live_metrics_drops,
	    "Packets that were dropped, by why."),
	ONE("fairlead_untracked_packets_total", "counter", total.untracked,
	    "Packets forwarded without the connection table entry that they "
	    "wanted."),
	ONE("fairlead_evicted_connections_total", "counter", total.evicted,
	    "Entries of the connection table that still lived when a newcomer "
	    "took their place: the table is too small."),
	FROM("fairlead_connection_slots", "gauge", live_metrics_slots,
	    "Entries that the connection table has room for."),
	FROM("fairlead_connections", "gauge", live_metrics_connections,
	    "Entries in use, a second ago."),
	FROM("fairlead_data_path_availability", "gauge",
	    live_metrics_availability,
	    "1: forwarding, and there is a member for new flows. Azure: "
	    "VipAvailability, there averaged and in percent."),
	WAYS("fairlead_packets_total", live_metrics_rule_traffic,
	    live_figures_rule, packets,
	    "Packets forwarded. Azure: PacketCount."),
	WAYS("fairlead_bytes_total", live_metrics_rule_traffic,
	    live_figures_rule, bytes,
	    "Bytes of IP forwarded. Azure: ByteCount."),
	FROM("fairlead_syns_total", "counter", live_metrics_syns,
	    "Of those packets, TCP's that begin a connection. Azure: "
	    "SYNCount."),
	EACH("fairlead_rule_members", "gauge", live_metrics_rules,
	    live_figures_rule, members, "Members of the rule's pool."),
	EACH("fairlead_rule_members_up", "gauge", live_metrics_rules,
	    live_figures_rule, members_up, "Those of them that get new flows."),
	EACH("fairlead_rule_connections", "gauge", live_metrics_rule_flows,
	    live_figures_rule, flows,
	    "Flows of the rule in the connection table."),
	FROM("fairlead_pool_members", "gauge", live_metrics_pools,
	    "Members of the pool, by where new flows stand with them."),
	FROM("fairlead_member_up", "gauge", live_metrics_member_up,
	    "1: gets new flows, of some rule at least."),
	EACH("fairlead_member_next_hop_known", "gauge", live_metrics_members,
	    live_figures_member, next_hop,
	    "1: its link address is known; 0: the kernel is to resolve it, "
	    "packet by packet."),
	WAYS("fairlead_member_packets_total", live_metrics_member_traffic,
	    live_figures_member, packets, "Packets forwarded to and from it."),
	WAYS("fairlead_member_bytes_total", live_metrics_member_traffic,
	    live_figures_member, bytes,
	    "Bytes of IP forwarded to and from it."),
	EACH("fairlead_member_connections", "gauge", live_metrics_member_flows,
	    live_figures_member, flows,
	    "Its flows in the connection table, its own outbound ones, too."),
	FROM("fairlead_next_hops_unresolved", "gauge", live_metrics_unresolved,
	    "Members whose link address is not known."),
	EACH("fairlead_snat_ports_allocated", "gauge", live_metrics_snat_ports,
	    live_figures_snat, allocated,
	    "Ports that a member may leave from. Azure: AllocatedSnatPorts."),
	EACH("fairlead_snat_ports_used", "gauge", live_metrics_snat_used,
	    live_figures_snat, used,
	    "Those of them in use, a second ago. Azure: UsedSnatPorts."),
	FROM("fairlead_snat_connections", "gauge", live_metrics_snat_flows,
	    "Outbound flows that hold a port, a second ago."),
	FROM("fairlead_snat_connections_total", "counter",
	    live_metrics_snat_begun,
	    "Outbound flows that got a port, and packets that wanted one when "
	    "none was left. Azure: SnatConnectionCount."),
	FROM("fairlead_health_probe_status", "gauge", live_metrics_probe_status,
	    "1: up, by this probe. Azure: DipAvailability, there averaged and "
	    "in percent."),
	ONE("fairlead_probe_targets", "gauge", probing.targets,
	    "Pairs of probe and member address that are probed."),
	ONE("fairlead_probes_sent_total", "counter", probing.sent,
	    "Probes sent."),
	FROM("fairlead_probe_answers_total", "counter", live_metrics_answers,
	    "How they ended."),
	ONE("fairlead_probes_failed_total", "counter", probing.failed,
	    "Probes that this machine could not send."),
	ONE("fairlead_probes_late_total", "counter", probing.late,
	    "Probes sent more than a tenth of their interval late."),
	ONE("fairlead_probes_missed_total", "counter", probing.missed,
	    "Probes left out because more than half of their interval was "
	    "over."),
	FROM("fairlead_probe_duration_seconds", "histogram",
	    live_metrics_latency,
	    "From sending a probe to its answer, silence apart."),
	FROM("fairlead_tapped_packets_total", "counter", live_metrics_handed,
	    "Packets handed to the control process: for a capture, or for an "
	    "ICMP error."),
	ONE("fairlead_tap_lost_packets_total", "counter", tap.lost,
	    "Packets that were to be handed over and for which there was no "
	    "room."),
};

char *
live_metrics_text(const struct live_figures *figures,
    const struct lb_config *config, const struct live_interface_now *interfaces,
    size_t interface_count, size_t *bytes)
{
	char *text = NULL;
	struct live_metrics_page p = { open_memstream(&text, bytes), figures,
		config, interfaces, interface_count };
	if (p.to == NULL)
		return NULL;
	for (size_t i = 0; i < LB_COUNT(families); i++) {
		const struct live_metrics_family *f = &families[i];
		(void)fprintf(p.to, "# HELP %s %s\n# TYPE %s %s\n", f->name,
		    f->help, f->name, f->type);
		f->write(&p, f);
	}
	bool failed = ferror(p.to) != 0;
	failed |= fclose(p.to) != 0;
	if (!failed)
		return text;
	free(text);
	return NULL;
}
