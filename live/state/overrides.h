/* SPDX-License-Identifier: MIT */
#ifndef LIVE_STATE_OVERRIDES_H
#define LIVE_STATE_OVERRIDES_H
/*
 * What `fairlead ctl` said about members, beside the configuration: who is
 * drained, and admin states.  By name, so that it holds through reloads, and
 * written down with what is pinned, so that it holds through restarts, until
 * it is taken back or its member is gone.
 *
 * Of both for one member draining has the last word on new flows.
 */
#include <stdint.h>

#include "model/config/config.h"

struct live_override {
	char *pool, *member;
	bool draining;
	bool admin_set;
	enum lb_admin_state admin; /* where it is set */
	bool drained;              /* draining, and its last flow has gone */
	uint32_t round;            /* the sweeper's, when draining began */
	uint64_t since_ns;         /* uv_hrtime() */
};

struct live_overrides {
	struct live_override *at;
	size_t count;
};

void live_overrides_free(struct live_overrides *all); /* empties it */

/* NULL: nothing was said about it. */
struct live_override *live_override_of(
    const struct live_overrides *all, const char *pool, const char *member);

/* The same, made where there is none; NULL without memory. */
struct live_override *live_override_make(
    struct live_overrides *all, const char *pool, const char *member);

/* Forgets those that say nothing any more. */
void live_overrides_tidy(struct live_overrides *all);

/* The admin state of a member that the file gives one. */
enum lb_admin_state live_override_admin(
    const struct live_override *override, enum lb_admin_state file);

/*
 * live_overrides_apply - into the admin states of a configuration as read.
 *
 * Returns what the file said, pool by pool, member by member, to be freed;
 * NULL without memory, with nothing changed.
 */
enum lb_admin_state *live_overrides_apply(
    const struct live_overrides *all, struct lb_config *config);

/* Forgets members that a configuration does not have; `gone` hears of each
 * before. */
void live_overrides_prune(struct live_overrides *all,
    const struct lb_config *config,
    void (*gone)(const struct live_override *override));

/*
 * As text, *bytes of it, to be freed (NULL without memory);
 * and back, added to *all: what can't be read is left out.
 */
char *live_overrides_write(const struct live_overrides *all, size_t *bytes);
void live_overrides_read(
    struct live_overrides *all, const char *text, size_t bytes);

#endif
