/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "model/config/names.h"
#include "sim/faults/outage.h"
#include "sim/replay/run_state.h"
#include "sim/flows/servers.h"
#include "sim/world/world.h"

#define BUSIEST_MAX 5
#define KEPT        0x80000000u /* a mark on a key's number: SIM_FLOWS_MAX */

/* A copy, or with fail set when there is no memory. */
static char *
copy(const char *text, bool *fail)
{
	char *made = strdup(text);

	*fail |= made == NULL;
	return made;
}

/* --- input --------------------------------------------------------------- */

/* Where a file was is no result: the same input gives the same record. */
static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static const char *
without_path(const char *error, const char *path)
{
	if (strcmp(path, "-") == 0)
		path = "standard input";
	size_t bytes = strlen(path);

	if (strncmp(error, path, bytes) == 0 && error[bytes] == ':' &&
	    error[bytes + 1] == ' ')
		return error + bytes + 2;
	return error;
}

static bool
build_files(const struct sim_feed *feed, struct sim_input *in, bool *partial)
{
	bool fail = false;

	in->files = calloc(feed->file_count + 1, sizeof(*in->files));
	if (in->files == NULL)
		return false;
	in->file_count = feed->file_count;
	for (size_t i = 0; i < feed->file_count; i++) {
		const struct sim_feed_file *from = &feed->files[i];
		in->files[i].name = copy(base_name(from->path), &fail);
		in->files[i].packets = from->packets;
		in->files[i].damaged_at = from->damaged_at;
		if (from->state == SIM_FEED_DAMAGED ||
		    from->state == SIM_FEED_UNREADABLE) {
			*partial = true;
			in->files[i].unreadable =
			    from->state == SIM_FEED_UNREADABLE;
			in->files[i].error =
			    copy(without_path(from->error, from->path), &fail);
		}
	}
	return !fail;
}

static bool
build_busiest(const struct sim_flows *flows, struct sim_input *in)
{
	struct sim_server top[BUSIEST_MAX];
	int count = sim_servers_busiest(flows, false, top, BUSIEST_MAX);

	in->busiest = calloc(BUSIEST_MAX, sizeof(*in->busiest));
	if (count < 0 || in->busiest == NULL)
		return false;
	for (int i = 0; i < count; i++) {
		struct sim_endpoint *e = &in->busiest[i];
		(void)lb_addr_text(
		    &top[i].addr, e->address, sizeof(e->address));
		e->port = lb_be16_get(top[i].port);
		e->proto = lb_proto_name(top[i].proto);
		e->flows = top[i].flows;
	}
	in->busiest_count = (size_t)count;
	return true;
}

bool
sim_build_input(const struct sim_run *run, struct sim_input *in, bool *partial)
{
	in->packets = run->feed.packets - run->unplayed - run->forgotten;
	if (run->world != NULL)
		in->packets += run->world->packets;
	in->bytes = run->ip_bytes;
	in->flows = run->flow_count;
	in->duration_ns = run->duration_ns;
	in->role_syn = run->role_by[SIM_ROLE_BY_SYN];
	in->role_port = run->role_by[SIM_ROLE_BY_PORT];
	in->role_first = run->role_by[SIM_ROLE_BY_FIRST];
	in->not_ip = run->skipped[LB_PARSED_NOT_IP];
	in->truncated = run->skipped[LB_PARSED_TRUNCATED];
	in->malformed = run->skipped[LB_PARSED_MALFORMED];
	in->other_protocol = run->skipped[LB_PARSED_OTHER_PROTOCOL];
	in->icmp = run->icmp;
	in->over_limit = run->over_limit;
	in->max_flows = run->settings->max_flows != 0 ? run->settings->max_flows
						      : SIM_MAX_FLOWS_DEFAULT;
	in->loop = run->round + 1;
	in->gaps = run->clock.gap_count;
	in->gaps_cut_ns = run->clock.gap_cut_ns;
	*partial |= in->over_limit > 0;
	in->backwards = run->clock.backwards_count;
	return build_files(&run->feed, in, partial) &&
	       build_busiest(run->flows, in);
}

/* --- cases --------------------------------------------------------------- */

/* Nothing goes up or down without faults: who is eligible always was.  Who is
 * drained all the time never was one for new flows. */
static bool
was_eligible(const struct sim_player *p, uint16_t rule_id, uint32_t member_id,
    const struct lb_config_pool *pool)
{
	const struct lb_rule *row = lb_plan_rule_row(p->plan, rule_id);

	if (p->outage == NULL &&
	    pool->members[p->member_of_id[member_id]].weight == 0)
		return false;
	const uint32_t *bits =
	    p->outage != NULL ? p->outage->ever : p->plan->member_state;

	return (bits[member_id] >> (row->probe & 31) & 1) != 0;
}

/* Fills backend_of: number in the report, by index in the pool. */
static bool
build_backends(const struct sim_player *p, uint16_t rule_id,
    struct sim_rule *out, uint32_t *backend_of)
{
	int rule_index = p->plan->rules[rule_id].rule_index;
	int pool = p->config->rules[rule_index].pool;
	const struct sim_player_rule *r = &p->rules[p->rule_of_id[rule_id]];
	bool fail = false;

	out->backends = calloc(r->member_count + 1, sizeof(*out->backends));
	if (out->backends == NULL)
		return false;
	/* The ids in order of the pool: a plan may have them in any other. */
	for (size_t m = 0; m < r->member_count; m++)
		backend_of[m] = UINT32_MAX;
	for (uint32_t id = 0; id < p->plan->member_count; id++)
		if (strcmp(p->plan->members[id].pool,
			p->config->pools[pool].name) == 0 &&
		    was_eligible(p, rule_id, id, &p->config->pools[pool]))
			backend_of[p->member_of_id[id]] = 0;
	for (size_t m = 0; m < r->member_count; m++) {
		const struct sim_tally *t = &r->members[m];
		if (backend_of[m] == UINT32_MAX && t->packets == 0)
			continue;
		backend_of[m] = (uint32_t)out->backend_count;
		out->backends[out->backend_count++] = (struct sim_backend){
			.name =
			    copy(p->config->pools[pool].members[m].name, &fail),
			.member = (uint32_t)m,
			.weight = p->config->pools[pool].members[m].weight,
			.flows = t->flows,
			.packets = t->packets,
			.packets_in = t->packets_in,
			.bytes = t->bytes,
			.bytes_in = t->bytes_in,
		};
	}
	return !fail;
}

/* A million keys are not copied: the record takes them. */
static void
take_keys(
    struct sim_player_rule *r, const uint32_t *backend_of, struct sim_rule *out)
{
	out->keys = r->keys.at;
	out->key_count = r->keys.count;
	r->keys.at = NULL;
	for (size_t i = 0; i < out->key_count; i++)
		out->keys[i].backend = backend_of[out->keys[i].backend];
}

/* The backends' columns of the members' series, as far as time went. */
static bool
build_slices(
    const struct sim_player_rule *r, size_t bin_count, struct sim_rule *out)
{
	const size_t n = out->backend_count;

	if (r->series.at == NULL)
		return true;
	out->slices = calloc(bin_count * n + 1, sizeof(*out->slices));
	if (out->slices == NULL)
		return false;
	out->slice_count = bin_count * n;
	for (size_t bin = 0; bin < bin_count; bin++)
		for (size_t b = 0; b < n; b++)
			out->slices[bin * n + b] =
			    r->series.at[bin * r->member_count +
					 out->backends[b].member];
	return true;
}

static bool
build_rule(const struct sim_player *p, uint16_t rule_id, size_t bin_count,
    struct sim_rule *out)
{
	const struct lb_config_rule *config =
	    &p->config->rules[p->plan->rules[rule_id].rule_index];
	struct sim_player_rule *r = &p->rules[p->rule_of_id[rule_id]];
	bool fail = false;

	out->name = copy(config->name, &fail);
	out->distribution = copy(lb_mode_name(config->mode), &fail);
	out->algorithm = copy(lb_algorithm_name(config->algorithm), &fail);
	out->flows = r->flows;
	out->connections = r->connections;
	out->packets = r->packets;
	out->bytes = r->bytes;
	out->silence = r->silence;
	uint32_t *backend_of = calloc(r->member_count + 1, sizeof(uint32_t));
	bool built = backend_of != NULL && !fail &&
		     build_backends(p, rule_id, out, backend_of) &&
		     build_slices(r, bin_count, out);
	if (built)
		take_keys(r, backend_of, out);
	free(backend_of);
	return built;
}

static bool
build_drops(const struct sim_player *p, struct sim_case *out)
{
	out->drops = calloc(LB_REASON_COUNT, sizeof(*out->drops));
	if (out->drops == NULL)
		return false;
	for (unsigned reason = LB_REASON_NONE + 1; reason < LB_REASON_COUNT;
	     reason++)
		out->drops[out->drop_count++] = (struct sim_drop){
			.reason = lb_reason_name(reason),
			.packets = p->drops[reason],
		};
	return true;
}

static bool
build_nats(const struct sim_player *p, struct sim_case *out)
{
	bool fail = false;

	out->nats = calloc(p->nats.count + 1, sizeof(*out->nats));
	if (out->nats == NULL)
		return false;
	for (size_t i = 0; i < p->nats.count; i++) {
		const struct sim_nat_way *way = &p->nats.at[i];
		const struct sim_tally *t = &way->tally;
		out->nats[out->nat_count++] = (struct sim_nat){
			.name = copy(way->name, &fail),
			.member = copy(way->member_name, &fail),
			.flows = t->flows,
			.packets = t->packets,
			.packets_in = t->packets_in,
			.bytes = t->bytes,
			.bytes_in = t->bytes_in,
			.silence = way->silence,
		};
	}
	return !fail;
}

/* As far as time went; only where there was something to do harm, or somebody
 * to complain. */
static bool
build_harms(const struct sim_run *run, const struct sim_player *p,
    size_t bin_count, struct sim_case *out)
{
	if (p->harms == NULL || (p->outage == NULL && run->world == NULL))
		return true;
	out->harms = calloc(bin_count + 1, sizeof(*out->harms));
	if (out->harms == NULL)
		return false;
	memcpy(out->harms, p->harms, bin_count * sizeof(*out->harms));
	out->harm_count = bin_count;
	return true;
}

static bool
build_instances(const struct sim_player *p, struct sim_case *out)
{
	out->unreachable = p->unreachable;
	out->hairpins = p->hairpins;
	out->hairpin_packets = p->hairpin_packets;
	out->outbound_silence = p->outbound_silence;
	out->rehomed = p->rehomed;
	out->rehomed_moved = p->rehomed_moved;
	out->rehomed_broken = p->rehomed_broken;
	if (p->instances == NULL || p->instances->count < 2)
		return true;
	out->instances = calloc(p->instances->count, sizeof(*out->instances));
	if (out->instances == NULL)
		return false;
	out->instance_count = p->instances->count;
	memcpy(out->instances, p->instances->counts,
	    p->instances->count * sizeof(*out->instances));
	return true;
}

static bool
build_failovers(
    const struct sim_player *p, uint64_t end_ns, struct sim_case *out)
{
	bool fail = false;

	if (p->outage == NULL || p->outage->failover_count == 0)
		return true;
	out->failovers =
	    calloc(p->outage->failover_count, sizeof(*out->failovers));
	if (out->failovers == NULL)
		return false;
	out->failover_count = p->outage->failover_count;
	for (size_t i = 0; i < out->failover_count; i++) {
		const struct sim_failover *from = &p->outage->failovers[i];
		out->failovers[i] = *from;
		out->failovers[i].fault = copy(from->fault, &fail);
		out->failovers[i].member = copy(from->member, &fail);
		if (from->window_ns == SIM_NO_TIME)
			out->failovers[i].window_ns =
			    end_ns > from->at_ns ? end_ns - from->at_ns : 0;
	}
	return !fail;
}

static bool
was_warmed_up(const struct sim_run *run)
{
	const struct lb_scene *scene = run->settings->scene;

	return scene != NULL && scene->warm_up_ms != 0 &&
	       run->warm_up_ns == SIM_NEVER;
}

/* Keys that had no packet since the warm-up.  After keys have names: flows
 * know them by number. */
static void
drop_weightless(struct sim_rule *rule)
{
	uint32_t kept = 0;
	size_t heavy = 0;

	for (uint32_t k = 0; k < rule->key_count; k++) {
		if (rule->keys[k].packets == 0)
			continue;
		rule->keys[kept] = rule->keys[k];
		if (rule->key_ids != NULL)
			rule->key_ids[kept] = rule->key_ids[k];
		for (size_t h = 0; h < rule->heavy_count; h++)
			if (rule->heavy[h].key == k)
				rule->heavy[h].key = kept | KEPT;
		kept++;
	}
	for (size_t h = 0; h < rule->heavy_count; h++) {
		if ((rule->heavy[h].key & KEPT) == 0)
			continue;
		rule->heavy[heavy] = rule->heavy[h];
		rule->heavy[heavy++].key &= ~KEPT;
	}
	rule->key_count = kept;
	rule->heavy_count = heavy;
}

static bool
build_case(const struct sim_run *run, unsigned number, struct sim_case *out)
{
	const struct sim_player *p = run->players[number];
	const size_t bin_count = (size_t)run->timeline.bin + 1;
	bool fail = false;

	out->name = copy(p->name, &fail);
	memcpy(out->hash_key, p->plan->hash_key, sizeof(out->hash_key));
	out->passed = p->passed;
	out->untracked = p->untracked;
	out->reply_suppressed = p->reply_suppressed;
	out->rules = calloc(p->rule_count + 1, sizeof(*out->rules));
	if (out->rules == NULL || fail || !build_drops(p, out) ||
	    !build_nats(p, out) || !build_failovers(p, run->duration_ns, out) ||
	    !build_harms(run, p, bin_count, out) || !build_instances(p, out))
		return false;
	out->rule_count = p->rule_count;
	for (uint32_t id = 0; id < p->plan->rule_count; id++) {
		if (p->plan->rules[id].rule_index < 0)
			continue;
		struct sim_rule *rule = &out->rules[p->rule_of_id[id]];
		if (rule->name == NULL &&
		    !build_rule(p, (uint16_t)id, bin_count, rule))
			return false;
	}
	if (run->world != NULL && sim_build_world(run, out) != 0)
		return false;
	if (sim_build_snat(run, number, out) != 0)
		return false;
	if (run->settings->report && sim_build_keys(run, number, out) != 0)
		return false;
	for (size_t r = 0; was_warmed_up(run) && r < out->rule_count; r++)
		drop_weightless(&out->rules[r]);
	return true;
}

static void
add_events(const struct sim_events *events, struct sim_record *record)
{
	record->events += sim_events_taken(events);
	if (record->max_pending < sim_events_max_pending(events))
		record->max_pending = sim_events_max_pending(events);
}

/* The phases of probes are drawn, and a router's key. */
static void
build_events(const struct sim_player *p, struct sim_record *record)
{
	record->deterministic &= p->instances == NULL;
	if (p->outage == NULL)
		return;
	record->deterministic &=
	    p->outage->targets.count == 0 &&
	    (p->outage->scene == NULL || p->outage->scene->failure_count == 0);
	add_events(p->outage->events, record);
}

struct sim_record *
sim_build_record(const struct sim_run *run)
{
	struct sim_record *record = calloc(1, sizeof(*record));
	bool fail = false;

	if (record == NULL)
		return NULL;
	record->version = copy(PACKAGE_VERSION, &fail);
	record->libraries = copy(FAIRLEAD_LIBRARIES, &fail);
	record->seed = run->settings->seed;
	record->deterministic = true;
	for (unsigned i = 0; i < run->player_count; i++)
		build_events(run->players[i], record);
	if (run->world != NULL) {
		record->synthetic = true;
		record->deterministic = false;
		add_events(run->world->events, record);
	}
	if (was_warmed_up(run))
		record->warm_up_ns =
		    run->settings->scene->warm_up_ms * LB_NS_PER_MS;
	record->bin_ns = run->timeline.bin_ns;
	record->bin_count =
	    run->timeline.bin_ns != 0 ? (size_t)run->timeline.bin + 1 : 0;
	record->interrupted = run->interrupted;
	record->partial = run->interrupted;
	record->cases = calloc(run->player_count + 1, sizeof(*record->cases));
	if (fail || record->cases == NULL ||
	    !sim_build_input(run, &record->input, &record->partial))
		goto fail;
	record->case_count = run->player_count;
	for (unsigned i = 0; i < run->player_count; i++)
		if (!build_case(run, i, &record->cases[i]))
			goto fail;
	if (sim_build_log(run, record) != 0)
		goto fail;
	if (run->settings->flow_rows && sim_build_flows(run, record) != 0)
		goto fail;
	return record;
fail:
	sim_record_free(record);
	return NULL;
}
