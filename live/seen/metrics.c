/* SPDX-License-Identifier: MIT */
#include "live/seen/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/names.h"

#define ADDRESS_BYTES 64u

struct page {
	FILE *to;
	const struct live_figures *figures;
	const struct lb_config *config;
	const struct live_interface_now *interfaces;
	size_t interface_count;
};

/* A number in a struct: bool, uint32_t or uint64_t, by its size. */
struct field {
	size_t at, bytes;
};
#define FIELD(type, name)                                                      \
	{                                                                      \
		offsetof(struct type, name), sizeof(((struct type *)0)->name)  \
	}

struct family {
	const char *name, *type, *help;
	void (*write)(const struct page *p, const struct family *f);
	struct field in, out; /* what write() reads; out: with a direction */
};

/* --- lines --------------------------------------------------------------- */

static uint64_t
value_of(const void *thing, struct field field)
{
	const char *at = (const char *)thing + field.at;
	uint64_t value64 = 0;
	uint32_t value32 = 0;
	if (field.bytes == sizeof(bool))
		return *(const bool *)(const void *)at;
	if (field.bytes == sizeof(value32)) {
		memcpy(&value32, at, sizeof(value32));
		return value32;
	}
	memcpy(&value64, at, sizeof(value64));
	return value64;
}

/* name="value", in braces with the others; ends in nothing. */
static void
put_label(FILE *to, char before, const char *name, const char *value)
{
	(void)fprintf(to, "%c%s=\"", before, name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			(void)fputs("\\n", to);
		else if (*value == '\\' || *value == '"')
			(void)fprintf(to, "\\%c", *value);
		else
			(void)fputc(*value, to);
	}
	(void)fputc('"', to);
}

static void
put_count(FILE *to, uint64_t value)
{
	(void)fprintf(to, " %" PRIu64 "\n", value);
}

static void
put_real(FILE *to, double value)
{
	(void)fprintf(to, " %.15g\n", value);
}

/* name{label="value"} count */
static void
put_one(const struct page *p, const struct family *f, const char *label,
    const char *value, uint64_t count)
{
	(void)fputs(f->name, p->to);
	put_label(p->to, '{', label, value);
	(void)fputc('}', p->to);
	put_count(p->to, count);
}

/* --- the whole ----------------------------------------------------------- */

static void
write_one(const struct page *p, const struct family *f)
{
	(void)fputs(f->name, p->to);
	put_count(p->to, value_of(p->figures, f->in));
}

static void
write_build(const struct page *p, const struct family *f)
{
	put_one(p, f, "version", PACKAGE_VERSION, 1);
}

static double
seconds_of(const struct timespec *t)
{
	return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

static void
write_started(const struct page *p, const struct family *f)
{
	(void)fputs(f->name, p->to);
	put_real(p->to, seconds_of(&p->figures->process.started));
}

static void
write_since(const struct page *p, const struct family *f)
{
	(void)fputs(f->name, p->to);
	put_real(p->to, seconds_of(&p->figures->plan.since));
}

static void
write_cpu(const struct page *p, const struct family *f)
{
	(void)fputs(f->name, p->to);
	put_real(p->to, p->figures->process.cpu_s);
}

static void
write_late(const struct page *p, const struct family *f)
{
	(void)fputs(f->name, p->to);
	put_real(p->to, p->figures->process.loop_late_s);
}

static void
write_outcomes(const struct page *p, const struct family *f)
{
	const struct forward_total *t = &p->figures->total;
	uint64_t dropped = 0;
	for (unsigned r = 0; r < LB_REASON_COUNT; r++)
		dropped += t->dropped[r];
	put_one(p, f, "outcome", "sent", t->sent);
	put_one(p, f, "outcome", "handed", t->handed);
	put_one(p, f, "outcome", "answered", t->answered);
	put_one(p, f, "outcome", "passed", t->passed);
	put_one(p, f, "outcome", "unread", t->unread);
	put_one(p, f, "outcome", "dropped", dropped);
}

static void
write_drops(const struct page *p, const struct family *f)
{
	for (unsigned r = LB_REASON_NONE + 1; r < LB_REASON_COUNT; r++)
		put_one(p, f, "reason", lb_reason_name(r),
		    p->figures->total.dropped[r]);
}

/* --- the connection table ------------------------------------------------ */

static void
write_slots(const struct page *p, const struct family *f)
{
	put_one(p, f, "family", "ipv4", p->figures->table4.slots);
	put_one(p, f, "family", "ipv6", p->figures->table6.slots);
}

static void
put_states(const struct page *p, const struct family *f, const char *family,
    const struct live_figures_table *table)
{
	static const char *const names[] = {
		[LB_CONN_HALF] = "half_open",
		[LB_CONN_ANSWERED] = "answered",
		[LB_CONN_OPEN] = "open",
		[LB_CONN_CLOSING_FIN] = "closing",
		[LB_CONN_CLOSING_RST] = "reset",
	};
	for (unsigned s = LB_CONN_HALF; s < LB_COUNT(names); s++) {
		(void)fputs(f->name, p->to);
		put_label(p->to, '{', "family", family);
		put_label(p->to, ',', "state", names[s]);
		(void)fputc('}', p->to);
		put_count(p->to, table->state[s]);
	}
}

static void
write_connections(const struct page *p, const struct family *f)
{
	if (!p->figures->table_counted)
		return; /* not known is not zero */
	put_states(p, f, "ipv4", &p->figures->table4);
	put_states(p, f, "ipv6", &p->figures->table6);
}

/* --- rules --------------------------------------------------------------- */

static void
put_rule(const struct page *p, const struct live_figures_rule *r)
{
	char text[ADDRESS_BYTES];
	put_label(p->to, '{', "rule", r->name);
	if (r->leaving)
		return; /* how it was reached is not known any more */
	if (r->frontend >= 0)
		put_label(p->to, ',', "frontend_address",
		    lb_addr_text(&p->figures->frontends[r->frontend].address,
			text, sizeof(text)));
	(void)snprintf(text, sizeof(text), "%u", r->port);
	if (r->kind != LIVE_RULE_OUTBOUND) /* a member's has many */
		put_label(p->to, ',', "frontend_port", text);
	put_label(p->to, ',', "protocol", lb_proto_name(r->proto));
}

static void
put_rule_line(const struct page *p, const struct family *f,
    const struct live_figures_rule *r, const char *direction, uint64_t value)
{
	(void)fputs(f->name, p->to);
	put_rule(p, r);
	if (direction != NULL)
		put_label(p->to, ',', "direction", direction);
	(void)fputc('}', p->to);
	put_count(p->to, value);
}

static void
write_rule_traffic(const struct page *p, const struct family *f)
{
	for (size_t i = 0; i < p->figures->rule_count; i++) {
		const struct live_figures_rule *r = &p->figures->rules[i];
		if (!r->counted)
			continue;
		put_rule_line(p, f, r, "inbound", value_of(r, f->in));
		put_rule_line(p, f, r, "outbound", value_of(r, f->out));
	}
}

/* Of rules that may have any. */
static void
write_syns(const struct page *p, const struct family *f)
{
	for (size_t i = 0; i < p->figures->rule_count; i++) {
		const struct live_figures_rule *r = &p->figures->rules[i];
		if (!r->counted || r->proto == LB_PROTO_UDP)
			continue;
		put_rule_line(p, f, r, "inbound", r->traffic.in.syns);
		put_rule_line(p, f, r, "outbound", r->traffic.out.syns);
	}
}

/* The others have one or none, which is always reached. */
static bool
has_members(const struct live_figures_rule *r)
{
	return !r->leaving && r->kind == LIVE_RULE_BALANCING;
}

static void
write_rules(const struct page *p, const struct family *f)
{
	for (size_t i = 0; i < p->figures->rule_count; i++) {
		const struct live_figures_rule *r = &p->figures->rules[i];
		if (has_members(r))
			put_rule_line(p, f, r, NULL, value_of(r, f->in));
	}
}

static void
write_rule_flows(const struct page *p, const struct family *f)
{
	for (size_t i = 0;
	     p->figures->table_counted && i < p->figures->rule_count; i++)
		put_rule_line(p, f, &p->figures->rules[i], NULL,
		    p->figures->rules[i].flows);
}

static bool
is_forwarding(const struct page *p)
{
	for (size_t i = 0; i < p->interface_count; i++)
		if (!p->interfaces[i].attached)
			return false;
	return p->interface_count > 0;
}

static void
write_availability(const struct page *p, const struct family *f)
{
	bool forwarding = is_forwarding(p);
	for (size_t i = 0; i < p->figures->rule_count; i++) {
		const struct live_figures_rule *r = &p->figures->rules[i];
		if (has_members(r))
			put_rule_line(
			    p, f, r, NULL, forwarding && r->members_up > 0);
	}
}

/* --- members ------------------------------------------------------------- */

static void
put_member(
    const struct page *p, char before, const struct live_figures_member *m)
{
	char text[ADDRESS_BYTES];
	put_label(p->to, before, "pool", m->pool);
	put_label(p->to, ',', "member", m->name);
	put_label(p->to, ',', "member_address",
	    lb_addr_text(&m->address, text, sizeof(text)));
}

static void
put_member_line(const struct page *p, const struct family *f,
    const struct live_figures_member *m, const char *direction, uint64_t value)
{
	(void)fputs(f->name, p->to);
	put_member(p, '{', m);
	if (direction != NULL)
		put_label(p->to, ',', "direction", direction);
	(void)fputc('}', p->to);
	put_count(p->to, value);
}

static void
write_member_traffic(const struct page *p, const struct family *f)
{
	for (size_t i = 0; i < p->figures->member_count; i++) {
		const struct live_figures_member *m = &p->figures->members[i];
		if (!m->counted)
			continue;
		put_member_line(p, f, m, "inbound", value_of(m, f->in));
		put_member_line(p, f, m, "outbound", value_of(m, f->out));
	}
}

static void
write_members(const struct page *p, const struct family *f)
{
	for (size_t i = 0; i < p->figures->member_count; i++)
		put_member_line(p, f, &p->figures->members[i], NULL,
		    value_of(&p->figures->members[i], f->in));
}

static void
write_member_flows(const struct page *p, const struct family *f)
{
	if (p->figures->table_counted)
		write_members(p, f);
}

static void
write_member_up(const struct page *p, const struct family *f)
{
	for (size_t i = 0; i < p->figures->member_count; i++) {
		const struct live_figures_member *m = &p->figures->members[i];
		put_member_line(p, f, m, NULL,
		    m->state == LIVE_MEMBER_UP ||
			m->state == LIVE_MEMBER_PARTLY);
	}
}

/* The pool of a member: members come pool by pool, so the one before is a good
 * guess.  config->pool_count: it is none of the configuration's. */
static size_t
pool_of(const struct lb_config *config, size_t guess, const char *name)
{
	for (size_t i = 0; i < config->pool_count; i++) {
		size_t pool = (guess + i) % config->pool_count;
		if (strcmp(config->pools[pool].name, name) == 0)
			return pool;
	}
	return config->pool_count;
}

static void
put_pool(const struct page *p, const struct family *f, const char *pool,
    const uint64_t count[LIVE_MEMBER_STATES])
{
	for (unsigned s = 0; s < LIVE_MEMBER_STATES; s++) {
		(void)fputs(f->name, p->to);
		put_label(p->to, '{', "pool", pool);
		put_label(p->to, ',', "state", live_member_state_name(s));
		(void)fputc('}', p->to);
		put_count(p->to, count[s]);
	}
}

static void
write_pools(const struct page *p, const struct family *f)
{
	size_t pool = 0, pools = p->config->pool_count;
	uint64_t(*count)[LIVE_MEMBER_STATES] =
	    calloc(pools + 1, sizeof(*count));
	if (count == NULL)
		return;
	for (size_t i = 0; i < p->figures->member_count; i++) {
		const struct live_figures_member *m = &p->figures->members[i];
		pool = pool_of(p->config, pool, m->pool);
		count[pool][m->state]++;
	}
	for (size_t i = 0; i < pools; i++)
		put_pool(p, f, p->config->pools[i].name, count[i]);
	free(count);
}

/* --- SNAT ports ---------------------------------------------------------- */

/* What both name: the frontend, where it is told, and the member. */
static void
put_snat(const struct page *p, const struct live_figures_snat *n, bool frontend)
{
	char text[ADDRESS_BYTES];
	put_label(p->to, '{', "pool", n->pool);
	put_label(p->to, ',', "member", n->name);
	put_label(p->to, ',', "member_address",
	    lb_addr_text(&n->member_address, text, sizeof(text)));
	if (frontend)
		put_label(p->to, ',', "frontend_address",
		    lb_addr_text(&n->address, text, sizeof(text)));
	put_label(p->to, ',', "protocol", n->udp ? "udp" : "tcp");
}

static void
write_snat_ports(const struct page *p, const struct family *f)
{
	for (size_t i = 0; i < p->figures->snat_count; i++) {
		const struct live_figures_snat *n = &p->figures->snats[i];
		(void)fputs(f->name, p->to);
		put_snat(p, n, true);
		put_label(p->to, ',', "is_awaiting_removal",
		    n->allocated == 0 ? "true" : "false");
		(void)fputc('}', p->to);
		put_count(p->to, value_of(n, f->in));
	}
}

static void
write_snat_used(const struct page *p, const struct family *f)
{
	if (p->figures->snat_counted)
		write_snat_ports(p, f);
}

/* Has anything ever begun there?  Most members of a large pool leave by one
 * protocol, if at all: what never was has no series. */
static bool
was_used(const struct live_figures_snat *n)
{
	return n->peak > 0 || n->begun.opened > 0 || n->begun.failed > 0;
}

static void
put_snat_state(const struct page *p, const struct family *f,
    const struct live_figures_snat *n, bool frontend, const char *state,
    uint64_t value)
{
	(void)fputs(f->name, p->to);
	put_snat(p, n, frontend);
	put_label(p->to, ',', "state", state);
	(void)fputc('}', p->to);
	put_count(p->to, value);
}

static void
write_snat_flows(const struct page *p, const struct family *f)
{
	for (size_t i = 0;
	     p->figures->snat_counted && i < p->figures->snat_count; i++) {
		const struct live_figures_snat *n = &p->figures->snats[i];
		if (!was_used(n))
			continue;
		put_snat_state(p, f, n, true, "pending",
		    n->state[LB_CONN_HALF] + n->state[LB_CONN_ANSWERED]);
		put_snat_state(p, f, n, true, "open", n->state[LB_CONN_OPEN]);
		put_snat_state(p, f, n, true, "closing",
		    n->state[LB_CONN_CLOSING_FIN] +
			n->state[LB_CONN_CLOSING_RST]);
	}
}

/* By member: of which of several frontends it began is not counted. */
static void
write_snat_begun(const struct page *p, const struct family *f)
{
	for (size_t i = 0; i < p->figures->snat_count; i++) {
		const struct live_figures_snat *n = &p->figures->snats[i];
		if (!n->first || !n->counted || !was_used(n))
			continue;
		put_snat_state(p, f, n, n->only, "successful", n->begun.opened);
		put_snat_state(p, f, n, n->only, "failed", n->begun.failed);
	}
}

/* --- probes -------------------------------------------------------------- */

static void
write_probe_status(const struct page *p, const struct family *f)
{
	char port[16];
	for (size_t i = 0; i < p->figures->probe_count; i++) {
		const struct live_figures_probe *probe = &p->figures->probes[i];
		(void)snprintf(port, sizeof(port), "%u",
		    p->config->probes[probe->probe].port);
		(void)fputs(f->name, p->to);
		put_label(p->to, '{', "probe", probe->name);
		put_label(p->to, ',', "protocol",
		    lb_probe_protocol_name(probe->protocol));
		put_label(p->to, ',', "backend_port", port);
		put_member(p, ',', &p->figures->members[probe->member]);
		(void)fputc('}', p->to);
		put_count(p->to, probe->health.state == LB_HEALTH_UP);
	}
}

static void
write_answers(const struct page *p, const struct family *f)
{
	static const char *const names[] = {
		[LB_ANSWER_GOOD] = "good",
		[LB_ANSWER_WRONG] = "wrong",
		[LB_ANSWER_REFUSED] = "refused",
		[LB_ANSWER_SILENT] = "silent",
	};
	for (size_t i = 0; i < LB_COUNT(names); i++)
		put_one(
		    p, f, "answer", names[i], p->figures->probing.answered[i]);
}

static void
write_latency(const struct page *p, const struct family *f)
{
	const struct live_probers_counts *c = &p->figures->probing;
	uint64_t sum = 0;
	for (size_t i = 0; i < LIVE_LATENCY_BOUNDS; i++) {
		sum += c->latency[i];
		(void)fprintf(p->to, "%s_bucket{le=\"%g\"} %" PRIu64 "\n",
		    f->name, (double)live_latency_bounds[i] / 1e9, sum);
	}
	sum += c->latency[LIVE_LATENCY_BOUNDS];
	(void)fprintf(
	    p->to, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", f->name, sum);
	(void)fprintf(
	    p->to, "%s_sum %.15g\n", f->name, (double)c->latency_sum_ns / 1e9);
	(void)fprintf(p->to, "%s_count %" PRIu64 "\n", f->name, sum);
}

/* --- interfaces, captures ------------------------------------------------ */

static void
write_interfaces(const struct page *p, const struct family *f)
{
	for (size_t i = 0; i < p->interface_count; i++)
		put_one(p, f, "interface", p->interfaces[i].name,
		    p->interfaces[i].attached);
}

static void
write_handed(const struct page *p, const struct family *f)
{
	static const char *const names[] = {
		[LIVE_TAP_CAPTURED] = "captured",
		[LIVE_TAP_TTL] = "ttl",
		[LIVE_TAP_TOO_BIG] = "too_big",
		[LIVE_TAP_UNREACHABLE] = "unreachable",
		[LIVE_TAP_CLAIMED] = "claimed",
	};
	_Static_assert(LB_COUNT(names) == LIVE_TAP_KINDS, "a kind is missing");
	for (size_t i = 0; i < LB_COUNT(names); i++)
		put_one(p, f, "kind", names[i], p->figures->tap.handed[i]);
}

static void
write_unresolved(const struct page *p, const struct family *f)
{
	uint64_t count = 0;
	for (size_t i = 0; i < p->figures->member_count; i++)
		count += !p->figures->members[i].next_hop;
	(void)fputs(f->name, p->to);
	put_count(p->to, count);
}

/* --- all of them --------------------------------------------------------- */

#define ONE(name, type, field, help)                                           \
	{                                                                      \
		name, type, help, write_one, FIELD(live_figures, field),       \
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

static const struct family families[] = {
	FROM("fairlead_build_info", "gauge", write_build,
	    "1; the version is its label."),
	FROM("process_start_time_seconds", "gauge", write_started,
	    "When the control process began, since 1970."),
	FROM("process_cpu_seconds_total", "counter", write_cpu,
	    "User and system time of the control process."),
	ONE("process_resident_memory_bytes", "gauge", process.resident_bytes,
	    "Resident memory of the control process."),
	ONE("process_open_fds", "gauge", process.open_files,
	    "Open files of the control process."),
	ONE("process_max_fds", "gauge", process.open_files_max,
	    "How many files it may open."),
	FROM("fairlead_loop_late_seconds_total", "counter", write_late,
	    "By how much the control process's loop was late, looked at once "
	    "a second."),
	ONE("fairlead_loop_stalls_total", "counter", process.loop_stalls,
	    "How often it was late by more than a second; a large reload "
	    "does that."),
	ONE("fairlead_plan_generation", "gauge", plan.generation,
	    "Which configuration of this process is in force: 1 is the "
	    "first."),
	FROM("fairlead_plan_timestamp_seconds", "gauge", write_since,
	    "Since when the configuration is in force, since 1970."),
	ONE("fairlead_reloads_refused_total", "counter", plan.reloads_refused,
	    "Configurations that were not taken."),
	FROM("fairlead_interface_attached", "gauge", write_interfaces,
	    "1: packets that come in there are forwarded."),
	ONE("fairlead_seen_packets_total", "counter", total.packets,
	    "Packets that came in at the interfaces."),
	FROM("fairlead_handled_packets_total", "counter", write_outcomes,
	    "What became of them: their sum is all that were seen."),
	FROM("fairlead_dropped_packets_total", "counter", write_drops,
	    "Packets that were dropped, by why."),
	ONE("fairlead_untracked_packets_total", "counter", total.untracked,
	    "Packets forwarded without the connection table entry that they "
	    "wanted."),
	ONE("fairlead_evicted_connections_total", "counter", total.evicted,
	    "Entries of the connection table that still lived when a newcomer "
	    "took their place: the table is too small."),
	FROM("fairlead_connection_slots", "gauge", write_slots,
	    "Entries that the connection table has room for."),
	FROM("fairlead_connections", "gauge", write_connections,
	    "Entries in use, a second ago."),
	FROM("fairlead_data_path_availability", "gauge", write_availability,
	    "1: forwarding, and there is a member for new flows. Azure: "
	    "VipAvailability, there averaged and in percent."),
	WAYS("fairlead_packets_total", write_rule_traffic, live_figures_rule,
	    packets, "Packets forwarded. Azure: PacketCount."),
	WAYS("fairlead_bytes_total", write_rule_traffic, live_figures_rule,
	    bytes, "Bytes of IP forwarded. Azure: ByteCount."),
	FROM("fairlead_syns_total", "counter", write_syns,
	    "Of those packets, TCP's that begin a connection. Azure: "
	    "SYNCount."),
	EACH("fairlead_rule_members", "gauge", write_rules, live_figures_rule,
	    members, "Members of the rule's pool."),
	EACH("fairlead_rule_members_up", "gauge", write_rules,
	    live_figures_rule, members_up, "Those of them that get new flows."),
	EACH("fairlead_rule_connections", "gauge", write_rule_flows,
	    live_figures_rule, flows, "Connection table entries of the rule."),
	FROM("fairlead_pool_members", "gauge", write_pools,
	    "Members of the pool, by where new flows stand with them."),
	FROM("fairlead_member_up", "gauge", write_member_up,
	    "1: gets new flows, of some rule at least."),
	EACH("fairlead_member_next_hop_known", "gauge", write_members,
	    live_figures_member, next_hop,
	    "1: its link address is known; 0: the kernel is to resolve it, "
	    "packet by packet."),
	WAYS("fairlead_member_packets_total", write_member_traffic,
	    live_figures_member, packets, "Packets forwarded to and from it."),
	WAYS("fairlead_member_bytes_total", write_member_traffic,
	    live_figures_member, bytes,
	    "Bytes of IP forwarded to and from it."),
	EACH("fairlead_member_connections", "gauge", write_member_flows,
	    live_figures_member, flows,
	    "Connection table entries that name it."),
	FROM("fairlead_next_hops_unresolved", "gauge", write_unresolved,
	    "Members whose link address is not known."),
	EACH("fairlead_snat_ports_allocated", "gauge", write_snat_ports,
	    live_figures_snat, allocated,
	    "Ports that a member may leave from. Azure: AllocatedSnatPorts."),
	EACH("fairlead_snat_ports_used", "gauge", write_snat_used,
	    live_figures_snat, used,
	    "Those of them in use, a second ago. Azure: UsedSnatPorts."),
	FROM("fairlead_snat_connections", "gauge", write_snat_flows,
	    "Outbound flows that hold a port, a second ago."),
	FROM("fairlead_snat_connections_total", "counter", write_snat_begun,
	    "Outbound flows that got a port, and packets that wanted one when "
	    "none was left. Azure: SnatConnectionCount."),
	FROM("fairlead_health_probe_status", "gauge", write_probe_status,
	    "1: up, by this probe. Azure: DipAvailability, there averaged and "
	    "in percent."),
	ONE("fairlead_probe_targets", "gauge", probing.targets,
	    "Pairs of probe and member address that are probed."),
	ONE("fairlead_probes_sent_total", "counter", probing.sent,
	    "Probes sent."),
	FROM("fairlead_probe_answers_total", "counter", write_answers,
	    "How they ended."),
	ONE("fairlead_probes_failed_total", "counter", probing.failed,
	    "Probes that this machine could not send."),
	ONE("fairlead_probes_late_total", "counter", probing.late,
	    "Probes sent more than a tenth of their interval late."),
	ONE("fairlead_probes_missed_total", "counter", probing.missed,
	    "Probes left out because more than half of their interval was "
	    "over."),
	FROM("fairlead_probe_duration_seconds", "histogram", write_latency,
	    "From sending a probe to its answer, silence apart."),
	FROM("fairlead_tapped_packets_total", "counter", write_handed,
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
	struct page p = { open_memstream(&text, bytes), figures, config,
		interfaces, interface_count };
	if (p.to == NULL)
		return NULL;
	for (size_t i = 0; i < LB_COUNT(families); i++) {
		const struct family *f = &families[i];
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
