/* SPDX-License-Identifier: MIT */
/*
 * The record as a file: a line that says so, then every field in the order of
 * record.h, then a checksum of what came before.
 *
 * Numbers are LEB128: seven bits a byte, low ones first, so that the many
 * small ones are small.  Texts are their length and their bytes, NULL apart
 * from "".  One function a struct serves both ways, so that what is written
 * is what is read.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/config.h"
#include "model/config/names.h"
#include "sim/record/record.h"

#define MAGIC      "fairlead record 9\n"
#define CHECK_SEED UINT64_C(0xcbf29ce484222325) /* FNV-1a */
#define CHECK_MULT UINT64_C(0x100000001b3)
#define TEXT_MAX   (1u << 20)
#define FEW        16u /* items that are made room for at first */

struct stream {
	FILE *file;
	bool load;
	uint64_t check;
	const char *wrong; /* NULL: all is well so far */
};

/* --- bytes, numbers, texts ----------------------------------------------- */

static void
fail(struct stream *s, const char *wrong)
{
	if (s->wrong == NULL)
		s->wrong = wrong;
}

static void
byte(struct stream *s, uint8_t *value)
{
	if (s->wrong != NULL) {
		if (s->load)
			*value = 0;
		return;
	}
	if (s->load) {
		int got = getc(s->file);
		if (got == EOF)
			fail(s, ferror(s->file) ? "it can't be read"
						: "it was cut off");
		*value = (uint8_t)got;
	} else if (putc(*value, s->file) == EOF) {
		fail(s, "it can't be written");
	}
	s->check = (s->check ^ *value) * CHECK_MULT;
}

static void
number(struct stream *s, uint64_t *value)
{
	uint64_t left = s->load ? 0 : *value;
	uint8_t b;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		b = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
		byte(s, &b);
		if (s->load)
			left |= (uint64_t)(b & 0x7f) << shift;
		else
			left >>= 7;
		if ((b & 0x80) == 0) {
			if (s->load)
				*value = left;
			return;
		}
	}
	fail(s, "a number in it is too long");
}

/* Narrower ones: refused when what is read does not fit. */
static uint64_t
narrow(struct stream *s, uint64_t value, uint64_t max)
{
	number(s, &value);
	if (value > max) {
		fail(s, "a number in it is too large");
		return 0;
	}
	return value;
}

#define NARROW(s, field, max)                                                  \
	do {                                                                   \
		uint64_t narrow_value = narrow(s, (uint64_t)(field), max);     \
		if ((s)->load)                                                 \
			(field) = (__typeof__(field))narrow_value;             \
	} while (0)

static void
flag(struct stream *s, bool *value)
{
	bool is = narrow(s, *value, 1) != 0;

	if (s->load)
		*value = is;
}

static void
text(struct stream *s, char **value)
{
	uint64_t bytes = *value != NULL ? strlen(*value) + 1 : 0;

	bytes = narrow(s, bytes, TEXT_MAX);
	if (s->load && s->wrong == NULL && bytes > 0) {
		*value = calloc(bytes, 1);
		if (*value == NULL)
			fail(s, "there is no memory for it");
	}
	for (uint64_t i = 0;
	     *value != NULL && s->wrong == NULL && i + 1 < bytes; i++) {
		byte(s, (uint8_t *)&(*value)[i]);
		if ((*value)[i] == '\0')
			fail(s, "a text in it has a zero byte");
	}
}

static void
fixed_text(struct stream *s, char *value, size_t room)
{
	uint64_t bytes = narrow(s, strlen(value), room - 1);

	for (uint64_t i = 0; i < bytes; i++)
		byte(s, (uint8_t *)&value[i]);
}

/* As they are. */
static void
raw(struct stream *s, void *value, size_t bytes)
{
	uint8_t *at = value;

	for (size_t i = 0; i < bytes; i++)
		byte(s, &at[i]);
}

static void
addr(struct stream *s, struct lb_addr *value)
{
	raw(s, value, sizeof(*value));
}

/*
 * Each of many items, which have a byte or more of the file each: room for
 * them grows with what has been read, not with what a count promises.
 */
static void
list(struct stream *s, void **at, size_t *count, size_t item_bytes,
    void (*item)(struct stream *s, void *item))
{
	uint64_t total = narrow(s, *at != NULL ? *count : 0, UINT32_MAX);
	uint64_t room = s->load ? 0 : total;

	for (uint64_t i = 0; s->wrong == NULL && i < total; i++) {
		if (i == room) {
			room = room == 0 ? FEW : 2 * room;
			uint8_t *more = realloc(*at, room * item_bytes);
			if (more == NULL) {
				fail(s, "there is no memory for it");
				return;
			}
			memset(
			    more + i * item_bytes, 0, (room - i) * item_bytes);
			*at = more;
		}
		if (s->load)
			*count = i + 1;
		assert(*at != NULL);
		item(s, (uint8_t *)*at + i * item_bytes);
	}
}

#define LIST(s, at, count, item)                                               \
	do {                                                                   \
		void *list_at = (at);                                          \
		list(s, &list_at, &(count), sizeof(*(at)), item);              \
		if ((s)->load)                                                 \
			(at) = list_at;                                        \
	} while (0)

static void
one_byte(struct stream *s, void *item)
{
	byte(s, item);
	if (*(const char *)item == '\0')
		fail(s, "a text in it has a zero byte");
}

/* A whole file's text, which may be long; NULL apart from "". */
static void
long_text(struct stream *s, char **value)
{
	bool there = *value != NULL;
	size_t bytes = there ? strlen(*value) : 0;

	flag(s, &there);
	if (!there || s->wrong != NULL)
		return;
	LIST(s, *value, bytes, one_byte);
	if (!s->load || s->wrong != NULL)
		return;
	char *ended = realloc(*value, bytes + 1);
	if (ended == NULL) {
		fail(s, "there is no memory for it");
		return;
	}
	ended[bytes] = '\0';
	*value = ended;
}

/* --- the record's structs, in record.h's order --------------------------- */

static void
backend(struct stream *s, void *item)
{
	struct sim_backend *b = item;

	text(s, &b->name);
	NARROW(s, b->member, UINT32_MAX);
	NARROW(s, b->weight, LB_WEIGHT_MAX);
	number(s, &b->flows);
	number(s, &b->packets);
	number(s, &b->packets_in);
	number(s, &b->bytes);
	number(s, &b->bytes_in);
}

static void
slice(struct stream *s, void *item)
{
	struct sim_slice *slice = item;

	number(s, &slice->bytes);
	NARROW(s, slice->packets, UINT32_MAX);
	NARROW(s, slice->flows, UINT32_MAX);
}

static void
key(struct stream *s, void *item)
{
	struct sim_key *k = item;

	number(s, &k->flows);
	number(s, &k->packets);
	number(s, &k->bytes);
	NARROW(s, k->backend, UINT32_MAX);
}

static void
key_id(struct stream *s, void *item)
{
	raw(s, item, sizeof(uint64_t));
}

static void
heavy(struct stream *s, void *item)
{
	struct sim_heavy *h = item;

	NARROW(s, h->key, UINT32_MAX);
	NARROW(s, h->proto, UINT8_MAX);
	flag(s, &h->has_proto);
	flag(s, &h->has_server);
	flag(s, &h->has_ports);
	NARROW(s, h->client_port, UINT16_MAX);
	NARROW(s, h->server_port, UINT16_MAX);
	addr(s, &h->client);
	addr(s, &h->server);
}

/* What points from one list into another must find something there. */
static void
check_rule(struct stream *s, const struct sim_rule *rule, size_t id_count,
    size_t slice_count)
{
	for (size_t k = 0; k < rule->key_count; k++)
		if (rule->keys[k].backend >= rule->backend_count)
			fail(s, "a key in it has no backend");
	for (size_t h = 0; h < rule->heavy_count; h++)
		if (rule->heavy[h].key >= rule->key_count)
			fail(s, "a name in it has no key");
	if (id_count != 0 && id_count != rule->key_count)
		fail(s, "some keys in it have no number");
	if (rule->backend_count == 0 ? slice_count != 0
				     : slice_count % rule->backend_count != 0)
		fail(s, "its pieces of time are no whole ones");
}

static void
silence(struct stream *s, struct sim_silence *of)
{
	number(s, &of->flows);
	number(s, &of->times);
	number(s, &of->longest_ms);
	number(s, &of->idle_ms);
	flag(s, &of->reset);
}

static void
rule(struct stream *s, void *item)
{
	struct sim_rule *r = item;
	size_t id_count = r->key_ids != NULL ? r->key_count : 0;
	size_t slice_count = r->slices != NULL ? r->slice_count : 0;

	text(s, &r->name);
	text(s, &r->distribution);
	text(s, &r->algorithm);
	number(s, &r->flows);
	number(s, &r->connections);
	number(s, &r->packets);
	number(s, &r->bytes);
	silence(s, &r->silence);
	LIST(s, r->backends, r->backend_count, backend);
	LIST(s, r->keys, r->key_count, key);
	LIST(s, r->key_ids, id_count, key_id);
	LIST(s, r->heavy, r->heavy_count, heavy);
	LIST(s, r->slices, slice_count, slice);
	if (s->load)
		r->slice_count = slice_count;
	if (s->load && s->wrong == NULL)
		check_rule(s, r, id_count, slice_count);
}

/* Reasons are constants of the program: only those it knows. */
static void
drop(struct stream *s, void *item)
{
	struct sim_drop *d = item;
	char name[64] = "";

	if (!s->load)
		(void)snprintf(name, sizeof(name), "%s", d->reason);
	fixed_text(s, name, sizeof(name));
	number(s, &d->packets);
	if (!s->load || s->wrong != NULL)
		return;
	for (unsigned i = 0; i < LB_REASON_COUNT && d->reason == NULL; i++)
		if (strcmp(name, lb_reason_name(i)) == 0)
			d->reason = lb_reason_name(i);
	if (d->reason == NULL)
		fail(s, "it has a drop reason that is not known");
}

static void
nat(struct stream *s, void *item)
{
	struct sim_nat *n = item;

	text(s, &n->name);
	text(s, &n->member);
	number(s, &n->flows);
	number(s, &n->packets);
	number(s, &n->packets_in);
	number(s, &n->bytes);
	number(s, &n->bytes_in);
	silence(s, &n->silence);
}

static void
failover(struct stream *s, void *item)
{
	struct sim_failover *f = item;
	uint64_t *const numbers[] = { &f->at_ns, &f->failed_ns, &f->detected_ns,
		&f->rerouted_ns, &f->restored_ns, &f->moved, &f->needless,
		&f->broken, &f->lost, &f->soonest_ns, &f->latest_ns,
		&f->offered, &f->requests, &f->retries, &f->given_up,
		&f->errors, &f->unanswered, &f->window_ns };

	text(s, &f->fault);
	text(s, &f->member);
	for (size_t i = 0; i < LB_COUNT(numbers); i++)
		number(s, numbers[i]);
}

static void
harm(struct stream *s, void *item)
{
	struct sim_harm *h = item;
	uint32_t *const numbers[] = { &h->offered, &h->lost, &h->broken,
		&h->moved, &h->requests, &h->retries, &h->given_up };

	for (size_t i = 0; i < LB_COUNT(numbers); i++)
		NARROW(s, *numbers[i], UINT32_MAX);
}

static void
bucket(struct stream *s, void *item)
{
	number(s, item);
}

static void
clients(struct stream *s, struct sim_clients *c)
{
	uint64_t *const numbers[] = { &c->sessions, &c->requests, &c->answered,
		&c->retries, &c->given_up, &c->errors, &c->unanswered,
		&c->no_port, &c->came_back, &c->refused, &c->reset,
		&c->notifications, &c->notified, &c->rebound, &c->link_lost,
		&c->response_ns, &c->late, &c->late_elsewhere };
	size_t buckets = c->response != NULL ? SIM_TIME_BUCKETS : 0;

	for (size_t i = 0; i < LB_COUNT(numbers); i++)
		number(s, numbers[i]);
	LIST(s, c->response, buckets, bucket);
	if (buckets != 0 && buckets != SIM_TIME_BUCKETS)
		fail(s, "its response times are no whole ones");
}

static void
served(struct stream *s, void *item)
{
	struct sim_served *v = item;

	text(s, &v->name);
	number(s, &v->served);
	number(s, &v->turned_away);
	number(s, &v->cut_short);
	number(s, &v->busy_ns);
	number(s, &v->waited_ns);
	NARROW(s, v->peak_busy, UINT32_MAX);
	NARROW(s, v->peak_queue, UINT32_MAX);
}

static void
instance(struct stream *s, void *item)
{
	struct sim_instance *i = item;

	number(s, &i->flows);
	number(s, &i->packets);
}

static void
level(struct stream *s, void *item)
{
	struct sim_snat_slice *slice = item;

	NARROW(s, slice->used, UINT32_MAX);
	NARROW(s, slice->allocated, UINT32_MAX);
	NARROW(s, slice->failed, UINT32_MAX);
}

static void
snat(struct stream *s, void *item)
{
	struct sim_snat *n = item;
	uint64_t *const numbers[] = { &n->peak_ns, &n->full_ns, &n->opened,
		&n->failed, &n->asked, &n->blocked, &n->worst_asked,
		&n->worst_blocked, &n->worst_begun, &n->worst_opened,
		&n->worst_failed, &n->worst_ended, &n->worst_held_ms };

	text(s, &n->member);
	text(s, &n->frontend);
	byte(s, &n->proto);
	NARROW(s, n->allocated, UINT32_MAX);
	NARROW(s, n->used, UINT32_MAX);
	NARROW(s, n->peak, UINT32_MAX);
	NARROW(s, n->full_used, UINT32_MAX);
	NARROW(s, n->full_allocated, UINT32_MAX);
	addr(s, &n->worst);
	NARROW(s, n->worst_port, UINT16_MAX);
	NARROW(s, n->worst_peak, UINT32_MAX);
	for (size_t i = 0; i < LB_COUNT(numbers); i++)
		number(s, numbers[i]);
	flag(s, &n->worst_poisson);
	LIST(s, n->slices, n->slice_count, level);
}

static void
turn(struct stream *s, void *item)
{
	struct sim_snat_turn *t = item;

	number(s, &t->at_ns);
	text(s, &t->member);
	text(s, &t->fault);
	NARROW(s, t->members, UINT32_MAX);
	NARROW(s, t->before, UINT32_MAX);
	NARROW(s, t->after, UINT32_MAX);
	NARROW(s, t->ports, UINT32_MAX);
	number(s, &t->cut);
	number(s, &t->cut_open);
}

static void
one_case(struct stream *s, void *item)
{
	struct sim_case *c = item;

	text(s, &c->name);
	raw(s, c->hash_key, sizeof(c->hash_key));
	LIST(s, c->rules, c->rule_count, rule);
	LIST(s, c->drops, c->drop_count, drop);
	LIST(s, c->nats, c->nat_count, nat);
	number(s, &c->passed);
	number(s, &c->untracked);
	number(s, &c->reply_suppressed);
	LIST(s, c->failovers, c->failover_count, failover);
	LIST(s, c->harms, c->harm_count, harm);
	number(s, &c->unreachable);
	clients(s, &c->clients);
	LIST(s, c->served, c->served_count, served);
	LIST(s, c->instances, c->instance_count, instance);
	LIST(s, c->snat, c->snat_count, snat);
	LIST(s, c->turns, c->turn_count, turn);
	number(s, &c->snat_window_ns);
	number(s, &c->outbound_packets);
	number(s, &c->outbound_bytes);
	number(s, &c->hairpins);
	number(s, &c->hairpin_packets);
	silence(s, &c->outbound_silence);
	number(s, &c->rehomed);
	number(s, &c->rehomed_moved);
	number(s, &c->rehomed_broken);
}

static void
file(struct stream *s, void *item)
{
	struct sim_file *f = item;

	text(s, &f->name);
	fixed_text(s, f->sha256, sizeof(f->sha256));
	number(s, &f->packets);
	text(s, &f->error);
	number(s, &f->damaged_at);
	flag(s, &f->unreadable);
}

static void
endpoint(struct stream *s, void *item)
{
	struct sim_endpoint *e = item;
	uint8_t proto = 0;

	if (!s->load)
		proto = strcmp(e->proto, lb_proto_name(LB_PROTO_TCP)) == 0
			    ? LB_PROTO_TCP
			    : LB_PROTO_UDP;
	fixed_text(s, e->address, sizeof(e->address));
	NARROW(s, e->port, UINT16_MAX);
	byte(s, &proto);
	if (s->load)
		e->proto = lb_proto_name(proto);
	number(s, &e->flows);
}

static void
input(struct stream *s, struct sim_input *in)
{
	uint64_t *const numbers[] = {
		&in->packets,
		&in->bytes,
		&in->flows,
		&in->duration_ns,
		&in->role_syn,
		&in->role_port,
		&in->role_first,
		&in->not_ip,
		&in->truncated,
		&in->malformed,
		&in->other_protocol,
		&in->icmp,
		&in->over_limit,
		&in->gaps,
		&in->gaps_cut_ns,
		&in->backwards,
	};

	LIST(s, in->files, in->file_count, file);
	for (size_t i = 0; i < LB_COUNT(numbers); i++)
		number(s, numbers[i]);
	NARROW(s, in->max_flows, UINT32_MAX);
	NARROW(s, in->loop, UINT32_MAX);
	LIST(s, in->busiest, in->busiest_count, endpoint);
}

static void
setting(struct stream *s, void *item)
{
	struct sim_setting *set = item;

	text(s, &set->name);
	text(s, &set->value);
	NARROW(s, set->kind, SIM_SETTING_COUNT - 1);
	flag(s, &set->given);
}

static void
event(struct stream *s, void *item)
{
	struct sim_event *e = item;

	number(s, &e->at_ns);
	NARROW(s, e->kind, SIM_EVENT_COUNT - 1);
	NARROW(s, e->of_case, UINT32_MAX);
	number(s, &e->count);
	text(s, &e->member);
	text(s, &e->what);
}

static void
assertion(struct stream *s, void *item)
{
	struct lb_assertion *a = item;

	NARROW(s, a->metric, LB_METRIC_COUNT - 1);
	NARROW(s, a->relation, LB_RELATION_COUNT - 1);
	NARROW(s, a->unit, LB_ASSERTION_UNITS - 1);
	text(s, &a->rule);
	text(s, &a->object);
	text(s, &a->case_name);
	number(s, &a->bound);
}

static void
record_both_ways(struct stream *s, struct sim_record *r)
{
	text(s, &r->version);
	text(s, &r->libraries);
	text(s, &r->command);
	LIST(s, r->settings, r->setting_count, setting);
	long_text(s, &r->config);
	long_text(s, &r->scenario);
	LIST(s, r->assertions, r->assertion_count, assertion);
	number(s, &r->seed);
	flag(s, &r->deterministic);
	flag(s, &r->partial);
	flag(s, &r->interrupted);
	input(s, &r->input);
	LIST(s, r->cases, r->case_count, one_case);
	LIST(s, r->replicas, r->replica_count, one_case);
	NARROW(s, r->replications, UINT32_MAX);
	flag(s, &r->synthetic);
	number(s, &r->warm_up_ns);
	LIST(s, r->log, r->log_count, event);
	number(s, &r->bin_ns);
	NARROW(s, r->bin_count, UINT32_MAX);
	number(s, &r->events);
	number(s, &r->max_pending);
}

/* --- the file ------------------------------------------------------------ */

static void
magic(struct stream *s)
{
	for (const char *c = MAGIC; *c != '\0'; c++) {
		uint8_t b = (uint8_t)*c;
		byte(s, &b);
		if (b != (uint8_t)*c)
			s->wrong = "it is no record of this version of "
				   "fairlead; simulate again";
	}
}

/* A byte at a time: it is no part of what it is the checksum of. */
static void
checksum(struct stream *s)
{
	const uint64_t check = s->check;

	for (unsigned shift = 0; shift < 64; shift += 8) {
		uint8_t b = (uint8_t)(check >> shift);
		byte(s, &b);
		if (b != (uint8_t)(check >> shift))
			fail(s, "it was changed: its checksum differs");
	}
}

int
sim_record_save(const struct sim_record *record, FILE *to)
{
	struct stream s = { .file = to, .check = CHECK_SEED };
	struct sim_record shallow = *record; /* saving writes nothing to it */

	magic(&s);
	record_both_ways(&s, &shallow);
	checksum(&s);
	return s.wrong == NULL && fflush(to) == 0 ? 0 : -1;
}

/* Every rule has as many pieces of time as the record, and what happened to
 * a case happened to one there is. */
static void
check_whole(struct stream *s, const struct sim_record *r)
{
	for (size_t i = 0; i < r->log_count; i++)
		if (r->log[i].of_case != SIM_NO_CASE &&
		    r->log[i].of_case >= r->case_count)
			fail(s, "something in it happened to no case");
	if (r->replica_count != 0 &&
	    (r->replications < 2 ||
		r->replica_count != (r->replications - 1) * r->case_count))
		fail(s, "its replications are no whole ones");
	for (size_t c = 0; c < r->case_count; c++) {
		if (r->cases[c].harm_count != 0 &&
		    r->cases[c].harm_count != r->bin_count)
			fail(s, "its pieces of time do not fit");
		for (size_t i = 0; i < r->cases[c].snat_count; i++)
			if (r->cases[c].snat[i].slice_count != 0 &&
			    r->cases[c].snat[i].slice_count != r->bin_count)
				fail(s, "its pieces of time do not fit");
		for (size_t i = 0; i < r->cases[c].rule_count; i++) {
			const struct sim_rule *rule = &r->cases[c].rules[i];
			if (rule->slices != NULL &&
			    rule->slice_count !=
				r->bin_count * rule->backend_count)
				fail(s, "its pieces of time do not fit");
		}
	}
}

struct sim_record *
sim_record_load(FILE *from, char *error, size_t error_bytes)
{
	struct stream s = { .file = from, .load = true, .check = CHECK_SEED };
	struct sim_record *record = calloc(1, sizeof(*record));

	if (record == NULL) {
		(void)snprintf(error, error_bytes, "there is no memory for it");
		return NULL;
	}
	magic(&s);
	record_both_ways(&s, record);
	checksum(&s);
	if (s.wrong == NULL && getc(from) != EOF)
		fail(&s, "something follows it");
	if (s.wrong == NULL)
		check_whole(&s, record);
	if (s.wrong == NULL)
		return record;
	(void)snprintf(error, error_bytes, "%s", s.wrong);
	sim_record_free(record);
	return NULL;
}
