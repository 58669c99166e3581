/* SPDX-License-Identifier: MIT */
#include "live/seen/azure_events.h"

static const struct {
	const char *name;
	uint64_t repeat_s;
} events[LIVE_AZURE_EVENTS] = {
	[LIVE_AZURE_NO_HEALTHY_BACKENDS] = { "NoHealthyBackends", 3600 },
	[LIVE_AZURE_DATA_PATH_WARNING] = { "DataPathAvailabilityWarning", 300 },
	[LIVE_AZURE_DATA_PATH_CRITICAL] = { "DataPathAvailabilityCritical",
	    300 },
};

const char *
live_azure_event_name(unsigned event)
{
	return event < LIVE_AZURE_EVENTS ? events[event].name : "?";
}

unsigned
live_azure_percent(const struct live_azure_frontend *f)
{
	if (f->samples == 0)
		return 100;
	return (unsigned)__builtin_popcountll(f->available) * 100 / f->samples;
}

/* A condition that ends may be told anew at once when it comes back. */
static unsigned
tell(struct live_azure_frontend *f, enum live_azure_event event, bool holds,
    uint64_t now_s)
{
	if (!holds) {
		f->due_s[event] = 0;
		return 0;
	}
	if (now_s < f->due_s[event])
		return 0;
	f->due_s[event] = now_s + events[event].repeat_s;
	return 1u << event;
}

unsigned
live_azure_sample(
    struct live_azure_frontend *f, bool served, bool available, uint64_t now_s)
{
	const uint64_t window = (UINT64_C(1) << LIVE_AZURE_WINDOW_S) - 1;
	f->available = (f->available << 1 | available) & window;
	if (f->samples < LIVE_AZURE_WINDOW_S)
		f->samples++;
	f->was_served |= served;
	bool known = f->was_served || f->samples == LIVE_AZURE_WINDOW_S;
	unsigned told =
	    tell(f, LIVE_AZURE_NO_HEALTHY_BACKENDS, !served && known, now_s);
	/* Azure's window: a minute has to be over. */
	if (f->samples < LIVE_AZURE_WINDOW_S)
		return told;
	unsigned percent = live_azure_percent(f);
	told |= tell(f, LIVE_AZURE_DATA_PATH_CRITICAL, percent < 25, now_s);
	return told | tell(f, LIVE_AZURE_DATA_PATH_WARNING,
			  percent >= 25 && percent < 90, now_s);
}
