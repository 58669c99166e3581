/* SPDX-License-Identifier: MIT */
#ifndef LIVE_SEEN_AZURE_EVENTS_H
#define LIVE_SEEN_AZURE_EVENTS_H
/*
 * Azure Load Balancer's health events that make sense here (AZ 9.2), per
 * frontend, out of one sample a second:
 *
 *   NoHealthyBackends             Critical  no rule of it has a member for new
 *                                           flows any more, or a minute after
 *                                           the start; again after 60 minutes
 *   DataPathAvailabilityWarning   Warning   available for less than 90 % of
 *                                           the last minute; after 5 minutes
 *   DataPathAvailabilityCritical  Critical  less than 25 %; the same
 *
 * Pure: who calls brings the time and logs.
 */
#include <stdbool.h>
#include <stdint.h>

#define LIVE_AZURE_WINDOW_S 60u

enum live_azure_event {
	LIVE_AZURE_NO_HEALTHY_BACKENDS,
	LIVE_AZURE_DATA_PATH_WARNING,
	LIVE_AZURE_DATA_PATH_CRITICAL,
	LIVE_AZURE_EVENTS
};

const char *live_azure_event_name(unsigned event);

/* What is known of one frontend; zero is one that is new. */
struct live_azure_frontend {
	uint64_t available;                /* bit n: it was, n seconds ago */
	uint32_t samples;                  /* of those, at most the window's */
	bool was_served;                   /* once: members begin unknown */
	uint64_t due_s[LIVE_AZURE_EVENTS]; /* not told again before */
};

/*
 * live_azure_sample - one second more.
 *
 * served     a rule of it has a member for new flows.
 * available  and so has every one, and packets are forwarded.
 * now_s      seconds of a clock that never runs back.
 *
 * Returns the events that are to be told now, bit e for event e.
 */
unsigned live_azure_sample(struct live_azure_frontend *frontend, bool served,
    bool available, uint64_t now_s);

/* Availability over the window in percent; 100 before the first sample. */
unsigned live_azure_percent(const struct live_azure_frontend *frontend);

#endif
