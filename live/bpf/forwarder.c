/* SPDX-License-Identifier: MIT */
#include "live/bpf/forwarder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "live/bpf/memo.h"
#include "live/probe/health.h"

/* Room for rules and members that are counted apart, at least; else four times
 * as many as there are when it is made. */
#define COUNTED_MIN 1024u

/* Pinned as "about": one value, mapped, that only we look at. */
struct about {
	uint32_t layout; /* FORWARD_LAYOUT */
	uint32_t zero;
	uint64_t made_ns; /* path time 0, by CLOCK_MONOTONIC_COARSE */
	uint64_t netns;   /* inode of the network namespace */
	uint32_t health[LIVE_HEALTH_WORDS];
};

/* What a restart adopts, and what a new program is loaded over. */
static const char *const kept_maps[] = { "conn4", "conn6", "snat_ports",
	"classes", "member_state", "total", "rule_traffic", "member_traffic" };

struct live_forwarder {
	struct live_pins pins;
	struct about *about; /* mapped */
	uint8_t hash_key[16];
	bool adopted;
	struct lb_plan *before;
	int kept[LB_COUNT(kept_maps)]; /* -1: not made yet */
	struct live_engine *engine;    /* NULL: not loaded yet */
};

static uint64_t
coarse_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * LB_NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t
netns_now(void)
{
	struct stat st;
	return stat("/proc/self/ns/net", &st) == 0 ? st.st_ino : 0;
}

/* --- what is there ------------------------------------------------------- */

static struct about *
about_map(int fd)
{
	void *at = mmap(NULL, sizeof(struct about), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	return at != MAP_FAILED ? at : NULL;
}

static void
about_fill(struct about *about)
{
	about->layout = FORWARD_LAYOUT;
	about->made_ns = coarse_ns();
	about->netns = netns_now();
}

/* A folder without tables: what is new begins here. */
static int
about_make(struct live_forwarder *f)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fl_about",
	    sizeof(uint32_t), sizeof(struct about), 1, &opts);
	if (fd < 0)
		return -errno;
	f->about = about_map(fd);
	int rc = f->about != NULL ? 0 : -ENOMEM;
	if (rc == 0) {
		about_fill(f->about);
		rc = live_pin_put(&f->pins, "about", fd);
	}
	(void)close(fd);
	return rc;
}

void *
live_forwarder_noted(
    const struct live_forwarder *f, const char *name, size_t *bytes)
{
	int fd = live_pin_get(&f->pins, name);
	if (fd < 0)
		return NULL;
	void *note = live_map_value(fd, bytes);
	(void)close(fd);
	return note;
}

int
live_forwarder_note(const struct live_forwarder *f, const char *name,
    const void *note, size_t bytes)
{
	uint32_t zero = 0;
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fl_note", sizeof(uint32_t),
	    (uint32_t)bytes, 1, NULL);
	int rc = fd >= 0 ? 0 : -errno;
	if (rc == 0 && bpf_map_update_elem(fd, &zero, note, 0) != 0)
		rc = -errno;
	if (rc == 0)
		rc = live_pin_put(&f->pins, name, fd);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static void
memo_get(struct live_forwarder *f)
{
	size_t bytes;
	void *memo = live_forwarder_noted(f, "memo", &bytes);
	if (memo != NULL)
		f->before = live_memo_read(memo, bytes);
	free(memo);
}

static int
memo_put(const struct live_forwarder *f, const struct lb_plan *plan)
{
	size_t bytes;
	void *memo = live_memo_write(plan, &bytes);
	if (memo == NULL)
		return -ENOMEM;
	int rc = live_forwarder_note(f, "memo", memo, bytes);
	free(memo);
	return rc;
}

/* All that a restart needs, or nothing of it. */
static bool
kept_get(struct live_forwarder *f)
{
	int about = live_pin_get(&f->pins, "about");
	bool whole = about >= 0;
	if (whole)
		f->about = about_map(about);
	if (about >= 0)
		(void)close(about);
	whole = whole && f->about != NULL && f->about->layout == FORWARD_LAYOUT;
	for (size_t i = 0; whole && i < LB_COUNT(kept_maps); i++) {
		f->kept[i] = live_pin_get(&f->pins, kept_maps[i]);
		whole = f->kept[i] >= 0;
	}
	if (whole)
		memo_get(f);
	return whole && f->before != NULL;
}

static void
kept_forget(struct live_forwarder *f)
{
	for (size_t i = 0; i < LB_COUNT(kept_maps); i++) {
		if (f->kept[i] >= 0)
			(void)close(f->kept[i]);
		f->kept[i] = -1;
	}
	if (f->about != NULL)
		(void)munmap(f->about, sizeof(*f->about));
	f->about = NULL;
	lb_plan_free(f->before);
	f->before = NULL;
}

/* What a start left behind that did not come to the end, or nothing at all. */
static int
begin_anew(struct live_forwarder *f)
{
	uint32_t link;
	kept_forget(f);
	while (live_pin_links(&f->pins, &link, 1) > 0)
		if (live_detach(&f->pins, link) != 0)
			break;
	return about_make(f);
}

static int
check_namespace(const struct live_forwarder *f, const char *pin_name,
    char *error, size_t error_bytes)
{
	if (f->about->netns == netns_now())
		return 0;
	(void)snprintf(error, error_bytes,
	    "what is pinned as %s forwards in another network namespace: use "
	    "another --pin-name, or --detach it first",
	    pin_name);
	return -EXDEV;
}

/*
 * That of the plan which is adopted, whose entries are found by no other: the
 * memo's, which changes with the plan, so that no kill leaves entries under one
 * key and us with another.  Else the configuration's.
 */
static int
choose_key(struct live_forwarder *f, const uint8_t *configured)
{
	const size_t bytes = sizeof(f->hash_key);
	if (f->adopted)
		configured = f->before->hash_key;
	if (configured != NULL) {
		memcpy(f->hash_key, configured, bytes);
		return 0;
	}
	return getrandom(f->hash_key, bytes, 0) == (ssize_t)bytes ? 0 : -EIO;
}

struct live_forwarder *
live_forwarder_open(const char *pin_name, const uint8_t *hash_key, char *error,
    size_t error_bytes)
{
	struct live_forwarder *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	for (size_t i = 0; i < LB_COUNT(kept_maps); i++)
		f->kept[i] = -1;
	int rc = live_pins_open(&f->pins, pin_name, error, error_bytes);
	if (rc == 0) {
		f->adopted = kept_get(f);
		if (f->adopted) {
			rc = check_namespace(f, pin_name, error, error_bytes);
		} else {
			rc = begin_anew(f);
			if (rc != 0)
				(void)snprintf(error, error_bytes, "%s: %s%s",
				    f->pins.folder, strerror(-rc),
				    rc == -EPERM ? ": run it as root" : "");
		}
	}
	if (rc == 0 && (rc = choose_key(f, hash_key)) != 0)
		(void)snprintf(error, error_bytes, "no random hash key: %s",
		    strerror(-rc));
	if (rc == 0)
		return f;
	live_forwarder_close(f);
	errno = -rc;
	return NULL;
}

void
live_forwarder_close(struct live_forwarder *f)
{
	uint32_t link;
	if (f == NULL)
		return;
	live_engine_free(f->engine);
	/* Tables that nobody forwards by are no use to anybody. */
	if (f->pins.lock >= 0 && live_pin_links(&f->pins, &link, 1) == 0)
		live_pins_clear(&f->pins);
	kept_forget(f);
	live_pins_close(&f->pins);
	free(f);
}

const char *
live_forwarder_folder(const struct live_forwarder *f)
{
	return f->pins.folder;
}

bool
live_forwarder_adopted(const struct live_forwarder *f)
{
	return f->adopted;
}

const struct lb_plan *
live_forwarder_before(const struct live_forwarder *f)
{
	return f->before;
}

uint32_t *
live_forwarder_health(const struct live_forwarder *f)
{
	return f->about->health;
}

const uint8_t *
live_forwarder_hash_key(const struct live_forwarder *f)
{
	return f->hash_key;
}

/* --- loading ------------------------------------------------------------- */

static uint32_t
counted(uint32_t now)
{
	uint32_t most = COUNTED_MIN;
	while (most < 4 * now && most < FORWARD_MEMBERS)
		most *= 2;
	return most;
}

/* Is a kept map too small for a plan, and one that can be made anew?  Counters
 * can, and port records where nobody left so far. */
static bool
outgrown(const struct live_forwarder *f, size_t i, const struct lb_plan *plan)
{
	const char *map = kept_maps[i];
	if (f->kept[i] < 0)
		return false;
	uint32_t room = live_map_entries(f->kept[i]);
	if (strcmp(map, "rule_traffic") == 0)
		return plan->rule_count > room;
	if (strcmp(map, "member_traffic") == 0)
		return plan->member_count > room;
	if (strcmp(map, "snat_ports") == 0)
		return room == 1 && plan->port_buckets > 1;
	return false;
}

static bool
any_outgrown(const struct live_forwarder *f, const struct lb_plan *plan)
{
	for (size_t i = 0; i < LB_COUNT(kept_maps); i++)
		if (outgrown(f, i, plan))
			return true;
	return false;
}

/* Counters into the larger map, which nobody counts in yet.  What is counted
 * in the smaller one from here until the new program runs is lost. */
static int
carry_counts(int from, int to)
{
	int cpus = libbpf_num_possible_cpus(), rc = 0;
	if (cpus < 0)
		return cpus;
	struct forward_share *each = calloc((size_t)cpus, sizeof(*each));
	if (each == NULL)
		return -ENOMEM;
	for (uint32_t id = 0; rc == 0 && id < live_map_entries(from); id++)
		if (bpf_map_lookup_elem(from, &id, each) != 0 ||
		    bpf_map_update_elem(to, &id, each, 0) != 0)
			rc = -errno;
	free(each);
	return rc;
}

/* Maps of an engine that are to be kept from now on; -1: what is kept stays. */
struct keeping {
	int fds[LB_COUNT(kept_maps)];
};

static void
keeping_close(struct keeping *k)
{
	for (size_t i = 0; i < LB_COUNT(kept_maps); i++)
		if (k->fds[i] >= 0)
			(void)close(k->fds[i]);
}

/* With what was counted so far. */
static int
keeping_open(struct keeping *k, const struct live_forwarder *f,
    const struct live_engine *engine, const struct lb_plan *plan)
{
	int rc = 0;
	for (size_t i = 0; i < LB_COUNT(kept_maps); i++)
		k->fds[i] = -1;
	for (size_t i = 0; rc == 0 && i < LB_COUNT(kept_maps); i++) {
		if (f->kept[i] >= 0 && !outgrown(f, i, plan))
			continue;
		k->fds[i] = dup(live_engine_map(engine, kept_maps[i]));
		if (k->fds[i] < 0)
			rc = -errno;
		else if (f->kept[i] >= 0 &&
			 strcmp(kept_maps[i], "snat_ports") != 0)
			rc = carry_counts(f->kept[i], k->fds[i]);
	}
	if (rc != 0)
		keeping_close(k);
	return rc;
}

/* All of them are pinned, or those that were before. */
static int
keeping_pin(const struct keeping *k, const struct live_forwarder *f)
{
	int rc = 0;
	size_t i = 0;
	for (; rc == 0 && i < LB_COUNT(kept_maps); i++)
		if (k->fds[i] >= 0)
			rc = live_pin_put(&f->pins, kept_maps[i], k->fds[i]);
	while (rc != 0 && i-- > 0)
		if (k->fds[i] >= 0 && f->kept[i] >= 0)
			(void)live_pin_put(&f->pins, kept_maps[i], f->kept[i]);
	return rc;
}

/* The maps that are kept from now on: 0, or -errno and nothing changed. */
static int
keep(struct live_forwarder *f, const struct live_engine *engine,
    const struct lb_plan *plan)
{
	struct keeping k;
	int rc = keeping_open(&k, f, engine, plan);
	if (rc != 0)
		return rc;
	rc = keeping_pin(&k, f);
	if (rc != 0) {
		keeping_close(&k);
		return rc;
	}
	for (size_t i = 0; i < LB_COUNT(kept_maps); i++) {
		if (k.fds[i] < 0)
			continue;
		if (f->kept[i] >= 0)
			(void)close(f->kept[i]);
		f->kept[i] = k.fds[i];
	}
	return 0;
}

static struct live_engine *
load_over(const struct live_forwarder *f, const struct lb_plan *plan,
    bool routes, char *error, size_t error_bytes)
{
	struct live_kept kept[LB_COUNT(kept_maps)];
	uint32_t routed = routes;
	const struct live_size sizes[] = {
		{ "rule_traffic", counted(plan->rule_count) },
		{ "member_traffic", counted(plan->member_count) },
	};
	const struct live_constant constants[] = {
		{ "made_ns", &f->about->made_ns, sizeof(f->about->made_ns) },
		{ "routes", &routed, sizeof(routed) },
	};
	struct live_setup setup = { kept, 0, sizes, LB_COUNT(sizes), constants,
		LB_COUNT(constants) };
	for (size_t i = 0; i < LB_COUNT(kept_maps); i++)
		if (f->kept[i] >= 0 && !outgrown(f, i, plan))
			kept[setup.kept_count++] =
			    (struct live_kept){ kept_maps[i], f->kept[i] };
	return live_engine_load_with(
	    "forward.bpf.o", plan, &setup, error, error_bytes);
}

struct live_engine *
live_forwarder_prepare(const struct live_forwarder *f,
    const struct lb_plan *plan, bool routes, char *error, size_t error_bytes)
{
	/* Written down before a packet can make an entry with a new id. */
	int rc = memo_put(f, plan);
	if (rc == 0)
		return load_over(f, plan, routes, error, error_bytes);
	(void)snprintf(
	    error, error_bytes, "the plan can't be kept: %s", strerror(-rc));
	errno = -rc;
	return NULL;
}

int
live_forwarder_commit(struct live_forwarder *f, struct live_engine *engine,
    const struct lb_plan *plan, char *error, size_t error_bytes)
{
	int rc = keep(f, engine, plan);
	if (rc != 0) {
		(void)snprintf(error, error_bytes, "%s: %s", f->pins.folder,
		    strerror(-rc));
		live_engine_free(engine);
		return rc;
	}
	live_engine_free(f->engine);
	f->engine = engine;
	return 0;
}

int
live_forwarder_load(struct live_forwarder *f, const struct lb_plan *plan,
    bool routes, char *error, size_t error_bytes)
{
	struct live_engine *engine =
	    live_forwarder_prepare(f, plan, routes, error, error_bytes);
	if (engine == NULL)
		return -errno;
	return live_forwarder_commit(f, engine, plan, error, error_bytes);
}

int
live_forwarder_swap(struct live_forwarder *f, const struct lb_plan *plan)
{
	if (any_outgrown(f, plan))
		return -E2BIG;
	int rc = memo_put(f, plan);
	return rc == 0 ? live_engine_swap(f->engine, plan) : rc;
}

void
live_forwarder_stays(struct live_forwarder *f, const struct lb_plan *plan)
{
	(void)memo_put(f, plan);
}

/* --- links --------------------------------------------------------------- */

int
live_forwarder_attach(struct live_forwarder *f, uint32_t ifindex,
    enum live_mode mode, bool beside, struct live_attachment *how)
{
	return live_attach(&f->pins, ifindex, f->engine, "fairlead_forward",
	    mode, beside, how);
}

size_t
live_forwarder_links(
    const struct live_forwarder *f, uint32_t *ifindexes, size_t max)
{
	return live_pin_links(&f->pins, ifindexes, max);
}

int
live_forwarder_detach(struct live_forwarder *f, uint32_t ifindex)
{
	return live_detach(&f->pins, ifindex);
}

bool
live_forwarder_attached(const struct live_forwarder *f, uint32_t ifindex)
{
	return live_attached(&f->pins, ifindex);
}

struct live_engine *
live_forwarder_engine(const struct live_forwarder *f)
{
	return f->engine;
}

uint32_t
live_forwarder_now_ms(const struct live_forwarder *f)
{
	return (uint32_t)((coarse_ns() - f->about->made_ns) / LB_NS_PER_MS);
}

/* --- counters ------------------------------------------------------------ */

/* Adds up a value of 64-bit words over all CPUs. */
static int
sum_over_cpus(const struct live_forwarder *f, const char *map, uint32_t key,
    uint64_t *sum, size_t words)
{
	int cpus = libbpf_num_possible_cpus();
	int fd = live_engine_map(f->engine, map);
	memset(sum, 0, words * sizeof(*sum));
	if (cpus < 0)
		return cpus;
	uint64_t *each = calloc((size_t)cpus * words, sizeof(*each));
	if (each == NULL)
		return -ENOMEM;
	int rc = bpf_map_lookup_elem(fd, &key, each) == 0 ? 0 : -errno;
	for (size_t i = 0; rc == 0 && i < (size_t)cpus * words; i++)
		sum[i % words] += each[i];
	free(each);
	return rc;
}

int
live_forwarder_total(const struct live_forwarder *f, struct forward_total *sum)
{
	return sum_over_cpus(f, "total", 0, (uint64_t *)(void *)sum,
	    sizeof(*sum) / sizeof(uint64_t));
}

int
live_forwarder_rule(
    const struct live_forwarder *f, uint16_t rule, struct forward_share *sum)
{
	return sum_over_cpus(f, "rule_traffic", rule, (uint64_t *)(void *)sum,
	    sizeof(*sum) / sizeof(uint64_t));
}

int
live_forwarder_member(
    const struct live_forwarder *f, uint16_t member, struct forward_share *sum)
{
	return sum_over_cpus(f, "member_traffic", member,
	    (uint64_t *)(void *)sum, sizeof(*sum) / sizeof(uint64_t));
}
